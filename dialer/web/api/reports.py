"""`/reports`: the figures of `dialer report`, the same ones, for a period."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field

from dialer.reports.export import to_json
from dialer.runtime.reporting import NothingToReport, Span, last_run, report_of
from dialer.web.api.errors import ApiError, answers
from dialer.web.api.guard import ApiGuard, Caller
from dialer.web.api.models import Asked, CampaignName, Instant
from dialer.web.api.scopes import Scope

__all__ = ["reports_router"]

_LONGEST = timedelta(days=366)


class Figure(Asked):
    """One figure with its formula."""

    key: str
    label: str
    value: float | None = Field(description="null: undefined, as when nobody was called")
    unit: str
    formula: str
    numerator: float | None
    denominator: float | None
    note: str
    group: str


class Table(Asked):
    """One table."""

    key: str
    title: str
    columns: list[dict[str, Any]]
    rows: list[list[Any]]
    note: str


class Figures(Asked):
    """The document of `dialer report --json`, format dialer.report/1; new keys may be added."""

    model_config = ConfigDict(extra="allow")

    format: str
    name: str
    since: datetime
    until: datetime
    headline: str
    warnings: list[str]
    kpis: list[Figure]
    tables: list[Table]


def reports_router(guard: ApiGuard) -> APIRouter:
    """The resource of one floor."""
    router = APIRouter(prefix="/reports", tags=["reports"])
    reader = Depends(guard.needs(Scope.REPORTS_READ))
    one_at_a_time = asyncio.Lock()  # a report proves the whole ledger: a core, for as long as that takes

    @router.get("/{campaign}", response_model=Figures, responses=answers(404, 409))
    async def see_report(
        campaign: Annotated[CampaignName, Path()],
        since: Annotated[Instant | None, Query(description="null: the last run, from its start")] = None,
        until: Annotated[Instant | None, Query(description="null: its end, or now")] = None,
        caller: Caller = reader,
    ) -> Response:
        """The figures of a campaign between two instants, 366 days at the most."""
        async with one_at_a_time:
            text = await asyncio.to_thread(_report, guard, caller, campaign, since, until)
        return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})

    return router


def _report(guard: ApiGuard, caller: Caller, name: str, since: datetime | None, until: datetime | None) -> str:
    campaign, now = guard.campaign(caller, name), guard.at()
    try:
        span = last_run(guard.store, name, now)
    except NothingToReport as error:
        raise ApiError(404, str(error)) from None
    if since is not None or until is not None:
        begin = span.since if since is None else since.astimezone(UTC)
        end = max(span.until, now) if until is None else until.astimezone(UTC)
        span = Span(begin, end, span.clock, span.seed)
    if not span.since < span.until <= span.since + _LONGEST:
        raise ApiError(422, "since must lie before until, 366 days at the most")
    return to_json(report_of(guard.store, campaign, span), indent=None)
