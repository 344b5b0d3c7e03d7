"""The tables of a report that count: by outcome, by agent, by list, by rule. Every plot draws one table.

Each function takes the classified rows and returns one `Table` of plain cells. Sums over a table's rows are
the figures of `dialer.reports.kpis`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from dialer.engine.states import CallResult, LeadState
from dialer.reports.calls import OPEN, Day
from dialer.reports.kpis import penetration
from dialer.reports.legal import WindowRate
from dialer.reports.rates import abandonment
from dialer.reports.timeline import COUNT_COLUMNS, COUNTED, agent_time, by_hour, campaign_health, pace
from dialer.reports.values import Cell, Column, Table, ratio

__all__ = [
    "all_tables",
    "by_agent",
    "by_column",
    "disposition_codes",
    "funnel",
    "lead_status",
    "outcomes",
    "penetration_of",
    "penetration_table",
    "refusals",
    "waits",
]

_WAIT_EDGES = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, float("inf"))


def outcomes(day: Day) -> Table:
    """Dials by result; every result is listed, so that the counts add up to D."""
    counts = day.calls["outcome"].value_counts()
    names = [str(result) for result in CallResult] + [OPEN]
    found = sorted(((name, int(counts.get(name, 0))) for name in names), key=lambda pair: -pair[1])
    rows = tuple((name.replace("_", " "), number, ratio(number, len(day.calls))) for name, number in found)
    columns = (
        Column("outcome", "Outcome", "text"),
        Column("calls", "Calls"),
        Column("share", "Share", "share"),
    )
    return Table("outcomes", "Outcomes", columns, rows, "As the machine knows it; people's view is the disposition.")


def disposition_codes(day: Day) -> Table:
    """Calls by the code of their last disposition."""
    rows = tuple(
        (str(code), int(number), ratio(int(number), len(day.contacts)))
        for code, number in day.contacts["code"].value_counts().items()
    )
    note = "The last one of each call counts."
    if day.stray_dispositions:
        note += f" Left out: {day.stray_dispositions:,} calls with a disposition, placed outside the report."
    columns = (
        Column("code", "Disposition", "text"),
        Column("calls", "Calls"),
        Column("share", "Share", "share"),
    )
    return Table("dispositions", "Dispositions", columns, rows, note)


def refusals(day: Day) -> Table:
    """Refusals of the gate by the rule that came first."""
    sums = day.refusals.groupby("code", sort=True)["count"].sum().sort_values(ascending=False, kind="stable")
    total = int(sums.sum())
    rows = tuple((str(code), int(number), ratio(int(number), total)) for code, number in sums.items())
    columns = (
        Column("code", "Rule", "text"),
        Column("refusals", "Refusals"),
        Column("share", "Share", "share"),
    )
    return Table("refusals", "Refused by the gate", columns, rows, "Every refusal is in the ledger with its citation.")


def waits(day: Day) -> Table:
    """How long people who were joined had waited, in classes [from, to)."""
    seconds = day.waits
    counts, _ = np.histogram(seconds, bins=_WAIT_EDGES)
    labels = [f"{low:g} to {high:g} s" for low, high in pairwise(_WAIT_EDGES[:-1])]
    rows = tuple(
        (label, int(number), ratio(int(number), len(seconds)))
        for label, number in zip([*labels, f"{_WAIT_EDGES[-2]:g} s or more"], counts, strict=True)
    )
    columns = (
        Column("wait", "Answer to agent", "text"),
        Column("calls", "Calls"),
        Column("share", "Share", "share"),
    )
    return Table("waits", "How long people waited for an agent", columns, rows, "From the answer; joined calls only.")


def penetration_table(day: Day) -> Table:
    """Leads with at least k attempts, for k up to the most that any lead had (at most 10)."""
    return penetration_of(day.tally.tried or ())


def penetration_of(tried: Sequence[tuple[int, int]]) -> Table:
    """The table of penetration, from (attempts, leads)."""
    most = min(10, max((made for made, leads in tried if leads), default=0))
    found = [(k, *penetration(tried, k)) for k in range(1, most + 1)]
    rows = tuple((k, number, ratio(number, leads)) for k, number, leads in found)
    columns = (
        Column("attempts", "Attempts, at least"),
        Column("leads", "Leads"),
        Column("share", "Share", "share"),
    )
    return Table("penetration", "Penetration", columns, rows, "Over the whole campaign so far.")


def funnel(day: Day) -> Table:
    """From the loaded file to conversions, in leads: each step with its share of the one before."""
    calls, marked = day.calls, day.contacts

    def leads(rows: pd.DataFrame) -> int:
        return int(rows["lead_id"].nunique())

    steps = [*day.meta.funnel]
    steps += [("dialed in this report", leads(calls)), ("answered in person", leads(calls[calls["live"]]))]
    steps += [
        ("contacts", leads(marked[marked["contact"]])),
        ("right party", leads(marked[marked["right_party"]])),
    ]
    steps += [("conversion or promise", leads(marked[marked["conversion"] | marked["promise"]]))]
    rows = tuple(
        (label, number, ratio(number, steps[i - 1][1]) if i else None) for i, (label, number) in enumerate(steps)
    )
    columns = (
        Column("step", "Step", "text"),
        Column("number", "Number"),
        Column("of_previous", "Of the step before", "share"),
    )
    return Table(
        "funnel",
        "From the list to the result",
        columns,
        rows,
        "Leads, each counted once however often it was dialed.",
    )


def lead_status(day: Day) -> Table:
    """Leads by status; every status is listed."""
    counts = day.leads.groupby("status")["leads"].sum()
    total = int(counts.sum())
    rows = tuple((str(s), int(counts.get(str(s), 0)), ratio(int(counts.get(str(s), 0)), total)) for s in LeadState)
    columns = (
        Column("status", "Status", "text"),
        Column("leads", "Leads"),
        Column("share", "Share", "share"),
    )
    return Table("leads", "Leads by status", columns, rows, "When the report was made.")


def by_agent(day: Day) -> Table:
    """Each agent's time and results."""
    spent = day.stays.pivot_table(index="agent_id", columns="state", values="seconds", aggfunc="sum", fill_value=0.0)
    calls = day.calls.loc[day.calls["bridged_at"].notna(), "agent_id"].value_counts()
    flags = day.contacts.groupby("agent_id")[["contact", "right_party", "conversion", "promise"]].sum()
    rows: list[tuple[Cell, ...]] = []
    for agent_id in sorted(set(spent.index) | set(calls.index) | set(flags.index)):
        mine = spent.loc[agent_id].to_dict() if agent_id in spent.index else {}
        talk, wrap = float(mine.get("talking", 0.0)), float(mine.get("wrap_up", 0.0))
        ready = float(mine.get("ready", 0.0) + mine.get("reserved", 0.0))
        number = int(calls.get(agent_id, 0))
        marks = [int(mark) for mark in flags.loc[agent_id]] if agent_id in flags.index else [0, 0, 0, 0]
        rows.append(
            (
                str(agent_id),
                sum(float(seconds) for seconds in mine.values()) / 3600,
                number,
                ratio(talk + wrap, talk + wrap + ready),
                ratio(talk, number),
                ratio(wrap, number),
                ratio(ready, number),
                float(mine.get("paused", 0.0)) / 3600,
                *marks,
                ratio(marks[2], marks[0]),
            )
        )
    columns = (
        Column("agent", "Agent", "text"),
        Column("hours", "Signed-in time", "h"),
        Column("conversations", "Conversations"),
        Column("occupancy", "Occupancy", "share"),
        Column("talk", "Talk per call", "s"),
        Column("wrap", "Wrap-up per call", "s"),
        Column("wait", "Wait per call", "s"),
        Column("pause", "Pause", "h"),
        Column("contacts", "Contacts"),
        Column("right_party", "Right party"),
        Column("conversions", "Conversions"),
        Column("promises", "Promises"),
        Column("conversion_rate", "Conversion rate", "share"),
    )
    return Table("by_agent", "By agent", columns, tuple(rows))


