"""From the store's rows to a report: which rows, of which span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from campaigns.files import Campaign
from dialer.reports.build import Report, build_report
from dialer.reports.records import CampaignMeta, DayRecords, LedgerCheck
from dialer.runtime.promises import counted, judged, promises_table
from dialer.store import frames, hopper, ledger, outcomes, runs
from dialer.store.database import Store

__all__ = ["FACTS", "NothingToReport", "Span", "last_run", "last_runs", "report_of"]

#: The folder of closed days by columns, in the folder of reports.
FACTS = "facts"
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


def last_runs(store: Store, campaigns: Sequence[str], now: datetime) -> Span:
    """The span from the first to the last of the campaigns' last runs.

    Raises:
        NothingToReport: none of them ever ran.
    """
    found: list[Span] = []
    why: list[str] = []
    for name in campaigns:
        try:
            found.append(last_run(store, name, now))
        except NothingToReport as error:
            why.append(str(error))
    if not found:
        raise NothingToReport("; ".join(why))
    same = found[0] if len(found) == 1 else None
    clock: Literal["real", "virtual"] = "virtual" if all(each.clock == "virtual" for each in found) else "real"
    begin, end = min(each.since for each in found), max(each.until for each in found)
    return Span(begin, end, clock, None if same is None else same.seed)


def report_of(store: Store, campaign: Campaign, span: Span) -> Report:
    """Build the report of a campaign over a span; the ledger is proved on the way.

    Raises:
        StoreError: the database refuses.
    """
    name = campaign.name
    with store.reading() as tx:
        first = outcomes.first_run_start(tx, name) or span.since
        if span.since < first < span.until:  # a month that began before the campaign: its periods begin with it
            span = replace(span, since=first)
        told = judged(tx, [campaign], span.since, span.until)
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
            promises=counted(told),
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
    return build_report(records, promises_table(told))
