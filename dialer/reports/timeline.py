"""The tables of a report that run over time. Rows with nothing in them at both ends are left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dialer.reports.calls import Day
from dialer.reports.floor import bin_edges, micros, seconds_between
from dialer.reports.legal import clopper_pearson, windows
from dialer.reports.values import Cell, Column, Table, ratio

__all__ = ["COUNTED", "COUNT_COLUMNS", "agent_time", "by_hour", "campaign_health", "pace"]

#: What calls are counted by, and the columns these counts are shown in (contacts come last).
COUNTED = ("answered", "machine", "live", "in_time", "abandoned", "hung_up_first")
COUNT_COLUMNS = (
    Column("answered", "Answered"),
    Column("machines", "Machines"),
    Column("live", "Live"),
    Column("in_time", "In time"),
    Column("abandoned", "Abandoned"),
    Column("hung_up_first", "Hung up first"),
    Column("contacts", "Contacts"),
)


def _instant(micro: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micro))


def _wall(at: datetime, day: Day, *, with_day: bool) -> str:
    """The clock of the campaign's zone, with the day where the report is longer than one."""
    return at.astimezone(day.meta.tz).strftime("%a %d %b %H:%M" if with_day else "%H:%M")


def _per_bin(instants: pd.Series, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the instants fall into each bin."""
    place = np.searchsorted(edges, micros(instants), side="right") - 1
    return np.bincount(place, minlength=len(edges) - 1)[: len(edges) - 1]


def _busy(*weights: NDArray[Any]) -> range:
    """The bins from the first with anything in it to the last."""
    used = np.flatnonzero(np.sum([np.asarray(weight, dtype=float) for weight in weights], axis=0) > 0)
    return range(int(used[0]), int(used[-1]) + 1) if len(used) else range(0)


def by_hour(day: Day) -> Table:
    """Calls by the hour of the campaign's clock at the dial; by day when longer than four days."""
    meta, calls = day.meta, day.calls
    long = meta.until - meta.since > timedelta(days=4)
    here = meta.since.astimezone(meta.tz)
    start = here.replace(minute=0, second=0, microsecond=0)
    if long:
        edges = micros([w.since for w in windows("day", meta.tz, meta.since, meta.since, meta.until)] + [meta.until])
    else:
        edges = bin_edges(start.astimezone(UTC), meta.until, timedelta(hours=1))
    dials = _per_bin(calls["placed_at"], edges)
    counts = {name: _per_bin(calls.loc[calls[name], "placed_at"], edges) for name in COUNTED}
    contacts = _per_bin(day.contacts.loc[day.contacts["contact"], "placed_at"], edges)
    present = seconds_between(micros(day.stays["start"]), micros(day.stays["end"]), edges)
    rows: list[tuple[Cell, ...]] = []
    total_x = total_y = 0
    for i in _busy(dials, present):
        at, x, y = _instant(edges[i]), int(counts["abandoned"][i]), int(counts["in_time"][i])
        total_x, total_y = total_x + x, total_y + y
        low, high = clopper_pearson(x, x + y) or (None, None)
        live = int(counts["live"][i])
        rows.append(
            (
                at,
                at.astimezone(meta.tz).strftime("%a %d %b") if long else _wall(at, day, with_day=_days(day) > 1),
                int(dials[i]),
                *(int(counts[name][i]) for name in COUNTED),
                int(contacts[i]),
                ratio(live, int(dials[i])),
                ratio(x, x + y),
                low,
                high,
                ratio(total_x, total_x + total_y),
            )
        )
    columns = (
        Column("utc", "UTC", "instant"),
        Column("local", f"Clock in {meta.zone}", "text"),
        Column("dials", "Dials"),
        *COUNT_COLUMNS,
        Column("live_answer_rate", "Live answer rate", "share"),
        Column("abandonment_rate", "Abandonment", "share"),
        Column("low", "95 % low", "share"),
        Column("high", "95 % high", "share"),
        Column("cumulative", "Abandonment so far", "share"),
    )
    return Table("by_hour", "By day" if long else "By hour", columns, tuple(rows), "By the instant of the dial.")


def _days(day: Day) -> int:
    """How many calendar days of the campaign's zone the report touches."""
    last = (day.meta.until - timedelta(microseconds=1)).astimezone(day.meta.tz).date()
    return (last - day.meta.since.astimezone(day.meta.tz).date()).days + 1


def pace(day: Day) -> Table:
    """Dials per minute, lines in use and agents signed in, over the day."""
    edges = bin_edges(day.meta.since, day.meta.until)
    minutes = np.diff(edges) / 60e6
    dials = _per_bin(day.calls["placed_at"], edges)
    ended = day.calls["ended_at"].fillna(day.meta.until)
    lines = seconds_between(micros(day.calls["placed_at"]), micros(ended), edges) / 60 / minutes
    agents = seconds_between(micros(day.stays["start"]), micros(day.stays["end"]), edges) / 60 / minutes
    rows = tuple(
        (
            _instant(edges[i]),
            _wall(_instant(edges[i]), day, with_day=_days(day) > 1),
            float(dials[i] / minutes[i]),
            float(lines[i]),
            float(agents[i]),
        )
        for i in _busy(dials, lines, agents)
    )
    columns = (
        Column("utc", "UTC", "instant"),
        Column("local", f"Clock in {day.meta.zone}", "text"),
        Column("dials_per_minute", "Dials per minute", "per_minute"),
        Column("lines", "Lines in use, mean", "number"),
        Column("agents", "Agents signed in, mean", "number"),
    )
    return Table("pace", "Pace", columns, rows, f"Means over {minutes[0]:g} minutes.")


def agent_time(day: Day) -> Table:
    """What the signed-in agents did: shares of talk, wrap, ready (being joined included) and pause."""
    edges = bin_edges(day.meta.since, day.meta.until)
    groups = {
        "talk": ("talking",),
        "wrap": ("wrap_up",),
        "ready": ("ready", "reserved"),
        "pause": ("paused",),
    }
    spent = {}
    for name, states in groups.items():
        mine = day.stays[day.stays["state"].isin(states)]
        spent[name] = seconds_between(micros(mine["start"]), micros(mine["end"]), edges)
    total = np.sum(list(spent.values()), axis=0)
    rows: list[tuple[Cell, ...]] = []
    for i in _busy(total):
        at = _instant(edges[i])
        shares = [ratio(float(spent[name][i]), float(total[i])) for name in groups]
        busy = float(spent["talk"][i] + spent["wrap"][i])
        occupancy = ratio(busy, busy + float(spent["ready"][i]))
        rows.append((at, _wall(at, day, with_day=_days(day) > 1), float(total[i] / 3600), *shares, occupancy))
    columns = (
        Column("utc", "UTC", "instant"),
        Column("local", f"Clock in {day.meta.zone}", "text"),
        Column("hours", "Signed-in time", "h"),
        Column("talk", "Talk", "share"),
        Column("wrap", "Wrap-up", "share"),
        Column("ready", "Ready", "share"),
        Column("pause", "Pause", "share"),
        Column("occupancy", "Occupancy", "share"),
    )
    return Table("agent_time", "Agents' time", columns, tuple(rows), "Shares of the time signed in.")


def campaign_health(day: Day) -> Table:
    """What the campaign was doing since when, and why it was not dialing."""
    zone = day.meta.tz
    rows = tuple(
        (
            stay["start"].to_pydatetime().astimezone(zone),
            stay["end"].to_pydatetime().astimezone(zone),
            str(stay["state"]).replace("_", " "),
            float(stay["seconds"]) / 3600,
            "" if pd.isna(stay["why"]) else str(stay["why"]),
        )
        for stay in day.health.to_dict("records")
    )
    columns = (
        Column("since", "From", "instant"),
        Column("until", "Until", "instant"),
        Column("state", "State", "text"),
        Column("hours", "For", "h"),
        Column("why", "Why", "text"),
    )
    return Table("health", "Dialing, or why not", columns, rows)
