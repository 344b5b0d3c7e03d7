"""What is measured, section by section: each gives plain values for JSON, tables and plots."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from dialer.pacing import Decision, FloorView, PacingPolicy
from dialer.simulation.baselines import DEFAULTS, tunings
from dialer.simulation.driver import FloorCampaign
from dialer.simulation.floor import FloorRun
from dialer.simulation.measures import Trace
from dialer.simulation.presets import UNSTEADY, reference, unsteady
from dialer.simulation.scenario import Scenario
from pacing_study import targets
from pacing_study.cells import Bench, Case, Result
from pacing_study.contenders import CLAIRVOYANT, ISSABEL, PROGRESSIVE, Contender, product, ratio, vicidial
from pacing_study.rows import Size, best_ratios, best_vicidials, measure

__all__ = [
    "OURS",
    "ROWS",
    "cell_name",
    "decide_times",
    "frontier",
    "holds",
    "leads",
    "periods",
    "plain",
    "speed",
    "table",
    "trace",
    "unsteady_floors",
]

#: The product's rows of the table.
OURS = {
    "ours, no levers": product("no levers"),
    "ours, levers 1-3": product("levers 1-3"),
    "ours, levers 1-3, learned finish": product("levers 1-3, learned finish"),
    "ours at 1 %, no levers": product("no levers", 0.01),
    "ours at 1 %, levers 1-3": product("levers 1-3", 0.01),
    "ours at 1 %, levers 1-3, learned finish": product("levers 1-3, learned finish", 0.01),
}
_PLAIN = {
    "progressive 1:1": PROGRESSIVE,
    "VICIdial, defaults": vicidial(DEFAULTS),
    "Issabel": ISSABEL,
    "clairvoyant": CLAIRVOYANT,
}

#: All policies that need no tuning.
ROWS = (*_PLAIN, *OURS)

Table = dict[str, dict[str, Result]]


def cell_name(agents: int, answer_rate: float) -> str:
    """Name a cell of the table."""
    return f"N={agents} p={answer_rate:g}"


def table(
    bench: Bench,
    size: Size,
    cells: Sequence[tuple[int, float]],
    *,
    rows: Sequence[str] = ROWS,
    tuned: Size | None = None,
) -> Table:
    """Measure every policy in every cell, on the same people.

    Args:
        bench: runs the cases.
        size: how long.
        cells: agents and answer rate of each.
        rows: which policies.
        tuned: how long those are tuned and measured who need hindsight; None leaves them out.
    """
    floors = [reference(agents, rate) for agents, rate in cells]
    named = {row: each for row, each in {**_PLAIN, **OURS}.items() if row in rows}
    wanted = [(floor, contender) for floor in floors for contender in named.values()]
    results = iter(measure(bench, size, wanted))
    found: Table = {cell_name(*cell): {row: next(results) for row in named} for cell in cells}
    if tuned is not None:
        hindsight = {
            "ratio of all agents, tuned": best_ratios(bench, tuned, floors, ready_only=False),
            "ratio of ready agents, tuned": best_ratios(bench, tuned, floors, ready_only=True),
            "VICIdial, best of 156": best_vicidials(bench, tuned, floors),
        }
        for row, tuned_results in hindsight.items():
            for cell, result in zip(cells, tuned_results, strict=True):
                found[cell_name(*cell)][row] = result
    return found


def holds(found: Table, cells: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
    """Compare with the lines to hold, cell by cell; `distance` is positive where a line is met with room."""
    lines: list[dict[str, Any]] = []

    def enter(cell: str, line: str, got: float, need: float, unit: str, *, less: bool = False) -> None:
        distance = need - got if less else got - need
        values = {"cell": cell, "line": line, "got": got, "need": need, "unit": unit, "distance": distance}
        lines.append({**values, "met": distance >= 0})

    for agents, rate in cells:
        cell = cell_name(agents, rate)
        rows = found[cell]
        place = targets.AGENTS.index(agents) if agents in targets.AGENTS and rate in targets.ANSWER_RATES else None
        for row, slack in targets.HOLDS.items():
            if place is not None and row in rows:
                need = targets.TABLE[row][rate][place] - slack
                enter(cell, f"{row}: utilisation", 100 * rows[row]["utilisation"], need, "%")
        for row, contender in OURS.items():
            cap = 100 * contender.cap
            if row in rows:
                enter(cell, f"{row}: worst period", 100 * rows[row]["worst_period"], cap, "%", less=True)
        if not {"VICIdial, best of 156", "ours, levers 1-3"} <= rows.keys():
            continue
        share = targets.WAIT_SHARE_30 if agents >= 30 else targets.WAIT_SHARE
        wait = rows["ours, levers 1-3"]["mean_wait"] / rows["VICIdial, best of 156"]["mean_wait"]
        enter(cell, "wait with levers / best VICIdial's", wait, share, "", less=True)
        rival = 100 * max(rows[row]["utilisation"] for row in rows if row.endswith(("tuned", "of 156")))
        for row in OURS:
            if row.startswith("ours at 1 %") and row in rows:
                enter(cell, f"{row}: above every rival at 3 %", 100 * rows[row]["utilisation"], rival, "%")
    return lines


def unsteady_floors(
    bench: Bench,
    agents: Sequence[int],
    answer_rate: float,
    seeds: int,
    *,
    hours: float = 8.0,
    names: Sequence[str] = tuple(UNSTEADY),
    tuned: Size | None = None,
) -> dict[str, Table]:
    """Measure the floors that do not keep still: each seed is a campaign's first day, of 8 h.

    Args:
        bench: runs the cases.
        agents: sizes of floors.
        answer_rate: of those floors that say nothing of it.
        seeds: days, each with a fresh campaign.
        hours: of a day.
        names: which floors.
        tuned: how long to tune the rivals on the reference floor of that answer rate; None leaves them out.
    """
    named = {"progressive 1:1": PROGRESSIVE, **{row: each for row, each in OURS.items() if "1 %" not in row}}
    rivals: dict[int, dict[str, Contender]] = {count: {} for count in agents}
    if tuned is not None:
        still = [reference(count, answer_rate) for count in agents]
        by_name = {vicidial(each).name: vicidial(each) for each in tunings()}
        ratios = best_ratios(bench, tuned, still, ready_only=True)
        adaptive = best_vicidials(bench, tuned, still)
        for count, fixed, best in zip(agents, ratios, adaptive, strict=True):
            lines = float(fixed["contender"].split()[1])
            rivals[count]["ratio of ready agents, tuned before"] = ratio(lines, ready_only=True)
            rivals[count]["VICIdial, tuned before"] = by_name[best["contender"]]
    found: dict[str, Table] = {}
    for name in names:
        found[name] = {}
        for count in agents:
            floor = unsteady(name, count, answer_rate, hours=hours)
            size = Size(count * floor.hours, floor.hours, seeds if floor.hours == hours else 10 * seeds)  # whole days
            field = {**named, **rivals[count]}
            results = measure(bench, size, [(floor, contender) for contender in field.values()])
            found[name][f"N={count}"] = dict(zip(field, results, strict=True))
    return found


def leads(bench: Bench, size: Size, cells: Sequence[tuple[int, float]], spread: float = 1.0) -> Table:
    """Measure lever 4: people who differ (coefficient of variation `spread`), known or not."""
    found: Table = {}
    for agents, rate in cells:
        floor = reference(agents, rate)
        settings = floor.settings.model_copy(update={"lead_spread": spread})
        floor = replace(floor, name=f"{floor.name} spread={spread:g}", settings=settings)
        named = {
            "ours, levers 1-3, people alike": product("levers 1-3"),
            "ours, levers 1-3 and 4, people known": product("levers 1-3", estimates=True),
        }
        results = measure(bench, size, [(floor, contender) for contender in named.values()])
        found[cell_name(agents, rate)] = dict(zip(named, results, strict=True))
    return found


def frontier(bench: Bench, size: Size, agents: int, answer_rate: float) -> dict[str, list[Result]]:
    """Measure utilisation against abandonment: ratios, VICIdial's tunings, and the product at several caps."""
    floor = reference(agents, answer_rate)
    ratios = [ratio(1.0 * 1.25**step, ready_only=True) for step in range(13)]
    caps = (0.0025, 0.005, 0.01, 0.02, 0.03, 0.05)
    found: dict[str, list[Result]] = {
        "VICIdial, 156 tunings": measure(bench, size, [(floor, vicidial(each)) for each in tunings()], 1 / 8),
        "ratio of ready agents": measure(bench, size, [(floor, each) for each in ratios], 1 / 2),
    }
    for levers in ("no levers", "levers 1-3", "levers 1-3, learned finish"):
        wanted = [(floor, product(levers, cap)) for cap in caps]
        found[f"ours, {levers}"] = measure(bench, size, wanted)
    return found


