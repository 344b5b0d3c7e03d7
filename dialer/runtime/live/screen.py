"""What an agent sees of a call: who, why, on what consent, what was before, and the words to say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from campaigns.files import Campaign
from campaigns.scripts import Script, ScriptError, render
from dialer.store import screen
from dialer.store.database import Store
from dnc import zones

__all__ = ["screen_of"]

_log = structlog.get_logger(__name__)


def screen_of(store: Store, campaign: Campaign, script: Script | None, call_id: str, at: datetime) -> dict[str, Any]:
    """Everything of one call, as plain data.

    Args:
        store: where the person's data are.
        campaign: whose call.
        script: the campaign's, or None.
        call_id: the attempt.
        at: now.
    """
    with store.reading() as tx:
        person = screen.person_on(tx, call_id)
        if person is None:
            return {"call_id": call_id}
        history = screen.history_of(tx, person["lead_id"], before=call_id)
    local = {zone: at.astimezone(zones.zone(zone)).isoformat(timespec="minutes") for zone in person["zones"]}
    return {
        "call_id": call_id,
        "campaign": campaign.title or campaign.name,
        "purpose": campaign.scope,
        "seller": campaign.seller.name,
        "person": person,
        "local_time": local,
        "history": history,
        "script": _script(script, person),
        "dispositions": [
            {"code": each.code, "label": each.label, "flags": sorted(each.flags)}
            for each in campaign.dispositions.values()
        ],
    }


def _script(script: Script | None, person: dict[str, Any]) -> list[dict[str, Any]]:
    if script is None:
        return []
    data = {**person["custom"], **{name: value for name, value in person.items() if isinstance(value, str)}}
    try:
        sections = render(script, data)
    except ScriptError as error:
        # The person is on the line: the agent is told what is missing and speaks freely.
        _log.warning("script_failed", why=str(error).splitlines()[0])
        return [{"name": "error", "title": "The script cannot be shown", "text": str(error), "choices": []}]
    return [
        {
            "name": each.name,
            "title": each.title,
            "text": each.text,
            "choices": [{"label": choice.label, "to": choice.to} for choice in each.choices],
        }
        for each in sections
    ]
