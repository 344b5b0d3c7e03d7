"""Calls that the gate refused, by rule, for a campaign and a day: how many, and the sentence of each."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.reports.reasons import reason_words
from dialer.store import frames
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.chosen import chosen, seen
from dialer.web.pages.rendering import page
from dnc import zones

__all__ = ["refusals_router"]


def refusals_router(workspace: Workspace, guard: Guard) -> APIRouter:
    """`/compliance/refusals`."""
    router = APIRouter(prefix="/compliance/refusals", include_in_schema=False)
    reader = Depends(guard.needs(Act.SEE_REFUSALS))

    @router.get("")
    async def refusals(
        request: Request,
        campaign: str = Query("", max_length=64),
        day: str = Query("", max_length=10),
        user: User = reader,
    ) -> Response:
        names = await asyncio.to_thread(seen, workspace, user)
        found = chosen(names, campaign)
        if found is None:
            return page(request, "refusals.html", user=user, campaigns=names, campaign="", day="", rows=[], zone="")
        here = zones.zone(found.hours.timezone)
        try:
            asked = date.fromisoformat(day) if day else guard.at().astimezone(here).date()
            since = datetime.combine(asked, time(), here)
            until = datetime.combine(asked + timedelta(days=1), time(), here)
        except (ValueError, OverflowError):
            raise HTTPException(422, f"{day!r} is no day such as 2026-11-23") from None
        rows = await asyncio.to_thread(_counted, guard, found, since, until)
        return page(
            request,
            "refusals.html",
            user=user,
            campaigns=names,
            campaign=found.name,
            day=asked.isoformat(),
            rows=rows,
            zone=found.hours.timezone,
        )

    return router


def _counted(guard: Guard, campaign: Campaign, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Each rule with the number of its refusals and its sentence, the most frequent first."""
    with guard.store.reading() as tx:
        frame = frames.refusals(tx, campaign.name, since, until)
    total = int(frame["count"].sum())
    return [
        {"code": code, "count": int(count), "share": count / total, "words": reason_words(code)}
        for code, count in zip(frame["code"].tolist(), frame["count"].tolist(), strict=True)
    ]
