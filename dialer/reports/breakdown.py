"""Several campaigns, or one, broken down: every figure for every group, the same formulas as in every report.

A breakdown is made of tallies (`dialer.reports.tally`), wherever they were counted. Figures that a group cannot have
(nobody knows how long agents waited for the calls of one list) are shown as "-".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.reports.formulas import DEFINITIONS
from dialer.reports.kpis import all_kpis
from dialer.reports.legal import WindowRate
from dialer.reports.rates import WINDOW_NAMES, abandonment_table
from dialer.reports.records import CampaignMeta
from dialer.reports.tables import penetration_of
from dialer.reports.tally import CALL_COUNTS, FLAGS, Tally
from dialer.reports.values import Cell, Column, Kpi, Table, Unit, ratio, show

__all__ = ["LABELS", "Breakdown", "breakdown_of"]

#: What groups are called.
LABELS = {
    "campaign": "Campaign",
    "client": "Client",
    "list": "List",
    "pass": "Pass",
    "agent": "Agent",
    "hour": "Hour",
    "day": "Day",
    "caller_id": "Caller id",
    "result": "Result",
    "language": "Language",
}
_NOTES = {
    "pass": "Pass k holds the k-th calls to each lead, counted from its first call in the campaign.",
    "hour": "Hours of the day on each campaign's clock, by the instant of the dial.",
    "day": "Days on each campaign's clock, by the instant of the dial.",
    "list": "The list that brought the lead.",
    "language": "The lead's language; the campaign's where the list names none.",
    "agent": "The agent the call was joined to; calls that reached nobody have none.",
    "result": "As the machine knows it.",
}


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What campaigns did between two instants, by group.

    Attributes:
        name: whose report it is: a campaign, a client, or all campaigns.
        by: what the groups are; "" for none.
        campaigns: the campaigns in it, with their clients.
        zone: IANA name of the zone whose clock the report shows.
        since: beginning, UTC.
        until: end, UTC.
        headline: the one sentence.
        warnings: what a reader must not miss.
        kpis: the figures of all groups together, in order.
        tables: `groups` (with --by), abandonment, refusals, penetration, promises.
        definitions: letter of a formula and what it means.
    """

    name: str
    by: str
    campaigns: tuple[tuple[str, str], ...]
    zone: str
    since: datetime
    until: datetime
    headline: str
    warnings: tuple[str, ...]
    kpis: tuple[Kpi, ...]
    tables: tuple[Table, ...]
    definitions: tuple[tuple[str, str], ...]

    def kpi(self, key: str) -> Kpi:
        """The figure `key`; raises `KeyError` for an unknown one."""
        return {kpi.key: kpi for kpi in self.kpis}[key]

    def table(self, key: str) -> Table:
        """The table `key`; raises `KeyError` for an unknown one."""
        return {table.key: table for table in self.tables}[key]


def breakdown_of(
    name: str,
    by: str,
    zone: str,
    since: datetime,
    until: datetime,
    *,
    total: Tally,
    groups: Mapping[str | int, Tally],
    rates: Sequence[tuple[CampaignMeta, tuple[WindowRate, ...]]],
    refusals: Sequence[tuple[str, int]],
    promises: Table | None,
) -> Breakdown:
    """Compute every figure of every group.

    Args:
        name: whose report it is.
        by: what the groups are (a key of `LABELS`), or "".
        zone: whose clock the report shows.
        since: beginning.
        until: end.
        total: everything counted.
        groups: the same by group.
        rates: of each campaign, its abandonment under every definition.
        refusals: by rule, most frequent first.
        promises: what became of promises to pay, by campaign and currency; None while no payment is known.
    """
    kpis = all_kpis(total)
    tables = [_groups(by, groups)] if by else []
    tables += [_abandonment(rates), _refusals(refusals), penetration_of(total.tried or ())]
    tables += [promises] if promises is not None else []
    figures = {kpi.key: kpi for kpi in kpis}
    shown = ("dials", "conversations", "contacts", "abandonment_rate", "occupancy")
    return Breakdown(
        name=name,
        by=by,
        campaigns=tuple((meta.name, meta.client) for meta, _ in rates),
        zone=zone,
        since=since,
        until=until,
        headline=", ".join(f"{figures[key].label.lower()} {figures[key].text}" for key in shown),
        warnings=tuple(_warnings(rates, figures)),
        kpis=kpis,
        tables=tuple(tables),
        definitions=DEFINITIONS,
    )


def _groups(by: str, groups: Mapping[str | int, Tally]) -> Table:
    """One row for each group with every figure; the bounds of each group's abandonment are among them."""
    rows = [(name, *(kpi.value for kpi in all_kpis(tally))) for name, tally in groups.items()]
    # A group of numbers (passes) is ordered by number, one of words by word.
    rows.sort(key=lambda row: (isinstance(row[0], str), row[0]))
    nothing = Tally(dict.fromkeys(CALL_COUNTS, 0), dict.fromkeys(FLAGS, 0))
    unit: Unit = "count" if rows and not isinstance(rows[0][0], str) else "text"
    columns = (Column(by, LABELS[by], unit), *(Column(kpi.key, kpi.label, kpi.unit) for kpi in all_kpis(nothing)))
    return Table("groups", f"By {LABELS[by].lower()}", columns, tuple(rows), _NOTES.get(by, ""))


def _abandonment(rates: Sequence[tuple[CampaignMeta, tuple[WindowRate, ...]]]) -> Table:
    """The tables of the campaigns, one below the other."""
    tables = [(meta.name, abandonment_table(found, meta)) for meta, found in rates]
    columns: tuple[Column, ...] = (Column("campaign", "Campaign", "text"),)
    columns += tables[0][1].columns if tables else ()
    rows = tuple((name, *row) for name, table in tables for row in table.rows)
    note = tables[0][1].note if tables else ""
    return Table("abandonment", "Abandonment under every definition", columns, rows, note)


def _refusals(found: Sequence[tuple[str, int]]) -> Table:
    total = sum(number for _, number in found)
    rows: tuple[tuple[Cell, ...], ...] = tuple((code, number, ratio(number, total)) for code, number in found)
    columns = (Column("code", "Rule", "text"), Column("refusals", "Refusals"), Column("share", "Share", "share"))
    return Table("refusals", "Refused by the gate", columns, rows, "Every refusal is in the ledger with its citation.")


def _warnings(rates: Sequence[tuple[CampaignMeta, tuple[WindowRate, ...]]], figures: Mapping[str, Kpi]) -> list[str]:
    """What a reader must not miss, worst first."""
    found = [
        f"{meta.name}: abandonment breach under {rate.cap.rule}: {show(rate.rate, 'share')} "
        f"({show(rate.abandoned, 'count')} of {show(rate.answered, 'count')}) in the {WINDOW_NAMES[rate.window.kind]} "
        f"from {rate.window.since.astimezone(meta.tz):%Y-%m-%d %H:%M %Z} on; "
        f"{show(rate.cap.max_rate, 'share')} is allowed."
        for meta, each in rates
        for rate in each
        if rate.applies and rate.verdict == "breach"
    ]
    if figures["ring_floor_violations"].value:
        found.append(
            f"{figures['ring_floor_violations'].text} unanswered calls were cancelled before they had rung long enough."
        )
    if figures["abandoned_silent"].value:
        found.append(
            f"{figures['abandoned_silent'].text} abandoned people did not hear the message that the law asks for."
        )
    return found
