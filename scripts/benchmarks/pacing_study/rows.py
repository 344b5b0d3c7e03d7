"""Contenders on one floor, pooled over seeds; and the tuning that hindsight allows to those who need it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dialer.simulation.baselines import tunings
from dialer.simulation.scenario import Scenario
from pacing_study.cells import Bench, Case, Result
from pacing_study.contenders import Contender, ratio, vicidial

__all__ = ["LEAST_HOURS", "Size", "best_ratios", "best_vicidials", "measure", "pooled"]

#: A tuning is good enough when all seeds together stay under this.
_CAP = 0.03
#: Of the share of the full size that a tuning is tried on: first, in between; and how many go on from there.
_FIRST_TRY, _SECOND_TRY = 1 / 30, 1 / 4
_SECOND_ROUND, _LAST_ROUND = 14, 4
#: The shortest day of a floor, and that of a try.
LEAST_HOURS, _LEAST_TRY = 1.0, 0.25
#: Noise that is forgiven in the tries.
_FIRST_SLACK, _SECOND_SLACK = 0.01, 0.002


@dataclass(frozen=True)
class Size:
    """How long each cell is simulated.

    Attributes:
        agent_hours: of all seeds together, at least; small floors are simulated longer than large ones.
        hours: of a working day; a floor that needs less than a day works a shorter one, of `LEAST_HOURS` at least.
        seeds: at least so many.
    """

    agent_hours: float = 4800.0
    hours: float = 8.0
    seeds: int = 2

    def plan(self, scenario: Scenario, share: float = 1.0) -> tuple[Scenario, range]:
        """Give the floor over its days, and the seeds: no seed lasts longer than one period of 30 days."""
        days = max(1, math.ceil(share * self.agent_hours / (self.hours * scenario.agents)))
        seeds = max(self.seeds if share == 1.0 else 1, math.ceil(days / 30))
        hours = self.hours
        if days == 1:
            least = LEAST_HOURS if share == 1.0 else _LEAST_TRY
            hours = min(hours, max(least, share * self.agent_hours / scenario.agents))
        return scenario.lasting(math.ceil(days / seeds), hours), range(1, seeds + 1)


def pooled(results: Sequence[Result]) -> Result:
    """Put the seeds of one contender together: shares weighted by what they are shares of."""
    answers = sum(each["served"] + each["abandoned"] for each in results)
    served = sum(each["served"] for each in results)
    hours = sum(each["signed_in"] for each in results)

    def weighted(field: str, weight: str, total: float) -> float:
        return sum(each[field] * each[weight] for each in results) / total if total else 0.0

    true_answers = sum(each["true_answers"] for each in results)
    return {
        "utilisation": weighted("utilisation", "signed_in", hours),
        "mean_wait": weighted("mean_wait", "served", served),
        "p95_wait": weighted("p95_wait", "served", served),
        "rate": sum(each["abandoned"] for each in results) / answers if answers else 0.0,
        "true_rate": sum(each["true_abandoned"] for each in results) / true_answers if true_answers else 0.0,
        "worst_period": max(each["worst_period"] for each in results),
        "worst_running": max(each["worst_running"] for each in results),
        "periods": sum(each["periods"] for each in results),
        "periods_over": sum(each["periods_over"] for each in results),
        "lines": weighted("lines", "signed_in", hours),
        "most_lines": max(each["most_lines"] for each in results),
        "placed": sum(each["placed"] for each in results),
        "released": sum(each["released"] for each in results),
        "served": served,
        "answers": answers,
        "signed_in": hours,
        "seeds": len(results),
        "cpu": round(sum(each["cpu"] for each in results), 1),
        "decisions": sum(each["decisions"] for each in results),
    }


def measure(bench: Bench, size: Size, wanted: Sequence[tuple[Scenario, Contender]], share: float = 1.0) -> list[Result]:
    """Run each contender on its floor with all seeds; one pooled result each, in the order given."""
    cases: list[Case] = []
    spans = []
    for scenario, contender in wanted:
        floor, seeds = size.plan(scenario, share)
        spans.append((len(cases), len(cases) + len(seeds)))
        cases += [Case(floor, contender, seed) for seed in seeds]
    results = bench.run(cases)
    return [
        {**pooled(results[begin:end]), "contender": contender.name}
        for (begin, end), (_, contender) in zip(spans, wanted, strict=True)
    ]


def best_ratios(bench: Bench, size: Size, floors: Sequence[Scenario], *, ready_only: bool) -> list[Result]:
    """Tune a fixed number of lines on every floor, by bisection on a quarter of the time, then on all of it."""
    low, high = [1.0] * len(floors), [25.0 if ready_only else 12.0] * len(floors)
    for _ in range(7):
        middle = [math.sqrt(a * b) for a, b in zip(low, high, strict=True)]
        tried = measure(
            bench,
            size,
            [(floor, ratio(lines, ready_only=ready_only)) for floor, lines in zip(floors, middle, strict=True)],
            _SECOND_TRY,
        )
        for index, result in enumerate(tried):
            if result["rate"] <= _CAP:
                low[index] = middle[index]
            else:
                high[index] = middle[index]
    around = (0.94, 0.97, 1.0, 1.03)
    wanted = [
        (floor, ratio(lines * factor, ready_only=ready_only))
        for floor, lines in zip(floors, low, strict=True)
        for factor in around
    ]
    results = measure(bench, size, wanted)
    return [_best(results[i : i + len(around)]) for i in range(0, len(results), len(around))]


def best_vicidials(bench: Bench, size: Size, floors: Sequence[Scenario]) -> list[Result]:
    """Find the best of 156 tunings for every floor: all on a short time, the better ones on more."""
    field = [[vicidial(tuning) for tuning in tunings()] for _ in floors]
    for share, slack, remaining in (
        (_FIRST_TRY, _FIRST_SLACK, _SECOND_ROUND),
        (_SECOND_TRY, _SECOND_SLACK, _LAST_ROUND),
    ):
        wanted = [(floor, each) for floor, entered in zip(floors, field, strict=True) for each in entered]
        results = iter(measure(bench, size, wanted, share))
        for index, entered in enumerate(field):
            tried = [(next(results), each) for each in entered]
            lawful = [(result, each) for result, each in tried if result["rate"] <= _CAP + slack]
            ranked = sorted(lawful or tried, key=lambda pair: -pair[0]["utilisation"])
            field[index] = [each for _, each in ranked[:remaining]]
    wanted = [(floor, each) for floor, entered in zip(floors, field, strict=True) for each in entered]
    results = iter(measure(bench, size, wanted))
    return [_best([next(results) for _ in entered]) for entered in field]


def _best(results: Sequence[Result]) -> Result:
    """The busiest that kept the cap; where none did, the one that passed it least."""
    lawful = [each for each in results if each["rate"] <= _CAP]
    if lawful:
        return max(lawful, key=lambda each: each["utilisation"])
    return min(results, key=lambda each: each["rate"])
