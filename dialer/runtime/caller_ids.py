"""Which caller id a person sees, and which of them rest.

Theory of operation
-------------------
People get calls from us under one caller id each, as long as it is in use, so that they can recognise it and ring it
back. Which one is drawn by their number alone, so the people of each caller id are alike, and where one of them is
answered clearly less often than the others, the number itself is the reason: blocked, or labelled as spam. Such a
caller id rests: its people see another. What is looked at are the ended calls of the last day, so a caller id that
rests comes back when a day is over, and rests again if people still distrust it.

"Clearly" is two things at once: at most `_SHARE` of the others' answer rate, and a difference that would come by chance
in about one look of 30,000 (two-proportion z-test, pooled variance). Whoever is answered most cannot be below the
others together, so never all of them rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zlib import crc32

import structlog

from campaigns.files.model import Dialing
from dialer.store.caller_ids import shown_and_answered
from dialer.store.transactions import Reading

__all__ = ["CallerIds", "caller_id_for", "tired"]

_log = structlog.get_logger(__name__)

_WINDOW, _LOOK_EVERY = timedelta(days=1), timedelta(minutes=10)
#: Calls of one caller id, and of the others together, below which nothing is concluded.
_ENOUGH = 150
_SHARE = 0.7
_Z = 4.0


def caller_id_for(number: str, caller_ids: tuple[str, ...], resting: tuple[str, ...] = ()) -> str:
    """The caller id a person sees: the same one as long as it is in use.

    Each number ranks the caller ids in an order of its own (rendezvous hashing) and gets the first that does not
    rest: when one is laid to rest only its own people see another, and they see it again afterwards.

    Args:
        number: of the person, E.164.
        caller_ids: the campaign's.
        resting: those of them that are not shown now; never all.
    """
    used = [each for each in caller_ids if each not in resting]
    return max(used, key=lambda each: crc32(f"{number} {each}".encode("ascii")))


def tired(fared: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    """The caller ids that are answered clearly less often than the others together.

    Args:
        fared: by caller id, how often it was shown and how often a person answered.
    """
    calls, answers = (sum(column) for column in zip(*fared.values(), strict=True)) if fared else (0, 0)
    found = []
    for caller_id, (shown, answered) in fared.items():
        others, theirs = calls - shown, answers - answered
        if shown < _ENOUGH or others < _ENOUGH or answered * others > _SHARE * theirs * shown:
            continue
        pooled = answers / calls
        spread = math.sqrt(pooled * (1.0 - pooled) * (1.0 / shown + 1.0 / others))
        if spread > 0.0 and theirs / others - answered / shown >= _Z * spread:
            found.append(caller_id)
    return tuple(found)


class CallerIds:
    """Chooses for one campaign's run.

    Args:
        campaign: its name.
        dialing: its settings.
    """

    def __init__(self, campaign: str, dialing: Dialing) -> None:
        self._campaign = campaign
        self._dialing = dialing
        self._tired: tuple[str, ...] = ()
        self._looked_at: datetime | None = None
        self._watched = dialing.rest_caller_ids and len(dialing.caller_ids) > 1

    def choose(self, tx: Reading, number: str, at: datetime) -> str:
        """The caller id to show to a person now."""
        if self._watched and (self._looked_at is None or at >= self._looked_at + _LOOK_EVERY):
            self._looked_at = at
            self._look(shown_and_answered(tx, self._campaign, at - _WINDOW))
        return caller_id_for(number, self._dialing.caller_ids, self.resting)

    @property
    def resting(self) -> tuple[str, ...]:
        """Those that rest: the operator's, and the tired ones where others are left."""
        told = self._dialing.resting_caller_ids
        both = (*told, *self._tired)
        return both if set(self._dialing.caller_ids) - set(both) else told

    def _look(self, fared: Mapping[str, tuple[int, int]]) -> None:
        now = tired({each: counts for each, counts in fared.items() if each in self._dialing.caller_ids})
        self._tell("caller_id_rests", set(now) - set(self._tired), fared)
        self._tell("caller_id_is_back", set(self._tired) - set(now), fared)
        self._tired = now

    def _tell(self, what: str, which: set[str], fared: Mapping[str, tuple[int, int]]) -> None:
        tell: Callable[..., object] = _log.warning
        for each in sorted(which):
            shown, answered = fared.get(each, (0, 0))
            # One's own number, and no person's: it may stand in the log as it is, by its last four digits.
            tell(what, campaign=self._campaign, ends_in=each[-4:], shown_last_day=shown, answered=answered)
