"""From records to the one report that every face shows.

Everything is computed here, once, into plain frozen values; terminal, JSON, CSV and HTML only format them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialer.reports.calls import Day, day_of
from dialer.reports.floor import micros, span_covered
from dialer.reports.formulas import DEFINITIONS
from dialer.reports.kpis import all_kpis, conversations
from dialer.reports.legal import WindowRate
from dialer.reports.rates import WINDOW_NAMES, legal_rates
from dialer.reports.records import DayRecords, LedgerCheck
from dialer.reports.tables import all_tables
from dialer.reports.values import Kpi, Table, show

__all__ = ["Report", "build_report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a campaign did between two instants.

    Attributes:
        name: the campaign.
        client: the company it is run for.
        scope: what its calls are for.
        zone: IANA name of the campaign's zone.
        since: beginning, UTC.
        until: end, UTC.
        headline: the one sentence.
        warnings: sentences a reader must not miss: breaches, broken ledger, ring floor, missing data.
        kpis: the figures, in order.
        tables: the tables, in order.
        definitions: letter of a formula and what it means.
        cap: the cap that the plots and the headline show, a fraction; None when no definition has a rate.
        cap_rule: the definition it comes from.
        clock: `real` or `virtual`.
        seed: the seed of a simulated run.
        ledger: what the check of the decision ledger said.
    """

    name: str
    client: str
    scope: str
    zone: str
    since: datetime
    until: datetime
    headline: str
    warnings: tuple[str, ...]
    kpis: tuple[Kpi, ...]
    tables: tuple[Table, ...]
    definitions: tuple[tuple[str, str], ...]
    cap: float | None
    cap_rule: str
    clock: str
    seed: int | None
    ledger: LedgerCheck

    def kpi(self, key: str) -> Kpi:
        """The figure `key`; raises `KeyError` for an unknown one."""
        return {kpi.key: kpi for kpi in self.kpis}[key]

    def table(self, key: str) -> Table:
        """The table `key`; raises `KeyError` for an unknown one."""
        return {table.key: table for table in self.tables}[key]


def build_report(records: DayRecords, promises: Table | None = None) -> Report:
    """Compute the whole report.

    Args:
        records: the rows, already checked.
        promises: what became of promises to pay (`dialer.reports.promises`); None while no payment is known.

    Returns:
        The report; figures whose denominator is 0 have the value None.
    """
    day = day_of(records)
    meta = day.meta
    rates = legal_rates(day)
    tightest = _tightest(day, rates)
    kpis = all_kpis(day.tally)
    return Report(
        name=meta.name,
        client=meta.client,
        scope=meta.scope,
        zone=meta.zone,
        since=meta.since,
        until=meta.until,
        headline=_headline(day, {kpi.key: kpi for kpi in kpis}, tightest),
        warnings=_warnings(day, {kpi.key: kpi for kpi in kpis}, rates),
        kpis=kpis,
        tables=all_tables(day, rates) + (() if promises is None else (promises,)),
        definitions=DEFINITIONS,
        cap=None if tightest is None else tightest.cap.max_rate,
        cap_rule="" if tightest is None else tightest.cap.rule,
        clock=meta.clock,
        seed=meta.seed,
        ledger=meta.ledger,
    )


def _tightest(day: Day, rates: tuple[WindowRate, ...]) -> WindowRate | None:
    """Of the windows that the report ends in and that bind the campaign, the one nearest to its cap.

    The law's definitions come before the house's own, which is asked only when no law binds.
    """
    now = [rate for rate in rates if rate.applies and rate.window.until >= day.meta.until]
    law = [rate for rate in now if rate.cap.jurisdiction != "ZZ"] or now
    return max(law, key=lambda rate: (rate.rate or 0.0) / rate.cap.max_rate, default=None)


def _headline(day: Day, kpis: dict[str, Kpi], tightest: WindowRate | None) -> str:
    """The one sentence that says how the day went."""
    parts = [f"{show(conversations(day.tally), 'count')} conversations"]
    if tightest is not None:
        parts.append(
            f"abandonment {show(tightest.rate, 'share')} of {show(tightest.cap.max_rate, 'share')} allowed"
            f" ({tightest.cap.rule})"
        )
    parts.append(f"agents busy {kpis['occupancy'].text}")
    hours = f"{span_covered(micros(day.stays['start']), micros(day.stays['end'])) / 3600:.1f}".removesuffix(".0")
    return f"{kpis['agents'].text} agents, {hours} h: {', '.join(parts)}"


def _warnings(day: Day, kpis: dict[str, Kpi], rates: tuple[WindowRate, ...]) -> tuple[str, ...]:
    """What a reader must not miss, worst first."""
    found = []
    zone = day.meta.tz
    breaches = [rate for rate in rates if rate.applies and rate.verdict == "breach"]
    for rate in breaches:
        if rate.cap.jurisdiction != "ZZ":
            found.append(
                f"Abandonment breach under {rate.cap.rule}: {show(rate.rate, 'share')} "
                f"({show(rate.abandoned, 'count')} of {show(rate.answered, 'count')}) from "
                f"{rate.window.since.astimezone(zone):%Y-%m-%d %H:%M %Z} on; "
                f"{show(rate.cap.max_rate, 'share')} is allowed."
            )
    house = [rate for rate in breaches if rate.cap.jurisdiction == "ZZ"]
    if house:
        names = ", ".join(f"{WINDOW_NAMES[rate.window.kind]} {show(rate.rate, 'share')}" for rate in house)
        found.append(f"Abandonment above the house policy of {show(house[0].cap.max_rate, 'share')}: {names}.")
    if day.meta.ledger.intact is False:
        found.append(f"The decision ledger does not verify: {day.meta.ledger.detail}")
    short = kpis["ring_floor_violations"].value
    if short:
        found.append(f"{short:,.0f} unanswered calls were cancelled before they had rung {day.meta.min_ring:g} s.")
    silent = kpis["abandoned_silent"].value
    if silent:
        found.append(f"{silent:,.0f} abandoned people did not hear the message that the law asks for.")
    gaps = sorted({rate.cap.rule for rate in rates if rate.applies and not rate.complete})
    if gaps:
        found.append(
            f"The records begin later than the window of {', '.join(gaps)}: earlier calls are not in these rates."
        )
    return tuple(found)