def by_column(day: Day, column: str, key: str, title: str, label: str) -> Table:
    """Calls by a column of the attempts that may be missing (then the table is empty and says so)."""
    columns = (
        Column(column, label, "text"),
        Column("dials", "Dials"),
        *COUNT_COLUMNS,
        Column("live_answer_rate", "Live answer rate", "share"),
        Column("abandonment_rate", "Abandonment", "share"),
        Column("contact_rate", "Contacts of dials", "share"),
    )
    if column not in day.calls.columns:
        return Table(key, title, columns, (), f"The rows do not say which {label.lower()} a call belongs to.")
    marked = day.calls["call_id"].isin(day.contacts.loc[day.contacts["contact"], "call_id"])
    calls = day.calls.assign(contacts=marked, key=day.calls[column].fillna("(none)"))
    sums = calls.groupby("key", sort=True)[[*COUNTED, "contacts"]].sum()
    sizes = calls.groupby("key", sort=True).size()
    rows: list[tuple[Cell, ...]] = []
    for name, found in zip(sums.index, sums.to_dict("records"), strict=True):
        dials, x, y = int(sizes[name]), int(found["abandoned"]), int(found["in_time"])
        counts = [int(found[counted]) for counted in (*COUNTED, "contacts")]
        rates = (ratio(int(found["live"]), dials), ratio(x, x + y), ratio(int(found["contacts"]), dials))
        rows.append((str(name), dials, *counts, *rates))
    return Table(key, title, columns, tuple(rows))


def all_tables(day: Day, rates: tuple[WindowRate, ...]) -> tuple[Table, ...]:
    """Every table of the report, in the order in which they are shown."""
    return (
        abandonment(rates, day),
        by_hour(day),
        pace(day),
        agent_time(day),
        waits(day),
        outcomes(day),
        disposition_codes(day),
        refusals(day),
        funnel(day),
        lead_status(day),
        penetration_table(day),
        campaign_health(day),
        by_agent(day),
        by_column(day, "list_id", "by_list", "By list", "List"),
        by_column(day, "jurisdiction", "by_jurisdiction", "By jurisdiction", "Jurisdiction"),
    )
