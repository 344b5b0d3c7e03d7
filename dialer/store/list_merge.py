"""A list that is loaded again: its leads found by their identity, and what a newer row changes of them.

Theory of operation. A row is the lead with its `external_id`; a row, or a lead, without one is found by its numbers. An
empty cell says nothing: the older value stays. What only calls tell (status, attempts, callbacks, bad numbers) stays as
it is, so a lead on a call is changed safely. A lead belongs to the newest list that names it. `compare` only reads, so
that a difference can be shown before anything is written; `apply` does what it found.

An empty consent keeps the older one. A new one goes to the consent ledger, with file and line, unless the person has
taken consent back: a list never undoes that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select, text, update

from dialer.store import consents, hopper, retiring
from dialer.store import places as _places
from dialer.store.lists import NewLead, NewPhone, insert_phone
from dialer.store.ranking import WORKABLE
from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing
from dnc.values import Consent

__all__ = ["Change", "Compared", "Difference", "Seen", "apply", "compare", "lists_named"]

#: Columns of a lead that a newer row may change.
_COLUMNS = (
    "external_id", "debt_id", "first_name", "last_name", "email", "address", "city", "state", "postal_code", "country",
    "timezone", "language", "owner", "priority", "custom",
)  # fmt: skip
_CONSENT = ("consent_basis", "consent_at", "consent_ref")
_READ = (
    "lead_id", "list_id", "line", "status", "status_why", "retired", "person_id", "place_ids", *_COLUMNS, *_CONSENT
)  # fmt: skip
_WRITTEN = ("list_id", "line", "person_id", *_COLUMNS, *_CONSENT)
_BY_EXTERNAL = Prepared(
    select(*(_lead.c[name] for name in _READ)).where(
        Among(_lead.c.external_id, "ids"), text("external_id != ''"), _lead.c.campaign == bindparam("name")
    )
)
_BY_ID = Prepared(select(*(_lead.c[name] for name in _READ)).where(Among(_lead.c.lead_id, "ids")))
_PHONES_KEYS = ("phone_id", "lead_id", "position", "number", "kind", "line_type", "place_id", "bad")
_BY_NUMBER = Prepared(
    select(*(_phone.c[name] for name in _PHONES_KEYS)).where(
        _phone.c.campaign == bindparam("name"), Among(_phone.c.number, "numbers")
    )
)
_OF_LEADS = Prepared(
    select(*(_phone.c[name] for name in _PHONES_KEYS))
    .where(Among(_phone.c.lead_id, "ids"))
    .order_by(_phone.c.lead_id, _phone.c.position)
)
_SET = Prepared(update(_lead).where(_lead.c.lead_id == bindparam("key")), _WRITTEN)
_SET_PLACES = Prepared(update(_lead).where(_lead.c.lead_id == bindparam("key")), ("place_ids",))
_SET_PHONE = Prepared(
    update(_phone).where(_phone.c.phone_id == bindparam("key")), ("position", "kind", "line_type", "place_id", "bad")
)
_NAMED = Prepared(
    select(_list.c.list_id).where(_list.c.campaign == bindparam("campaign"), _list.c.name == bindparam("name"))
)
_EVERY = Prepared(select(_list.c.list_id).where(_list.c.campaign == bindparam("campaign")))
#: How the reason of a number begins that a newer list lacks.
_GONE = "no longer in"


@dataclass(frozen=True, slots=True)
class Change:
    """A row that names a lead: what of it differs."""

    row: NewLead
    lead: dict[str, Any]
    phones: list[dict[str, Any]]  # of the lead, in order
    columns: tuple[str, ...]  # that change; "phones" among them
    revived: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A batch of rows: new leads, changes, and rows that name a lead which an earlier row named."""

    new: list[NewLead]
    changes: list[Change]
    doubles: list[tuple[NewLead, int]]  # and the line of the earlier row


