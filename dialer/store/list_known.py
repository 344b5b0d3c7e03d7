"""Where numbers of a list are already: other campaigns' lists, and what calls to them came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, bindparam, select

from dialer.engine.states import TALKED
from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import campaign as _campaign
from dialer.store.schema import contact_list as _list
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import imported_call as _imported
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading

__all__ = ["elsewhere", "in_campaign", "outcomes"]

_WHERE = Prepared(
    select(_phone.c.number, _phone.c.campaign, _campaign.c.client, _list.c.name, _lead.c.line)
    .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
    .join(_list, _list.c.list_id == _lead.c.list_id)
    .join(_campaign, _campaign.c.name == _phone.c.campaign)
    .where(Among(_phone.c.number, "numbers"))
    .order_by(_phone.c.phone_id.desc())
)
_CALLS = Prepared(
    select(_attempt.c.number, _attempt.c.placed_at, _attempt.c.bridged_at, _attempt.c.result, _disposition.c.flags)
    .outerjoin(_disposition, _disposition.c.call_id == _attempt.c.call_id)
    .where(
        Among(_attempt.c.number, "numbers"),
        _attempt.c.client == bindparam("client", type_=String()),
        _attempt.c.placed_at >= bindparam("since", type_=UtcDateTime()),
    )
)
_PAST = Prepared(
    select(
        _imported.c.number, _imported.c.placed_at, _imported.c.conversation, _imported.c.refusal, _imported.c.code
    ).where(
        Among(_imported.c.number, "numbers"),
        _imported.c.client == bindparam("client", type_=String()),
        _imported.c.placed_at >= bindparam("since", type_=UtcDateTime()),
    )
)


def elsewhere(tx: Reading, numbers: Sequence[str], campaign: str, client: str | None) -> dict[str, str]:
    """Return by number where another campaign has it: of one client, or of any (None), whose name is then not told."""
    found: dict[str, str] = {}
    for number, name, owner, listed, line in _WHERE.rows(tx, numbers=list(numbers)):
        if name != campaign and client in (None, owner):
            found[number] = f"{name}: list {listed}, line {line}" if client is not None else "another campaign"
    return found


def in_campaign(tx: Reading, numbers: Sequence[str], campaign: str) -> dict[str, str]:
    """Return by number where the campaign has it."""
    rows = _WHERE.rows(tx, numbers=list(numbers))
    return {number: f"list {listed}, line {line}" for number, name, _, listed, line in rows if name == campaign}


def outcomes(
    tx: Reading, numbers: Sequence[str], client: str, since: datetime
) -> dict[str, list[tuple[str, datetime]]]:
    """Return by number what calls for the client since then came to: converted, refused, reached; and when."""
    found: dict[str, list[tuple[str, datetime]]] = {}

    def add(number: str, placed_at: datetime, *what: tuple[str, bool]) -> None:
        found.setdefault(number, []).extend((word, placed_at) for word, so in what if so)

    for number, placed_at, bridged, result, flags in _CALLS.rows(tx, numbers=list(numbers), client=client, since=since):
        said = flags or ()
        reached = bridged is not None and (result is None or result in TALKED)
        add(
            number, placed_at, ("converted", "conversion" in said), ("refused", "refusal" in said), ("reached", reached)
        )
    for number, placed_at, talked, refused, code in _PAST.rows(tx, numbers=list(numbers), client=client, since=since):
        add(number, placed_at, ("converted", code.upper() == "SALE"), ("refused", refused), ("reached", talked))
    return found
