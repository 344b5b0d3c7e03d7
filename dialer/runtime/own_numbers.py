"""One number on the house's own Do-Not-Call lists: read, put on, taken off; the removal that takes two people.

The same functions serve the command line, which is the operator's, and the office's pages. On the pages nobody takes a
number off alone: one account asks and says why, another approves or refuses, and until then the number stays blocked.
Every step is written down, beside the number and among the acts of administration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from dialer.store import erasures, removals, suppressions
from dialer.store.reconsider import reconsider
from dialer.store.removals import Answer, Step
from dialer.store.suppressions import Scope
from dialer.store.transactions import Reading, Writing
from dnc.numbers import normalise_suppression_number

__all__ = [
    "NotDone",
    "OwnList",
    "TakenOff",
    "Written",
    "answer_removal",
    "ask_removal",
    "read_number",
    "stands_on",
    "take_off",
]

_OTHERS = "only who asked can withdraw a request"


class NotDone(Exception):
    """It cannot be done; one line that says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """A number as the lists hold it.

    Attributes:
        number: E.164, or a pattern such as +1201XXXXXXX.
        pattern: whether it is a pattern, which holds for the whole company.
        notes: what had to be guessed in reading it.
    """

    number: str
    pattern: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnList:
    """One of the house's own lists: of the company, of a client, of a campaign, or of area codes."""

    scope: Scope
    scope_id: str = ""

    @classmethod
    def of(cls, written: Written, client: str = "", campaign: str = "") -> OwnList:
        """The list an entry belongs to. Raises `NotDone` where the words contradict each other."""
        if client and campaign:
            raise NotDone("an entry is for a client or for a campaign, not for both")
        if written.pattern and (client or campaign):
            raise NotDone("an area code holds for the whole company")
        if written.pattern:
            return cls("areacode")
        return cls("client", client) if client else cls("campaign", campaign) if campaign else cls("company")

    @property
    def words(self) -> str:
        """What people call it."""
        named = {"company": "the company's list", "areacode": "the area-code list"}
        return named.get(self.scope, f"the list of {self.scope} {self.scope_id}")


@dataclass(frozen=True, slots=True)
class TakenOff:
    """What came of a removal.

    Attributes:
        offered: leads that may be called again by what is known.
        erased: since when the person was erased, where lists may load them again now.
    """

    offered: int
    erased: datetime | None


def read_number(text: str, country: str = "US") -> Written:
    """Read a number, or an area code as +1201XXXXXXX or 201XXXXXXX. Raises `NotDone`."""
    bare = re.sub(r"[\s().-]", "", text)
    if found := re.fullmatch(r"(?:\+?1)?([2-9]\d\d)[Xx]{7}", bare):
        return Written(f"+1{found[1]}XXXXXXX", True)
    read = normalise_suppression_number(text, country)
    if read.e164 is None:
        raise NotDone(f"{text!r} cannot be read as a number: {read.error}")
    return Written(read.e164, False, tuple(read.warnings))


def stands_on(tx: Reading, number: str, where: OwnList, at: datetime) -> bool:
    """Whether a number stands on this very list."""
    client = where.scope_id if where.scope == "client" else ""
    campaign = where.scope_id if where.scope == "campaign" else ""
    found = suppressions.in_force(tx, number, client=client, campaign=campaign, at=at)
    return any((each.number, each.scope, each.scope_id) == (number, where.scope, where.scope_id) for each in found)


def take_off(
    tx: Writing, number: str, where: OwnList, *, reason: str, source: str, by: str, at: datetime
) -> TakenOff | None:
    """Lift the entry of a number on one list; leads that only it kept back are offered again.

    Returns:
        What came of it; None, changing nothing, when the number is not on that list.
    """
    if not stands_on(tx, number, where, at):
        return None
    erased = erasures.in_force(tx, [number])
    suppressions.remove(
        tx, number, reason=reason, source=source, by=by, at=at, scope=where.scope, scope_id=where.scope_id
    )
    offered = 0 if where.scope == "areacode" else reconsider(tx, [number], "a do-not-call entry was lifted")
    returned = erased.keys() - erasures.in_force(tx, [number]).keys()
    return TakenOff(offered, erased[number] if returned else None)


def ask_removal(tx: Writing, number: str, where: OwnList, *, reason: str, source: str, by: str, at: datetime) -> int:
    """Ask that a number be taken off a list; it stays on it. Returns the request's id.

    Raises:
        NotDone: it is not on that list, or somebody has asked already.
    """
    if not stands_on(tx, number, where, at):
        raise NotDone(f"{number} is not on {where.words}: nothing to remove")
    wanted = (number, where.scope, where.scope_id)
    if any((each.number, each.scope, each.scope_id) == wanted for each in removals.pending(tx)):
        raise NotDone(f"somebody has asked already to take {number} off {where.words}")
    return removals.ask(
        tx, number, scope=where.scope, scope_id=where.scope_id, reason=reason, source=source, by=by, at=at
    )


def answer_removal(tx: Writing, removal_id: int, said: Answer, *, reason: str, by: str, at: datetime) -> Step:
    """Answer a request; approved, the number is off its list when the transaction is committed. Returns the request.

    Raises:
        NotDone: there is no such request, it has its answer, the asker would approve or refuse their own, somebody
            else would withdraw it, or the number is not on the list any more.
        StoreConflict: somebody else answered it at the same instant.
    """
    request = removals.get(tx, removal_id)
    if request is None or request.step != "ask":
        raise NotDone("there is no such request")
    if (request.by == by) != (said == "withdraw"):
        raise NotDone("nobody decides about their own request: another person must" if request.by == by else _OTHERS)
    if removals.answered(tx, removal_id) is not None:
        raise NotDone("somebody has answered this request already")
    removals.answer(tx, request, said, reason=reason, by=by, at=at)
    if said == "approve":
        words = f"{request.reason} (asked by {request.by}, approved by {by}{f': {reason}' if reason else ''})"
        where = OwnList(request.scope, request.scope_id)
        if take_off(tx, request.number, where, reason=words, source=request.source, by=by, at=at) is None:
            raise NotDone(f"{request.number} is not on {where.words} any more: refuse the request")
    return request
