"""The managers' overview: how each campaign stands, whether its file is good, and what runs when."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.campaign_view import checked, standing
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.chosen import seen
from dialer.web.pages.rendering import page
from dnc import zones

__all__ = ["campaigns_router"]


def campaigns_router(workspace: Workspace, guard: Guard) -> APIRouter:
    """`/campaigns` and `/campaigns/schedules`."""
    router = APIRouter(prefix="/campaigns", include_in_schema=False)
    reader = Depends(guard.needs(Act.SEE_CAMPAIGNS))

    @router.get("")
    async def campaigns(request: Request, user: User = reader) -> Response:
        rows = await asyncio.to_thread(_rows, workspace, guard, user)
        return page(request, "campaigns.html", user=user, rows=rows)

    @router.get("/schedules")
    async def schedules(request: Request, user: User = reader) -> Response:
        rows = await asyncio.to_thread(_hours, workspace, user, guard.at())
        return page(request, "schedules.html", user=user, rows=rows)

    return router


def _rows(workspace: Workspace, guard: Guard, user: User) -> list[dict[str, Any]]:
    """Each campaign of theirs. Whose a file that cannot be read is, nobody knows: it is shown to those who see all."""
    ours = seen(workspace, user)
    found = []
    with guard.store.reading() as tx:
        for name in workspace.campaign_names():
            if name not in ours and user.clients:
                continue
            try:
                said, good = checked(workspace, name), True
            except OperatorError as error:
                said, good = str(error), False
            facts = standing(tx, ours[name], guard.at()) if name in ours else None
            found.append({"name": name, "check": said, "good": good, "is": facts})
    return found


def _hours(workspace: Workspace, user: User, now: datetime) -> list[dict[str, Any]]:
    """Each campaign's own hours, whether it begins by itself, and when that changes next."""
    found = []
    for name, campaign in seen(workspace, user).items():
        hours = campaign.hours
        here = zones.zone(hours.timezone)
        change, today = hours.next_change(now), now.astimezone(here).date()
        found.append(
            {
                "name": name,
                "title": campaign.title,
                "zone": hours.timezone,
                "open": hours.is_open(now),
                "change": "" if change is None else f"{change.astimezone(here):%a %Y-%m-%d %H:%M %Z}",
                "days": [", ".join(map(str, windows)) for windows in (hours.mon_fri, hours.sat, hours.sun)],
                "autostart": hours.autostart,
                "holidays": hours.holidays_closed,
                "country": hours.country,
                "closed": [day.isoformat() for day in hours.closed_dates if day >= today]
                + [f"{each.first}/{each.last} {each.why}" for each in hours.pauses if each.last >= today],
                "why": hours.why_closed_at(now),
            }
        )
    return found
