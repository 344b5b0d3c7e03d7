"""Recordings as the carrier tells of them: where each lies, how long it is, and that one is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from dialer.store.schema import recording as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Recording", "of_call", "told"]


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of one call.

    Attributes:
        carrier_ref: the carrier's name for it.
        call_id: the attempt.
        status: `completed`, or `absent` when nothing was recorded.
        url: where the carrier keeps the sound; fetching it needs the account's credentials.
        seconds: its length.
        channels: 2 when each side has its own.
        at: when the carrier told of it.
    """

    carrier_ref: str
    call_id: str
    status: str
    url: str
    seconds: float
    channels: int
    at: datetime


_NAMES = ("carrier_ref", "call_id", "status", "url", "seconds", "channels", "at")
_INSERT = Prepared(insert(_t).inline(), _NAMES)
_UPDATE = Prepared(update(_t).where(_t.c.carrier_ref == bindparam("key")), ("status", "url", "seconds", "channels"))
_OF_CALL = Prepared(select(*(_t.c[name] for name in _NAMES)).where(_t.c.call_id == bindparam("call")).order_by(_t.c.at))


def told(tx: Writing, recording: Recording) -> None:
    """Write down what the carrier tells; told again, the newest word holds."""
    words: dict[str, str | float] = {"status": recording.status, "url": recording.url}
    words |= {"seconds": recording.seconds, "channels": recording.channels}
    if not _UPDATE.run(tx, key=recording.carrier_ref, **words):
        _INSERT.run(tx, carrier_ref=recording.carrier_ref, call_id=recording.call_id, at=recording.at, **words)


def of_call(tx: Reading, call_id: str) -> list[Recording]:
    """Return a call's recordings, oldest first."""
    return [Recording(*row) for row in _OF_CALL.rows(tx, call=call_id)]
