"""How figures are written down: what the letters mean, and the two ways to register a figure's function.

Within a formula what nobody knows is not-a-number, so that the formula can be written plainly; the figure made of it
has the value None.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

from dialer.reports.tally import Tally
from dialer.reports.values import Kpi, Unit, ratio

__all__ = ["DEFINITIONS", "REGISTERED", "Figure", "ratio_figure", "value_figure"]

#: What the letters of the formulas mean, for people.
DEFINITIONS: tuple[tuple[str, str], ...] = (
    ("D", "dials: calls placed with the carrier in the report's time"),
    ("A", "answered: by a person, a machine or a fax"),
    ("M", "answered by a machine or a fax, as far as detection and agents know"),
    ("H", "live: answered by a person, A - M"),
    ("B", "live and joined to an agent within 2 s of the end of the person's greeting"),
    ("X", "live and not joined within that time; unknown outcomes and dialer faults count here"),
    ("hung up first", "live, and left before that time was over and before an agent came: neither B nor X"),
    ("C", "contacts: calls whose last disposition carries the flag contact"),
    ("R", "right party: calls whose last disposition carries the flag right_party"),
    ("S", "conversions: calls whose last disposition carries the flag conversion"),
    ("P", "promises to pay: calls whose last disposition carries the flag promise"),
    ("K", "promises of these calls that were paid in full by their due date and the days of grace"),
    ("P due", "promises of these calls whose due date and days of grace are over"),
    ("L", "leads of the campaign"),
    ("talk", "time in conversation, hold included"),
    ("wrap", "time spent on the record after the conversation"),
    ("ready", "time waiting for a call, the moment of being joined included"),
    ("pause", "time signed in but not available"),
    ("calls", "calls that an agent was joined to"),
)

#: A figure: from what was counted to one `Kpi`.
Figure = Callable[[Tally], Kpi]

#: Every figure, in the order in which they were written.
REGISTERED: list[Figure] = []


def _note(function: Callable[..., object]) -> str:
    """The function's docstring on one line."""
    return " ".join((function.__doc__ or "").split())


def _known(value: float | None) -> float | None:
    """The value; None for not-a-number."""
    return None if value is None or isnan(value) else value


def value_figure(
    key: str, label: str, unit: Unit, formula: str, group: str
) -> Callable[[Callable[[Tally], float | None]], Figure]:
    """Register a function that returns a figure as it is."""

    def register(function: Callable[[Tally], float | None]) -> Figure:
        def figure(tally: Tally) -> Kpi:
            return Kpi(key, label, _known(function(tally)), unit, formula, note=_note(function), group=group)

        figure.__name__, figure.__doc__ = function.__name__, function.__doc__
        REGISTERED.append(figure)
        return figure

    return register


def ratio_figure(
    key: str, label: str, unit: Unit, formula: str, group: str
) -> Callable[[Callable[[Tally], tuple[float | None, float]]], Figure]:
    """Register a function that returns numerator and denominator; a numerator of None is unknown."""

    def register(function: Callable[[Tally], tuple[float | None, float]]) -> Figure:
        def figure(tally: Tally) -> Kpi:
            found = function(tally)
            top, bottom = _known(found[0]), _known(found[1])
            value = None if top is None or bottom is None else ratio(top, bottom)
            return Kpi(key, label, value, unit, formula, top, bottom, _note(function), group)

        figure.__name__, figure.__doc__ = function.__name__, function.__doc__
        REGISTERED.append(figure)
        return figure

    return register