def trace(agents: int, answer_rate: float, name: str = "swing ±60 % over 2 h") -> dict[str, Any]:
    """Follow one day of a floor that does not keep still, minute by minute."""
    found: dict[str, Any] = {"floor": name, "agents": agents, "answer_rate": answer_rate, "series": {}}
    for contender in (product("levers 1-3, learned finish"), PROGRESSIVE):
        points = Trace(every=120.0)
        floor = unsteady(name, agents, answer_rate).with_levers(contender.levers)
        FloorRun(floor, contender.policy, contender.make, points).run()
        found["series"][contender.name] = [list(point) for point in points.points]
    return found


def periods(
    bench: Bench, agents: int, answer_rate: float, seeds: int, days: int, contender: Contender, hours: float = 8.0
) -> dict[str, Any]:
    """Count the accounting periods that ended over the cap, one campaign a seed."""
    floor = reference(agents, answer_rate).lasting(days, hours)
    results = bench.run([Case(floor, contender, seed) for seed in range(1, seeds + 1)])
    rates = sorted((each["worst_period"] for each in results), reverse=True)
    used = np.array([each["utilisation"] for each in results])
    return {
        "agents": agents,
        "answer_rate": answer_rate,
        "contender": contender.name,
        "cap": contender.cap,
        "seeds": seeds,
        "days": days,
        "hours": hours,
        "periods": sum(each["periods"] for each in results),
        "periods_over": sum(each["periods_over"] for each in results),
        "worst_period": rates[0],
        "worst_running": max(each["worst_running"] for each in results),
        "rate": sum(each["abandoned"] for each in results)
        / max(1, sum(each["abandoned"] + each["served"] for each in results)),
        "utilisation": float(used.mean()),
        "utilisation_sd": float(used.std()),
        "answers": sum(each["abandoned"] + each["served"] for each in results),
        "cpu": round(sum(each["cpu"] for each in results), 1),
    }


