"""From the store's rows to a report: which rows, of which span."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from campaigns.files import Campaign
from dialer.reports.build import Report, build_report
from dialer.reports.records import CampaignMeta, DayRecords, LedgerCheck
from dialer.store import frames, hopper, ledger, outcomes, runs
from dialer.store.database import Store

__all__ = ["NothingToReport", "Span", "last_run", "report_of"]

#: Rolling legal windows reach this far back.
_LONGEST_WINDOW = timedelta(days=31)


class NothingToReport(Exception):
    """The campaign has never run, or not in the span."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a report covers, and how it was run."""

    since: datetime
    until: datetime
    clock: Literal["real", "virtual"] = "real"
    seed: int | None = None


def last_run(store: Store, campaign: str, now: datetime) -> Span:
    """The span of the campaign's last run; one that still runs ends now.

    Raises:
        NothingToReport: it never ran.
    """
    with store.reading() as tx:
        found = runs.latest(tx, campaign)
    if not found:
        raise NothingToReport(f"{campaign} has never run")
    run = found[0]
    until = run.ended_at or max(now, run.started_at)
    return Span(run.started_at, until + timedelta(microseconds=1), run.clock, run.seed)


def report_of(store: Store, campaign: Campaign, span: Span) -> Report:
    """Build the report of a campaign over a span; the ledger is proved on the way.

    Raises:
        StoreError: the database refuses.
    """
    name = campaign.name
    with store.reading() as tx:
        first = outcomes.first_run_start(tx, name) or span.since
        back_to = min(span.since, max(first, span.since - _LONGEST_WINDOW))
        proof = ledger.verify(tx)
        attempts = frames.attempts(tx, name, back_to, span.until)
        steps: Counter[str] = Counter()
        for _, funnel in frames.funnels(tx, name):
            steps.update({step: funnel.get(step, 0) for step in ("read", "valid", "loaded")})
        steps["callable"] = sum(
            count for status, count in hopper.counts(tx, name).items() if status not in ("blocked",)
        )
        meta = CampaignMeta(
            name=name,
            client=campaign.client,
            scope=campaign.scope,
            zone=campaign.hours.timezone,
            since=span.since,
            until=span.until,
            started=min(first, span.since),
            history_since=back_to,
            countries=(campaign.country,),
            greeting=campaign.abandonment.greeting,
            min_ring=campaign.dialing.min_ring,
            funnel=tuple((step, steps[step]) for step in ("read", "valid", "loaded", "callable")),
            clock=span.clock,
            seed=span.seed,
            ledger=LedgerCheck(proof.broken is None, proof.rows, proof.detail),
        )
        records = DayRecords(
            meta=meta,
            attempts=attempts,
            dispositions=frames.dispositions(tx, name, back_to, span.until),
            agent_changes=frames.agent_changes(tx, name, span.since, span.until),
            campaign_changes=frames.campaign_changes(tx, name, span.since, span.until),
            refusals=frames.refusals(tx, name, span.since, span.until),
            leads=frames.leads_by_status(tx, name),
            tried=frames.tried(tx, name),
        )
    return build_report(records)
