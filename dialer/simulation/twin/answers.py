"""What the twin answers: how many agents, how long the list lasts, what a lower cap costs; as tables and sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dialer.reports.values import Cell, Column, Table
from dialer.simulation.twin.replay import AsItWas
from dialer.simulation.twin.run import Outcome

__all__ = ["Answers", "answers_of", "as_dict", "table_of"]


@dataclass(frozen=True, slots=True)
class Answers:
    """The whole answer of one `dialer simulate`.

    Attributes:
        campaign: its name.
        title: what was simulated, in one line.
        sources: where people, agents and list come from.
        sentences: the answers in words.
        outcomes: one for each what-if.
        recorded: the day as the journal has it, when one was replayed.
    """

    campaign: str
    title: str
    sources: tuple[str, ...]
    sentences: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    recorded: AsItWas | None = None


def answers_of(
    campaign: str,
    title: str,
    sources: Sequence[str],
    outcomes: Sequence[Outcome],
    *,
    within: float | None = None,
    recorded: AsItWas | None = None,
) -> Answers:
    """Put the answers into words.

    Args:
        campaign: its name.
        title: what was simulated.
        sources: where people, agents and list come from.
        outcomes: one for each what-if, of which the first is the campaign as it is.
        within: open hours in which every lead is to be called once.
        recorded: the day that was replayed.
    """
    said = [*_list_lasts(outcomes[0]), *_agents_needed(outcomes, within), *_price_of_the_cap(outcomes)]
    if recorded is not None:
        said.append(_trust(outcomes[0], recorded))
    return Answers(campaign, title, tuple(sources), tuple(said), tuple(outcomes), recorded)


def _list_lasts(first: Outcome) -> list[str]:
    if first.leads_left is None:
        return []
    agents = first.what_if.agents
    if first.done_after is not None:
        return [f"With {agents} agents no lead is left after {first.done_after:.1f} open hours."]
    if first.first_pass is None:
        return [
            f"With {agents} agents {first.leads_left:,} leads may still be called after {first.hours:.1f} open hours."
        ]
    about = "" if first.untried_left == 0 else "about "
    return [
        f"With {agents} agents every lead has been called once after {about}{first.first_pass:.1f} open hours; "
        f"{first.leads_left:,} may still be called after {first.hours:.1f} h."
    ]


def _agents_needed(outcomes: Sequence[Outcome], within: float | None) -> list[str]:
    """The agents who get through the list in time: from the nearest floor that was simulated, work shared evenly."""
    head = outcomes[0].what_if
    same = [
        each
        for each in outcomes
        if each.first_pass
        and each.what_if.agents
        and (each.what_if.max_rate, each.what_if.policy) == (head.max_rate, head.policy)
    ]
    if within is None or not same:
        return []
    nearest = min(same, key=lambda each: abs(math.log((each.first_pass or 1.0) / within)))
    agents, first_pass = nearest.what_if.agents or 1, nearest.first_pass or 1.0
    if first_pass > within or agents == 1:
        needed = math.ceil(agents * first_pass / within - 1e-9)
    else:
        needed = max(1, math.ceil(agents * first_pass / within - 1e-9))
    how = "simulated" if needed == agents else f"reckoned from {agents} agents in {first_pass:.1f} h"
    return [f"To call every lead once within {within:g} open hours, about {needed} agents are needed ({how})."]


def _price_of_the_cap(outcomes: Sequence[Outcome]) -> list[str]:
    """For each floor that was simulated under two caps: what the stricter one costs."""
    said = []
    for loose in outcomes:
        for strict in outcomes:
            a, b = loose.what_if, strict.what_if
            if (a.agents, a.policy) != (b.agents, b.policy) or not b.max_rate < a.max_rate:
                continue
            lost = 100 * (loose.measures.utilisation - strict.measures.utilisation)
            talks = loose.measures.served - strict.measures.served
            who = f"{a.agents} agents" if a.agents is not None else "these agents"
            cost = (
                f"{lost:.1f} points of their time and {talks:,} of {loose.measures.served:,} talks"
                if lost >= 0.05
                else "no time"
            )
            said.append(
                f"{100 * b.max_rate:g} % instead of {100 * a.max_rate:g} % costs {who} {cost} "
                f"in {loose.hours:.1f} h ({a.policy})."
            )
    return said


def _trust(own: Outcome, recorded: AsItWas) -> str:
    return (
        f"As it was: {100 * recorded.utilisation:.1f} % busy, {100 * recorded.rate:.2f} % abandoned; "
        f"the twin of the same settings: {100 * own.measures.utilisation:.1f} % and {100 * own.measures.rate:.2f} %. "
        "The difference is what the twin does not know of that day."
    )


def table_of(answers: Answers) -> Table:
    """The outcomes as a table."""
    listed = any(each.leads_left is not None for each in answers.outcomes)
    columns = (
        Column("agents", "Agents", "count"),
        Column("cap", "Cap", "share"),
        Column("policy", "Policy", "text"),
        Column("utilisation", "Busy", "share"),
        Column("mean_wait", "Wait", "s"),
        Column("p95_wait", "95 % wait", "s"),
        Column("rate", "Abandoned", "share"),
        Column("placed", "Calls", "count"),
        Column("served", "Talks", "count"),
        Column("lines", "Lines, mean", "number"),
        *(
            (
                Column("first_pass", "All called", "h"),
                Column("untried_left", "Untried left", "count"),
                Column("leads_left", "Left", "count"),
            )
            if listed
            else ()
        ),
    )
    rows: list[tuple[Cell, ...]] = []
    if answers.recorded is not None:
        was = answers.recorded
        rows.append(
            (
                was.agents,
                None,
                "as it was",
                was.utilisation,
                was.mean_wait,
                None,
                was.rate,
                was.placed,
                was.served,
                None,
            )
        )
    for each in answers.outcomes:
        m, w = each.measures, each.what_if
        row: tuple[Cell, ...] = (
            w.agents, w.max_rate, w.policy, m.utilisation, m.mean_wait, m.p95_wait, m.rate, m.placed, m.served, m.lines,
        )  # fmt: skip
        rows.append((*row, each.first_pass, each.untried_left, each.leads_left) if listed else row)
    hours = answers.outcomes[0].hours if answers.outcomes else 0.0
    note = f"In {hours:.1f} open hours; all called: until every untried lead was called once; left: may still be called"
    return Table("outcomes", "What if", columns, tuple(rows), note if listed else f"In {hours:.1f} h of dialing")


def as_dict(answers: Answers) -> dict[str, Any]:
    """Give plain values for JSON."""
    table = table_of(answers)
    keys = [column.key for column in table.columns]
    return {
        "campaign": answers.campaign,
        "title": answers.title,
        "sources": list(answers.sources),
        "answers": list(answers.sentences),
        "outcomes": [dict(zip(keys, row, strict=True)) for row in table.rows],
        "dispositions": [each.codes for each in answers.outcomes],
    }