class _Timed:
    """The product's pacer, its decisions timed by the CPU clock of this thread."""

    def __init__(self, policy: PacingPolicy, campaign: FloorCampaign, run: FloorRun) -> None:
        self._pacer = product("levers 1-3").make(policy, campaign, run)
        self.nanoseconds: list[int] = []
        self.lines: list[int] = []

    def decide(self, floor: FloorView) -> Decision:
        began = time.thread_time_ns()
        decision = self._pacer.decide(floor)
        self.nanoseconds.append(time.thread_time_ns() - began)
        self.lines.append(len(floor.in_flight))
        return decision

    def observe(self, outcome: Any) -> None:
        self._pacer.observe(outcome)


def decide_times(agents: Sequence[int], answer_rate: float, hours: float) -> dict[str, Any]:
    """Time `decide` (CPU ms) after every event of a floor with levers 1 to 3, in the second half of `hours`.

    The engine asks after every event here, whatever the size of the floor.
    """
    found: dict[str, Any] = {}
    for count in agents:
        contender = product("levers 1-3")
        floor: Scenario = replace(reference(count, answer_rate, levers=contender.levers), hours=hours, beat=0.0)
        run = FloorRun(floor, contender.policy, _Timed)
        began = time.process_time()
        run.run()
        spent = time.process_time() - began
        pacer = run.campaigns[0].pacer
        assert isinstance(pacer, _Timed)
        skip = len(pacer.nanoseconds) // 2
        took = np.array(pacer.nanoseconds[skip:]) / 1e6
        found[f"N={count}"] = {
            "decisions": len(took),
            "p50_ms": float(np.quantile(took, 0.5)),
            "p99_ms": float(np.quantile(took, 0.99)),
            "max_ms": float(took.max()),
            "mean_ms": float(took.mean()),
            "lines": float(np.mean(pacer.lines[skip:])),
            "share_of_run": float(sum(pacer.nanoseconds) / 1e9 / spent),
        }
    return found


def speed(agents: Sequence[int], answer_rates: Sequence[float], hours: float) -> dict[str, Any]:
    """Time whole floors with the product's pacer (levers 1 to 3) on one core, CPU seconds for `hours`."""
    found: dict[str, Any] = {}
    for count in agents:
        for rate in answer_rates:
            case = Case(reference(count, rate).lasting(1, hours), product("levers 1-3"), 1)
            result = case.run()
            found[cell_name(count, rate)] = {
                "cpu_s": result["cpu"],
                "hours": hours,
                "placed": result["placed"],
                "beat": case.scenario.pace,
            }
    return found


def plain(size: Size) -> dict[str, Any]:
    """Give a size as plain values."""
    return asdict(size)
