"""Abandonment of a campaign under every legal definition: the rows counted, the table shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialer.reports.calls import Day, fate_of, who_answered
from dialer.reports.floor import micros
from dialer.reports.legal import LegalCap, Window, WindowKind, WindowRate, judge, windows
from dialer.reports.records import CampaignMeta
from dialer.reports.values import Cell, Column, Table

__all__ = ["WINDOW_NAMES", "Fates", "abandonment", "abandonment_table", "legal_rates", "legal_windows", "rates_of"]

#: What the windows are called.
WINDOW_NAMES: dict[WindowKind, str] = {
    "period": "30-day period",
    "month": "calendar month",
    "day": "day",
    "rolling_day": "last 24 hours",
    "rolling_30": "last 30 days",
}


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of calls, or of stretches of calls that no window's bound divides.

    Attributes:
        placed: when, microseconds since the epoch.
        counts: abandoned, in time, machines; one row for each of `placed`.
    """

    placed: NDArray[np.int64]
    counts: NDArray[np.int64]


def legal_windows(meta: CampaignMeta) -> tuple[tuple[LegalCap, float, Window], ...]:
    """Every definition with the seconds within which an agent must be there, over each of its windows."""
    return tuple(
        (cap, cap.connect_within + (meta.greeting if cap.after_greeting else 0.0), window)
        for cap in meta.caps
        for kind in cap.windows
        for window in windows(kind, meta.tz, meta.first_day, meta.since, meta.until)
    )


def rates_of(meta: CampaignMeta, fates: Callable[[float], Fates]) -> tuple[WindowRate, ...]:
    """Every definition of abandonment over each of its windows (see `dialer.reports.legal`).

    Args:
        meta: the campaign.
        fates: of its calls, by the seconds within which an agent must be there.
    """
    known: dict[float, Fates] = {}
    rates = []
    for cap, within, window in legal_windows(meta):
        if within not in known:
            known[within] = fates(within)
        found = known[within]
        begin, end = (int(micros([at])[0]) for at in (window.since, window.until))
        inside = (found.placed >= begin) & (found.placed < end)
        x, y, machines = (int(number) for number in found.counts[inside].sum(axis=0))
        rates.append(
            judge(
                cap,
                window,
                x + (meta.amd_false_positive_rate or 0.0) * machines,
                y,
                applies=cap.applies(meta.scope, meta.countries),
                complete=meta.known_since <= max(window.since, meta.first_day),
            )
        )
    return tuple(rates)


def legal_rates(day: Day) -> tuple[WindowRate, ...]:
    """The rates of the rows in memory."""
    past = day.past
    machine, live = who_answered(past)
    placed = micros(past["placed_at"])

    def fates(within: float) -> Fates:
        in_time, _, abandoned = fate_of(past, live, within)
        return Fates(placed, np.column_stack((abandoned, in_time, machine)).astype(np.int64))

    return rates_of(day.meta, fates)


def abandonment(rates: tuple[WindowRate, ...], day: Day) -> Table:
    """The legal rates as a table; instants on the campaign's clock."""
    return abandonment_table(rates, day.meta)


def abandonment_table(rates: tuple[WindowRate, ...], meta: CampaignMeta) -> Table:
    """The legal rates of a campaign as a table; instants on its clock."""
    zone = meta.tz
    rows: list[tuple[Cell, ...]] = [
        (
            rate.cap.rule,
            "binds" if rate.applies else "for comparison",
            WINDOW_NAMES[rate.window.kind],
            rate.window.since.astimezone(zone),
            rate.window.until.astimezone(zone),
            rate.abandoned,
            rate.answered,
            rate.rate,
            rate.low,
            rate.high,
            rate.cap.max_rate,
            rate.verdict,
            "" if rate.complete else "records begin later than the window",
            f"{rate.cap.citation} ({rate.cap.status})",
        )
        for rate in rates
    ]
    machines = meta.amd_false_positive_rate
    if machines is None:
        estimate = "No audited share of false machine detections is known, so none is added to x."
    else:
        estimate = f"x includes {100 * machines:g} % of the machine detections, the audited share that were people."
    columns = (
        Column("rule", "Definition", "text"),
        Column("applies", "This campaign", "text"),
        Column("window", "Window", "text"),
        Column("since", "From", "instant"),
        Column("until", "Until", "instant"),
        Column("abandoned", "x"),
        Column("answered", "x + y"),
        Column("rate", "Rate", "share"),
        Column("low", "95 % low", "share"),
        Column("high", "95 % high", "share"),
        Column("cap", "Cap", "share"),
        Column("verdict", "Verdict", "text"),
        Column("coverage", "Coverage", "text"),
        Column("citation", "Source", "text"),
    )
    note = (
        "rate = x / (x + y); above the cap is a breach; at risk: only the interval reaches above it. "
        f"{estimate} Not legal advice."
    )
    return Table("abandonment", "Abandonment under every definition", columns, tuple(rows), note)
