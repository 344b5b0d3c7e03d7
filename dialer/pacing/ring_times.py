"""When a call in flight is answered: a learned hazard by age, and Bayes for a call that still rings.

Theory of operation
-------------------
A call leaves the ring in one of two ways: a *person* answers, or it ends *otherwise* (machine, busy,
failed, nobody). Its age counts from the moment it was placed. Calls that we let go ourselves are
censored: they tell only that nothing happened until then. From the counts per half second of age
and the calls at risk we build the cumulative incidence of both ways (the Aalen-Johansen estimator,
1978) and divide out the answer probability that was in force, which leaves two shapes: G(a), the
share of answering people who answered by age a, and H(a), the share of other calls still in flight.

For a call with answer probability p that is in flight at age a, Bayes gives

    P(a person answers by a + t) = p (G(a + t) - G(a)) / (p (1 - G(a)) + (1 - p) H(a)),

so the longer it rings, the less it is worth. The prior is a lognormal ring of mean 13 s and
coefficient of variation 0.5, and machines, busy tones and a ring-out for the rest; it weighs as
much as a few dozen calls. Old calls are forgotten exponentially.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BIN", "BINS", "RingTimes"]

Floats = npt.NDArray[np.float64]

#: Width of one bin of age, seconds.
BIN = 0.5
#: Number of bins; older calls fall into the last one.
BINS = 160

_MEMORY = 6_000.0  # calls after which an observation weighs 1/e
_PRIOR_HUMANS = 60.0
_PRIOR_OTHERS = 120.0
_SMOOTH = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0  # answers are spread over neighbouring bins
_REFRESH, _REFRESH_SHARE = 60, 0.04  # calls between two rebuilds of the shapes: at least, and of the calls known


def _lognormal_cdf(x: Floats, mean: float, cv: float) -> Floats:
    sigma = math.sqrt(math.log1p(cv * cv))
    mu = math.log(mean) - 0.5 * sigma * sigma
    with np.errstate(divide="ignore"):
        z = (np.log(np.maximum(x, 0.0)) - mu) / sigma
    return np.array([0.5 * (1.0 + math.erf(v / math.sqrt(2.0))) for v in z])


class RingTimes:
    """The learned ring times of one campaign.

    Args:
        ring_timeout: seconds after which unanswered calls are given up; places the prior's ring-out.
    """

    def __init__(self, ring_timeout: float) -> None:
        edges = np.arange(BINS + 1, dtype=np.float64) * BIN
        human = np.diff(_lognormal_cdf(edges - 1.0, 12.0, 0.5)) * _PRIOR_HUMANS
        human[edges[:-1] > ring_timeout] = 0.0
        other = np.zeros(BINS)
        other[int(2.0 / BIN) : int(5.0 / BIN)] += 0.11 / (3.0 / BIN)
        other[int(17.0 / BIN) : int(25.0 / BIN)] += 0.28 / (8.0 / BIN)
        other[min(BINS - 1, int(ring_timeout / BIN))] += 0.61
        other *= _PRIOR_OTHERS
        self._human = human
        self._other = other
        self._risk = np.cumsum((human + other)[::-1])[::-1].copy()
        self._unit = 1.0  # weight of the next observation; grows instead of decaying every bin
        self._since_rebuild = 0
        #: Counts rebuilds, so that users of the shapes know when theirs are stale.
        self.version = 0
        self.answered: Floats = np.zeros(BINS + 1)
        self.others_left: Floats = np.ones(BINS + 1)
        self._rebuild()

    def observe(self, age: float, human: bool, censored: bool) -> None:
        """Learn from one call that left the ring at `age` seconds.

        Args:
            age: seconds from placing the call to its result.
            human: whether a person answered.
            censored: whether we let it go, so that nothing is known of what it would have become.
        """
        b = min(BINS - 1, max(0, int(age / BIN)))
        self._unit *= 1.0 + 1.0 / _MEMORY
        self._risk[: b + 1] += self._unit
        if human:
            self._human[b] += self._unit
        elif not censored:
            self._other[b] += self._unit
        self._since_rebuild += 1

    def refresh(self, in_flight: Sequence[int]) -> None:
        """Rebuild the shapes when enough was learned since the last time.

        Args:
            in_flight: ages in bins of the calls in flight. They are at risk, too: without them the
                first answers of a burst of calls would look like quick answers of a few calls.
        """
        known = self._risk[0] / self._unit
        if self._since_rebuild >= max(_REFRESH, _REFRESH_SHARE * known):
            self._rebuild(in_flight)

    def _rebuild(self, in_flight: Sequence[int] | None = None) -> None:
        if self._unit > 1e6:
            self._human = self._human / self._unit
            self._other = self._other / self._unit
            self._risk = self._risk / self._unit
            self._unit = 1.0
        risk = np.maximum(self._risk, 1e-9)
        if in_flight is not None:
            ages = np.bincount(np.minimum(np.array(in_flight, dtype=np.int64), BINS - 1), minlength=BINS)
            older = ages[::-1].cumsum()[::-1] - ages  # a call has survived the bins below its own
            risk = risk + older * self._unit
        to_human = np.minimum(np.convolve(self._human, _SMOOTH, "same") / risk, 1.0)
        to_other = np.minimum(self._other / risk, 1.0 - to_human)
        staying = np.concatenate(([1.0], np.cumprod(1.0 - to_human - to_other)))
        humans = np.concatenate(([0.0], np.cumsum(staying[:-1] * to_human)))
        others = np.concatenate(([0.0], np.cumsum(staying[:-1] * to_other)))
        self.answered = humans / max(humans[-1], 1e-12)
        self.others_left = np.maximum(1.0 - others / max(others[-1], 1e-12), 0.0)
        self._since_rebuild = 0
        self.version += 1

    def quantile(self, share: float) -> float:
        """Give the age in seconds by which `share` of the people who answer have answered."""
        return float(np.interp(share, self.answered, np.arange(BINS + 1) * BIN))

    def share_by(self, age: float) -> float:
        """Give the share of the people who answer that have answered by `age` seconds."""
        return float(np.interp(age / BIN, np.arange(BINS + 1), self.answered))

    def answers_by(self, p: float | Floats, bins: Floats, horizons: Floats) -> Floats:
        """Give the probability that a call in flight is answered within each horizon.

        Args:
            p: the answer probability, one number or one per call.
            bins: whole ages in bins, shape (m,), each within 0 .. BINS.
            horizons: seconds ahead, shape (k,).

        Returns:
            Shape (m, k).
        """
        ages = np.arange(BINS + 1, dtype=np.float64)
        at = np.minimum(bins + 0.5, BINS)
        g0 = np.interp(at, ages, self.answered)
        h0 = np.interp(at, ages, self.others_left)
        later = np.interp(np.minimum(at[:, None] + horizons[None, :] / BIN, BINS), ages, self.answered)
        # A millionth of doubt keeps calls older than any we have seen at "will not answer".
        alive = p * (1.0 - g0) + (1.0 - p) * h0 + 1e-6
        chance: Floats = (np.asarray(p / alive)[..., None] if np.ndim(p) else (p / alive)[:, None]) * (
            later - g0[:, None]
        )
        return np.clip(chance, 0.0, 1.0)

    def exposure(self, p: float) -> Floats:
        """Give the answers expected of one call up to each age, while its fate is unknown.

        The cumulative hazard of an answer; the answers seen minus the sum of these over all calls,
        each up to its own age, is a martingale, which is what `AnswerRate` tracks.

        Returns:
            Shape (BINS + 1,): the expected number of answers by the start of each bin.
        """
        alive = p * (1.0 - self.answered[:-1]) + (1.0 - p) * self.others_left[:-1]
        hazard = np.minimum(p * np.diff(self.answered) / np.maximum(alive, 1e-3), 1.0)
        return np.concatenate(([0.0], np.cumsum(hazard)))

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot."""
        return {
            "human": self._human.tolist(),
            "other": self._other.tolist(),
            "risk": self._risk.tolist(),
            "unit": self._unit,
            "since_rebuild": self._since_rebuild,
            "version": self.version,
            "answered": self.answered.tolist(),
            "others_left": self.others_left.tolist(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            ValueError: when the snapshot has another number of bins.
            KeyError: when a part is missing.
        """
        if len(state["human"]) != BINS:
            raise ValueError(f"ring times must have {BINS} bins, got {len(state['human'])!r}")
        self._human = np.array(state["human"], dtype=np.float64)
        self._other = np.array(state["other"], dtype=np.float64)
        self._risk = np.array(state["risk"], dtype=np.float64)
        self._unit = float(state["unit"])
        self._since_rebuild = int(state["since_rebuild"])
        self.version = int(state["version"])
        self.answered = np.array(state["answered"], dtype=np.float64)
        self.others_left = np.array(state["others_left"], dtype=np.float64)
