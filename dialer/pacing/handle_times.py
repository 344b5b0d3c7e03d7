"""When a busy agent is free again: the residual of the learned talk and wrap-up times.

Theory of operation
-------------------
Talk and wrap-up each have a piecewise-constant hazard over elapsed time. A bin's hazard is
completions over seconds at risk, drawn towards the prior lognormal's hazard (mean 120 s and
coefficient of variation 1 for talk, 15 s and 0.5 for wrap-up) by a few pseudo-completions, times one
common factor with a short memory (completions seen over completions expected) that follows a
floor whose calls become longer or shorter. Agents still busy are at risk too and are counted when
the tables are rebuilt, so that a campaign's first minutes, in which only short calls have ended,
do not look like a campaign of short calls (the usual treatment of right-censored data).

With talk density f, wrap-up distribution W and survivor function S, an agent who has talked for
e seconds is free within t with probability  integral over u in (e, e+t) of f(u) W(e+t-u) du / S(e);
an agent in wrap-up with  1 - S_w(e+t)/S_w(e). Units are seconds throughout.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["TALK_ROWS", "WRAP_ROWS", "HandleTimes"]

Floats = npt.NDArray[np.float64]

#: Rows of the talk table: one per second of elapsed talk; the last stands for all longer calls.
TALK_ROWS = 900
#: Rows of the wrap-up table: one per second of elapsed wrap-up.
WRAP_ROWS = 240

_MEMORY = 800.0  # completions after which a bin's observation weighs 1/e
_FACTOR_MEMORY = 60.0  # the same for the common factor
_FACTOR_PRIOR = 12.0
_BIN_PRIOR = 4.0  # pseudo-completions that hold a bin at the prior hazard

_TALK_EDGES = (0, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 130, 160, 200, 250, 300, 360, 450, 600, 900, 1800)
_WRAP_EDGES = (0, 2, 4, 6, 8, 10, 12, 15, 18, 22, 26, 30, 40, 60, 120, 240, 600)


def _lognormal_survivor(x: Floats, mean: float, cv: float) -> Floats:
    sigma = math.sqrt(math.log1p(cv * cv))
    mu = math.log(mean) - 0.5 * sigma * sigma
    return np.array([0.5 * math.erfc((math.log(v) - mu) / (sigma * math.sqrt(2.0))) if v > 0 else 1.0 for v in x])


class _Duration:
    """One learned duration: piecewise-constant hazards on fixed edges, the last bin open."""

    def __init__(self, edges: Sequence[int], mean: float, cv: float) -> None:
        self.edges = np.array(edges, dtype=np.float64)
        survivor = np.maximum(_lognormal_survivor(self.edges, mean, cv), 1e-12)
        hazards = -np.diff(np.log(survivor)) / np.diff(self.edges)
        self.prior = np.append(hazards, hazards[-1])
        self.done = np.zeros(len(edges))
        self.at_risk = np.zeros(len(edges))
        self.unit = 1.0
        self.seen = 0.0
        self.expected = 0.0

    def hazards(self, busy: Floats | None = None) -> Floats:
        """Hazard per second in each bin, without the common factor; `busy` adds seconds at risk."""
        at_risk = self.at_risk if busy is None else self.at_risk + busy * self.unit
        strength = _BIN_PRIOR * self.unit
        learned: Floats = (self.done + strength) / (at_risk + strength / self.prior)
        return learned

    def spent(self, duration: float) -> Floats:
        """Seconds that `duration` spends in each bin."""
        widths = np.append(np.diff(self.edges), np.inf)
        spent: Floats = np.clip(duration - self.edges, 0.0, widths)
        return spent

    def observe(self, duration: float) -> None:
        spent = self.spent(duration)
        expected = float((spent * self.hazards()).sum())
        keep = 1.0 - 1.0 / _FACTOR_MEMORY
        self.seen = self.seen * keep + 1.0
        self.expected = self.expected * keep + expected
        self.unit *= 1.0 + 1.0 / _MEMORY
        self.done[int(np.searchsorted(self.edges, duration, side="right")) - 1] += self.unit
        self.at_risk += spent * self.unit
        if self.unit > 1e6:
            self.done /= self.unit
            self.at_risk /= self.unit
            self.unit = 1.0

    def survivor(self, seconds: int, busy: Floats | None = None) -> Floats:
        """Survivor function at 0, 1, ..., `seconds`."""
        hazards = self.hazards(busy)
        expected = self.expected
        if busy is not None:
            expected += float((busy * hazards).sum())
        factor = (self.seen + _FACTOR_PRIOR) / (expected + _FACTOR_PRIOR)
        middle = np.arange(seconds) + 0.5
        per_second = hazards[np.searchsorted(self.edges, middle, side="right") - 1] * factor
        return np.exp(-np.concatenate(([0.0], np.cumsum(per_second))))

    def to_state(self) -> dict[str, Any]:
        return {
            "done": self.done.tolist(),
            "at_risk": self.at_risk.tolist(),
            "unit": self.unit,
            "seen": self.seen,
            "expected": self.expected,
        }

    def load(self, state: dict[str, Any]) -> None:
        if len(state["done"]) != len(self.done):
            raise ValueError(f"durations must have {len(self.done)} bins, got {len(state['done'])!r}")
        self.done = np.array(state["done"], dtype=np.float64)
        self.at_risk = np.array(state["at_risk"], dtype=np.float64)
        self.unit, self.seen, self.expected = (float(state[k]) for k in ("unit", "seen", "expected"))


class HandleTimes:
    """The learned handle times of one campaign's agents."""

    def __init__(self) -> None:
        self._talk = _Duration(_TALK_EDGES, 120.0, 1.0)
        self._wrap = _Duration(_WRAP_EDGES, 15.0, 0.5)
        #: Counts observations, so that users of the tables know when theirs are stale.
        self.version = 0

    def observe(self, talk: float, wrap_up: float) -> None:
        """Learn from one finished call: `talk` and `wrap_up` in seconds."""
        self._talk.observe(talk)
        self._wrap.observe(wrap_up)
        self.version += 1

    def free_within(
        self, horizons: Floats, talking: Sequence[float] | Floats = (), wrapping: Sequence[float] | Floats = ()
    ) -> tuple[Floats, Floats]:
        """Give the probability of being free within each horizon, by elapsed time and state.

        Args:
            horizons: seconds ahead, shape (k,).
            talking: seconds each agent on a call has talked so far (they are at risk, too).
            wrapping: seconds each agent in wrap-up has spent there so far.

        Returns:
            Two tables, shapes (TALK_ROWS, k) and (WRAP_ROWS, k), one row per elapsed second.
        """
        reach = math.ceil(float(horizons.max(initial=0.0))) + 1
        talk = self._talk.survivor(TALK_ROWS + reach, _sum_spent(self._talk, talking))
        wrap = self._wrap.survivor(WRAP_ROWS + reach, _sum_spent(self._wrap, wrapping))
        density = -np.diff(talk)
        wrapped = 1.0 - wrap
        seconds = np.arange(wrap.size, dtype=np.float64)
        talk_table = np.empty((TALK_ROWS, horizons.size))
        wrap_table = np.empty((WRAP_ROWS, horizons.size))
        alive = np.maximum(talk[:TALK_ROWS], 1e-12)
        alive_wrap = np.maximum(wrap[:WRAP_ROWS], 1e-12)
        for k, t in enumerate(horizons):
            # The call ends during second j from now (at its middle); the rest of t is for wrap-up.
            rest = np.interp(np.maximum(t - np.arange(math.ceil(t)) - 0.5, 0.0), seconds, wrapped)
            ends = np.correlate(density[: TALK_ROWS + rest.size - 1], rest, "valid") if rest.size else 0.0
            talk_table[:, k] = ends / alive
            wrap_table[:, k] = 1.0 - np.interp(np.arange(WRAP_ROWS) + t, seconds, wrap) / alive_wrap
        return np.clip(talk_table, 0.0, 1.0), np.clip(wrap_table, 0.0, 1.0)

    def mean(self) -> float:
        """Give the mean handle time in seconds (talk and wrap-up), cut at the tables' length."""
        return float(self._talk.survivor(3600).sum() + self._wrap.survivor(600).sum() - 1.0)

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot."""
        return {"talk": self._talk.to_state(), "wrap": self._wrap.to_state(), "version": self.version}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            ValueError: when the snapshot has another number of bins.
            KeyError: when a part is missing.
        """
        self._talk.load(state["talk"])
        self._wrap.load(state["wrap"])
        self.version = int(state["version"])


def _sum_spent(duration: _Duration, elapsed: Sequence[float] | Floats) -> Floats | None:
    if not len(elapsed):
        return None
    ages = np.asarray(elapsed, dtype=np.float64)
    widths = np.append(np.diff(duration.edges), np.inf)
    total: Floats = np.clip(ages[:, None] - duration.edges[None, :], 0.0, widths[None, :]).sum(axis=0)
    return total
