"""Reports over one campaign or many, by group: which rows, of which span, counted by columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.reports.breakdown import Breakdown, breakdown_of
from dialer.reports.floor import line_use
from dialer.reports.legal import WindowRate
from dialer.reports.rates import Fates, legal_windows, rates_of
from dialer.reports.records import CampaignMeta
from dialer.reports.tally import WAIT_SHARES, Promises, Tally, rank_of
from dialer.runtime.reporting import FACTS, NothingToReport, Span
from dialer.store import column_files, lead_groups, outcomes
from dialer.store.column_counts import QUARTER, CampaignRow, Counted, Counts
from dialer.store.database import Store
from dnc import zones

if TYPE_CHECKING:
    pass

__all__ = ["report_by"]


def report_by(
    workspace: Workspace, store: Store, campaigns: Sequence[Campaign], span: Span, by: str, name: str
) -> Breakdown:
    """Count and compute everything.

    Args:
        workspace: its folder of reports holds the closed days.
        store: the database.
        campaigns: whose calls are counted; nobody else's are read.
        span: from when to when.
        by: what to group by (a key of `dialer.reports.breakdown.LABELS`), or "".
        name: whose report it is.

    Raises:
        NothingToReport: none of the campaigns has ever run before the span's end.
        StoreError: the database refuses, or the folder cannot be written.
    """
    from dialer.runtime.promises import due_of, judged, promises_table

    with store.reading() as tx:
        started = {each.name: outcomes.first_run_start(tx, each.name) for each in campaigns}
        ran = [each for each in campaigns if (at := started[each.name]) is not None and at < span.until]
        if not ran:
            raise NothingToReport(f"{name} had not run before the report's end")
        metas = [_meta(each, started[each.name] or span.since, span) for each in ran]
        parts = column_files.refresh(tx, workspace.reports_dir / FACTS, [each.name for each in ran], datetime.now(UTC))
        told = judged(tx, ran, span.since, span.until)
        leads = lead_groups.leads_of(tx, {each.name: each.language for each in ran}) if by in _OF_LEADS else []
        sizes = lead_groups.sizes(tx, [each.name for each in ran], by_list=by == "list")
    clocks = sorted({each.hours.timezone for each in ran})
    rows = [
        CampaignRow(
            each.name,
            each.client,
            2.0 + each.abandonment.greeting,
            each.dialing.min_ring,
            clocks.index(each.hours.timezone),
        )
        for each in ran
    ]
    quarters = _quarters(clocks, span) if by in ("hour", "day") else []
    since, until = _micro(span.since), _micro(span.until)
    with Counts(parts, rows, since, until, quarters=quarters, leads=leads, promises=due_of(told)) as counts:
        known = told is not None
        total = _tally(counts.groups(None)[""], _tried(counts, None, sizes, rows).get("", ()), known)
        tried = _tried(counts, by, sizes, rows) if by else {}
        found = counts.groups(by) if by else {}
        groups = {key: _tally(each, tried.get(key), known) for key, each in found.items()}
        rates = [(meta, _rates(counts, meta)) for meta in metas]
        refused = counts.refusals_by_rule()
    return breakdown_of(
        name,
        by,
        clocks[0] if len(clocks) == 1 else "UTC",
        span.since,
        span.until,
        total=total,
        groups=groups,
        rates=rates,
        refusals=refused,
        promises=promises_table(told),
    )


_OF_LEADS = ("list", "language")


def _meta(campaign: Campaign, started: datetime, span: Span) -> CampaignMeta:
    """What the legal windows must know; a campaign's time begins with its first run."""
    return CampaignMeta(
        name=campaign.name,
        client=campaign.client,
        scope=campaign.scope,
        zone=campaign.hours.timezone,
        since=max(span.since, started),
        until=span.until,
        started=started,
        history_since=started,
        countries=(campaign.country,),
        greeting=campaign.abandonment.greeting,
        min_ring=campaign.dialing.min_ring,
        clock=span.clock,
        seed=span.seed,
    )


def _rates(counts: Counts, meta: CampaignMeta) -> tuple[WindowRate, ...]:
    """Abandonment of one campaign under every definition."""
    import numpy as np

    cuts = [_micro(at) for _, _, window in legal_windows(meta) for at in (window.since, window.until)]

    def fates(within: float) -> Fates:
        placed, abandoned, in_time, machines = counts.fates(meta.name, within, cuts)
        return Fates(placed, np.column_stack((abandoned, in_time, machines)))

    return rates_of(meta, fates)


def _tally(counted: Counted, tried: Sequence[tuple[int, int]] | None, payments_known: bool) -> Tally:
    """The tally of one group."""
    waits = counted.waits
    return Tally(
        calls=counted.calls,
        flags=counted.flags,
        waits={share: float(waits[rank_of(share, len(waits))]) for share in WAIT_SHARES} if len(waits) else {},
        lines=line_use(counted.starts, counted.ends)[:2] if len(counted.starts) else None,
        seconds=counted.seconds,
        agents=counted.agents,
        refusals=counted.refusals,
        tried=None if tried is None else tuple(tried),
        promises=Promises(counted.due, counted.kept) if payments_known else None,
    )


def _tried(
    counts: Counts, by: str | None, sizes: Mapping[tuple[str, str], int], rows: Sequence[CampaignRow]
) -> dict[str | int, list[tuple[int, int]]]:
    """Leads by number of attempts so far, those never tried among them, by group."""
    found = counts.tried(by)
    clients = {row.campaign: row.client for row in rows}
    for (campaign, listed), leads in sizes.items():
        key = {None: "", "campaign": campaign, "client": clients[campaign], "list": listed}.get(by)
        if key is not None:
            made = found.setdefault(key, [])
            before = made.pop(0)[1] if made and made[0][0] == 0 else 0
            made.insert(0, (0, before + leads))
    for made in found.values():  # what was tried is no longer untried
        made[0] = (0, made[0][1] - sum(leads for _, leads in made[1:]))
    return found


def _micro(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _quarters(clocks: Sequence[str], span: Span) -> list[tuple[int, int, str, str]]:
    """The local hour and day of every quarter of an hour of the span, in every zone."""
    found = []
    for number, name in enumerate(clocks):
        zone = UTC if name == "UTC" else zones.zone(name)
        for quarter in range(_micro(span.since) // QUARTER, (_micro(span.until) - 1) // QUARTER + 1):
            here = datetime.fromtimestamp(quarter * 900, zone)
            found.append((number, quarter, f"{here:%H}:00", f"{here:%Y-%m-%d}"))
    return found
