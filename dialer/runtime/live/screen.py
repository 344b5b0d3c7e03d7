"""What an agent sees of a call: who, why, on what consent, what was before, and the words to say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from babel.numbers import get_territory_currencies

from campaigns.dispositions import Disposition
from campaigns.files import Campaign
from campaigns.scripts import Script, ScriptError, render
from dialer.store import consents, screen
from dialer.store.database import Store
from dnc import zones

__all__ = ["currency_of", "screen_of"]

_log = structlog.get_logger(__name__)


def screen_of(
    store: Store, campaign: Campaign, script: Script | None, shown: str | int, at: datetime
) -> dict[str, Any]:
    """Everything of one call, or of the call that may come of a preview, as plain data.

    Args:
        store: where the person's data are.
        campaign: whose call.
        script: the campaign's, or None.
        shown: the id of the attempt, or of the phone that an agent looks at before its call.
        at: now.
    """
    with store.reading() as tx:
        person = screen.person_on(tx, shown) if isinstance(shown, str) else screen.person_at(tx, shown)
        if person is None:
            return {"call_id": shown}
        history = screen.history_of(tx, person["lead_id"], before=shown if isinstance(shown, str) else "")
        recorded = consents.standing(tx, person["number"], campaign.client, campaign.scope)
    if recorded is not None:  # what was learned after the list was loaded
        person["consent_basis"], person["consent_ref"] = recorded.basis, recorded.reference
        since = recorded.revoked_at or recorded.given_at
        person["consent_at"] = None if since is None else since.isoformat()
    local = {zone: at.astimezone(zones.zone(zone)).isoformat(timespec="minutes") for zone in person["zones"]}
    return {
        "call_id": shown,
        "campaign": campaign.title or campaign.name,
        "purpose": campaign.scope,
        "seller": campaign.seller.name,
        "person": person,
        "currency": currency_of(campaign, person),
        "local_time": local,
        "history": history,
        "script": _script(script, person),
        "dispositions": [
            {"code": each.code, "label": each.label, "flags": sorted(each.flags), "key": key}
            for each, key in _with_keys(campaign)
        ],
    }


def currency_of(campaign: Campaign, person: dict[str, Any]) -> str:
    """The money a person owes in: the list's, or that of the campaign's country."""
    named = str(person["custom"].get("currency", "")).strip().upper()
    return named or get_territory_currencies(campaign.country)[0]


def _with_keys(campaign: Campaign) -> list[tuple[Disposition, int | None]]:
    """The dispositions with the digits that choose them: those of the file, then the free ones in order."""
    every = list(campaign.dispositions.values())
    taken = {each.key for each in every}
    free = iter([digit for digit in range(1, 10) if digit not in taken])
    return [(each, next(free, None) if each.key is None else each.key) for each in every]


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
