"""Abandonment of a campaign under every legal definition: the rows counted, the table shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dialer.engine.states import CallResult
from dialer.reports.calls import Day, fate_of
from dialer.reports.floor import micros
from dialer.reports.legal import WindowKind, WindowRate, judge, windows
from dialer.reports.values import Cell, Column, Table

__all__ = ["WINDOW_NAMES", "abandonment", "legal_rates"]

#: What the windows are called.
WINDOW_NAMES: dict[WindowKind, str] = {
    "period": "30-day period",
    "month": "calendar month",
    "day": "day",
    "rolling_day": "last 24 hours",
    "rolling_30": "last 30 days",
}


def legal_rates(day: Day) -> tuple[WindowRate, ...]:
    """Every definition of abandonment over each of its windows (see `dialer.reports.legal`)."""
    meta, past = day.meta, day.past
    machine = past["amd_machine"] | past["result"].isin([str(CallResult.MACHINE), str(CallResult.FAX)])
    named = past["result"].isin([str(CallResult.HUMAN), str(CallResult.ABANDONED), str(CallResult.HUNG_UP_FIRST)])
    live = (past["answered_at"].notna() | named) & ~machine
    placed = micros(past["placed_at"])
    fates: dict[float, NDArray[np.int64]] = {}
    rates = []
    for cap in meta.caps:
        within = cap.connect_within + (meta.greeting if cap.after_greeting else 0.0)
        if within not in fates:
            in_time, _, abandoned = fate_of(past, live, within)
            fates[within] = np.column_stack((abandoned, in_time, machine)).astype(np.int64)
        for kind in cap.windows:
            for window in windows(kind, meta.tz, meta.first_day, meta.since, meta.until):
                begin, end = micros([window.since])[0], micros([window.until])[0]
                inside = (placed >= begin) & (placed < end)
                x, y, machines = (int(number) for number in fates[within][inside].sum(axis=0))
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


def abandonment(rates: tuple[WindowRate, ...], day: Day) -> Table:
    """The legal rates as a table; instants on the campaign's clock."""
    zone = day.meta.tz
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
    machines = day.meta.amd_false_positive_rate
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
