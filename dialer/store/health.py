"""How a campaign fares: the journal of its states, and what its pacer has learned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from dialer.store.schema import campaign_change as _change
from dialer.store.schema import pacer_state as _pacer
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["CampaignChange", "campaign_changed", "last_change", "load_pacer_state", "save_pacer_state"]


@dataclass(frozen=True, slots=True)
class CampaignChange:
    """Dialing, or why not, since when."""

    run_id: str
    state: str
    why: str
    at: datetime


_CHANGED = Prepared(insert(_change).inline(), ("run_id", "campaign", "state", "why", "at"))
_LAST = Prepared(
    select(_change.c.run_id, _change.c.state, _change.c.why, _change.c.at)
    .where(_change.c.campaign == bindparam("name"))
    .order_by(_change.c.change_id.desc())
    .limit(1)
)
_SAVE = Prepared(update(_pacer).where(_pacer.c.campaign == bindparam("name")), ("state", "saved_at"))
_FIRST = Prepared(insert(_pacer).inline(), ("campaign", "state", "saved_at"))
_LOAD = Prepared(select(_pacer.c.state, _pacer.c.saved_at).where(_pacer.c.campaign == bindparam("name")))


def campaign_changed(tx: Writing, *, run_id: str, campaign: str, state: str, why: str, at: datetime) -> None:
    """Write down a campaign's new state (`dialer.engine.states.CampaignState`) and the sentence for the board."""
    _CHANGED.run(tx, run_id=run_id, campaign=campaign, state=state, why=why, at=at)


def last_change(tx: Reading, campaign: str) -> CampaignChange | None:
    """Return the newest entry of the campaign's journal, or None."""
    row = _LAST.first(tx, name=campaign)
    return None if row is None else CampaignChange(*row)


def save_pacer_state(tx: Writing, campaign: str, state: dict[str, Any], saved_at: float) -> None:
    """Keep what the pacer has learned and spent; `saved_at` is on the run's clock."""
    if not _SAVE.run(tx, name=campaign, state=state, saved_at=saved_at):
        _FIRST.run(tx, campaign=campaign, state=state, saved_at=saved_at)


def load_pacer_state(tx: Reading, campaign: str) -> tuple[dict[str, Any], float] | None:
    """Return what was saved and when, or None."""
    row = _LOAD.first(tx, name=campaign)
    return None if row is None else (row[0], row[1])