@dataclass(slots=True)
class Difference:
    """What a load changes, counted."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    revived: int = 0
    by_column: Counter[str] = field(default_factory=Counter)

    def count(self, compared: Compared) -> None:
        """Add what a batch changes; `added` is counted where leads are inserted."""
        for change in compared.changes:
            self.revived += change.revived
            if change.columns:
                self.changed += 1
                self.by_column.update(change.columns)
            else:
                self.unchanged += not change.revived


def lists_named(tx: Reading, campaign: str, name: str | None) -> list[int]:
    """Return the loads of a list by its name; None: of every list of the campaign."""
    rows = _EVERY.rows(tx, campaign=campaign) if name is None else _NAMED.rows(tx, campaign=campaign, name=name)
    return [row[0] for row in rows]


class Seen:
    """Which row of a file named each lead first, for a comparison that writes nothing; 4 bytes a lead."""

    def __init__(self) -> None:
        self._line = np.zeros(0, dtype=np.int32)
        self._new: dict[int, int] = {}  # hash of the external id of a new lead -> its line

    def first(self, lead_id: int, line: int) -> int:
        """The line of the first row that named the lead: this one, unless there was one."""
        if lead_id >= len(self._line):
            longer = np.zeros(max(1024, lead_id * 2), dtype=np.int32)
            longer[: len(self._line)] = self._line
            self._line = longer
        if not self._line[lead_id]:
            self._line[lead_id] = line
        return int(self._line[lead_id])

    def first_new(self, external_id: str, line: int) -> int:
        """The same of a lead that is not loaded yet."""
        return self._new.setdefault(hash(external_id), line) if external_id else line


def compare(
    tx: Reading, campaign: str, batch: Sequence[NewLead], *, list_id: int | None, gone: bool, seen: Seen | None = None
) -> Compared:
    """Find the leads that rows name, and what the rows change of them.

    Args:
        tx: the transaction to read in.
        campaign: whose leads.
        batch: rows in the order of the file.
        list_id: of the list that is being loaded: a lead that it has under another line was named before.
        gone: numbers that a row no longer names are not tried any more.
        seen: remembers instead what rows named, where nothing is written.
    """
    by_external = {
        lead["external_id"]: lead
        for lead in _leads(_BY_EXTERNAL.rows(tx, name=campaign, ids=[row.external_id for row in batch]))
    }
    numbers = list({phone.number for row in batch for phone in row.phones})
    owner = {
        phone["number"]: phone["lead_id"] for phone in _phones(_BY_NUMBER.rows(tx, name=campaign, numbers=numbers))
    }
    leads = {lead["lead_id"]: lead for lead in _leads(_BY_ID.rows(tx, ids=list(set(owner.values()))))}
    leads.update((lead["lead_id"], lead) for lead in by_external.values())
    phones: dict[int, list[dict[str, Any]]] = {lead_id: [] for lead_id in leads}
    for phone in _phones(_OF_LEADS.rows(tx, ids=list(leads))):
        phones[phone["lead_id"]].append(phone)
    found = Compared([], [], [])
    seen_here = Seen() if seen is None else seen
    for row in batch:
        lead = by_external.get(row.external_id) or _by_number(row, owner, leads)
        if lead is None:
            line = seen_here.first_new(row.external_id, row.line)
            if line == row.line:
                found.new.append(row)
            else:
                found.doubles.append((row, line))
            continue
        before = lead["line"] if seen is None and lead["list_id"] == list_id else 0
        line = before or seen_here.first(lead["lead_id"], row.line)
        if line != row.line:
            found.doubles.append((row, line))
        else:
            own = phones[lead["lead_id"]]
            columns = (*_differing(row, lead), *(("phones",) if _phones_differ(tx, row, own, owner, gone) else ()))
            found.changes.append(Change(row, lead, own, columns, lead["retired"] is not None))
    return found


def apply(
    tx: Writing,
    campaign: str,
    client: str,
    scope: str,
    list_id: int,
    changes: Iterable[Change],
    *,
    gone: bool,
    file_name: str,
    by: str,
    at: datetime,
) -> int:
    """Write changes down; return how many consents were kept out because the person had taken consent back.

    Args:
        tx: the transaction to write in.
        campaign: whose leads.
        client: whose campaign.
        scope: what its calls are for.
        list_id: of the list that names them from now on.
        changes: what `compare` found, in this transaction.
        gone: as given to `compare`.
        file_name: of the list.
        by: who loads it.
        at: when.
    """
    kept_out = 0
    revived = []
    for change in changes:
        row, lead = change.row, change.lead
        values = {name: lead[name] for name in _WRITTEN} | {name: _newer(row, lead, name) for name in _COLUMNS}
        if row.person_id.startswith("household "):
            values["person_id"] = row.person_id
        if "consent" in change.columns:
            refused = _consent_into_ledger(tx, change, client, scope, file_name, by, at)
            kept_out += refused
            if not refused:
                values |= {name: getattr(row, name) for name in _CONSENT}
        values |= {"list_id": list_id, "line": row.line}
        if change.columns or lead["list_id"] != list_id or lead["line"] != row.line:
            _SET.run(tx, key=lead["lead_id"], **values)
        if "phones" in change.columns:
            _write_phones(tx, campaign, change, gone, file_name)
        if change.revived:
            revived.append(lead["lead_id"])
    retiring.revive(tx, revived)
    return kept_out


def _leads(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(_READ, row, strict=True)) for row in rows]


def _phones(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(_PHONES_KEYS, row, strict=True)) for row in rows]


def _by_number(row: NewLead, owner: dict[str, int], leads: dict[int, dict[str, Any]]) -> dict[str, Any] | None:
    """The lead that has a number of the row, unless both have ids of their own: those are two people."""
    for phone in row.phones:
        lead = leads.get(owner.get(phone.number, 0))
        if lead is not None and not (row.external_id and lead["external_id"]):
            return lead
    return None


def _newer(row: NewLead, lead: dict[str, Any], name: str) -> Any:
    """The row's value where it has one, else the lead's; custom fields one by one."""
    if name == "custom":
        return {**lead["custom"], **{key: value for key, value in row.custom.items() if value not in ("", None)}}
    return getattr(row, name) or lead[name]


def _differing(row: NewLead, lead: dict[str, Any]) -> list[str]:
    found = [name for name in _COLUMNS if _newer(row, lead, name) != lead[name]]
    if row.person_id.startswith("household ") and row.person_id != lead["person_id"]:
        found.append("household_id")
    given = row.consent_basis not in ("", "none")
    if given and (row.consent_basis, row.consent_at, row.consent_ref) != tuple(lead[name] for name in _CONSENT):
        found.append("consent")
    return found


def _named_phones(row: NewLead, own: Sequence[dict[str, Any]], owner: dict[str, int]) -> list[NewPhone]:
    """The numbers of the row that are the lead's, or nobody's."""
    mine = {phone["number"] for phone in own}
    return [phone for phone in row.phones if phone.number in mine or phone.number not in owner]


def _phones_differ(tx: Reading, row: NewLead, own: list[dict[str, Any]], owner: dict[str, int], gone: bool) -> bool:
    """Whether the row has a new number, another order, kind or place, or (with `gone`) lacks one that is usable."""
    named = _named_phones(row, own, owner)
    if [phone["number"] for phone in own][: len(named)] != [phone.number for phone in named]:
        return True
    places = _places.get(tx, {phone["place_id"] for phone in own})
    for phone, there in zip(named, own, strict=False):
        same = (phone.kind, phone.line_type, _places.key_of(phone.place)) == (
            there["kind"], there["line_type"], _places.key_of(places[there["place_id"]]),
        )  # fmt: skip
        if not same or (there["bad"] or "").startswith(_GONE):
            return True
    return gone and any(phone["bad"] is None for phone in own[len(named) :])


def _write_phones(tx: Writing, campaign: str, change: Change, gone: bool, file_name: str) -> None:
    """The row's numbers first and in its order, then those that it does not name."""
    own = {phone["number"]: phone for phone in change.phones}
    numbers = [phone.number for phone in change.row.phones if phone.number not in own]
    taken = {phone["number"] for phone in _phones(_BY_NUMBER.rows(tx, name=campaign, numbers=numbers))}
    named = [phone for phone in change.row.phones if phone.number not in taken]
    ids = _places.ensure(tx, [phone.place for phone in named])
    usable: set[int] = set()
    lead_id = change.lead["lead_id"]
    for position, phone in enumerate(named, start=1):
        place_id = ids[_places.key_of(phone.place)]
        there = own.pop(phone.number, None)
        if there is None:
            insert_phone(tx, campaign, lead_id, position, phone, place_id)
            usable.add(place_id)
            continue
        bad = None if (there["bad"] or "").startswith(_GONE) else there["bad"]
        _SET_PHONE.run(
            tx, key=there["phone_id"], position=position, kind=phone.kind, line_type=phone.line_type,
            place_id=place_id, bad=bad,
        )  # fmt: skip
        usable |= {place_id} if bad is None else set()
    for position, there in enumerate(own.values(), start=len(named) + 1):
        bad = there["bad"] or (f"{_GONE} {file_name}" if gone else None)
        kept = {name: there[name] for name in ("kind", "line_type", "place_id")}
        _SET_PHONE.run(tx, key=there["phone_id"], position=position, bad=bad, **kept)
        usable |= {there["place_id"]} if bad is None else set()
    _SET_PLACES.run(tx, key=lead_id, place_ids=",".join(map(str, sorted(usable))))
    status = change.lead["status"]
    if status in WORKABLE and not usable:
        hopper.set_lead(tx, lead_id, "done", None, hopper.NO_NUMBER_LEFT)
    elif usable and status == "done" and change.lead["status_why"] == hopper.NO_NUMBER_LEFT:
        hopper.set_lead(tx, lead_id, "ready", None, f"a new number in {file_name}")


def _consent_into_ledger(
    tx: Writing, change: Change, client: str, scope: str, file_name: str, by: str, at: datetime
) -> bool:
    """Record what a row says of consent for each of its numbers; True: consent was taken back."""
    row = change.row
    numbers = [phone["number"] for phone in change.phones] or [phone.number for phone in row.phones]
    standing = [consents.standing(tx, number, client) for number in numbers]
    if any(known is not None and (known.basis == "revoked" or known.revoked_at is not None) for known in standing):
        return True
    said = Consent(row.consent_basis, row.consent_at, None, row.consent_ref)
    statements = [
        consents.Statement(
            number, client, said, scopes=(scope,), source=f"list {file_name}, line {row.line}",
            name=" ".join(filter(None, (row.first_name, row.last_name))),
        )
        for number in numbers
    ]  # fmt: skip
    consents.record_new(tx, statements, by=by, at=at)
    return False
