"""One look ahead over the whole floor: who will have answered and who will be free, and when.

Theory of operation
-------------------
A new call is answered at one of K instants, the middles of K equal shares of the learned ring time.
For each instant t the forecast lists, as trials of one Poisson-binomial (see `overload`), every busy
agent with the probability of *not* being free by t plus the allowed wait, every call in flight with
the probability of having been answered by t, and every waiting person who will get an agent. One
more column, `SOON` ahead, answers the question of the ringing calls: would an answer right now find
somebody?

Tables by age and elapsed time are rebuilt only when what they rest on moved; a look is then a few
additions per agent and call.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dialer.pacing.answer_rate import AnswerRate
from dialer.pacing.handle_times import TALK_ROWS, WRAP_ROWS, HandleTimes
from dialer.pacing.overload import add_trial, distribution, normal_tail, standard_normal_cdf, tail, use_exact
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.ring_times import BIN, BINS, RingTimes
from dialer.pacing.values import FloorView

__all__ = ["SOON", "Forecaster", "Look"]

Floats = npt.NDArray[np.float64]

#: Seconds ahead of the column that judges calls which are ringing now.
SOON = 0.5
_SHARES = 6
#: Up to this many agents the doubt about the answer rate is small beside chance, and sums may be exact.
_SMALL = 20
_MEMORY_LAG = 50.0
_MEMORY_FINISH = 40.0


class Look:
    """The overload probabilities of one floor at one instant.

    Columns: 0 is `SOON` ahead, 1.. are the instants at which a new call may be answered.

    Attributes:
        agents: agents present.
    """

    def __init__(
        self,
        agents: int,
        new_call: Floats,
        weights: Floats,
        *,
        moments: tuple[Floats, Floats, Floats],
        answers: Floats,
        doubt: float,
        trials: Floats | None,
    ) -> None:
        self.agents = agents
        self._new = new_call
        self._weights = weights
        self._mean, self._variance, self._third = moments
        self._answers, self._doubt = answers, doubt * doubt
        self._pmf = None if trials is None else distribution(trials)

    @property
    def answers_to_come(self) -> float:
        """Answers expected of the calls in flight by the last instant."""
        return float(self._answers[-1])

    def soon(self) -> float:
        """Give the probability that an answer just now finds nobody."""
        if self._pmf is not None:
            return float(tail(self._pmf[:1], self.agents)[0])
        return float(normal_tail(self._mean[:1], self._variance[:1], self._third[:1], self.agents)[0])

    def most_calls(self, threshold: float, limit: int) -> int:
        """Give how many calls to add while the next one's overload probability is under `threshold`."""
        if limit <= 0:
            return 0
        return self._most_exact(threshold, limit) if self._pmf is not None else self._most_normal(threshold, limit)

    def _most_exact(self, threshold: float, limit: int) -> int:
        assert self._pmf is not None
        pmf, new = self._pmf[1:], self._new[1:]
        for placed in range(limit):
            if float(self._weights @ tail(pmf, self.agents)) >= threshold:
                return placed
            pmf = add_trial(pmf[:, : self.agents], new)
        return limit

    def _most_normal(self, threshold: float, limit: int) -> int:
        q = self._new[1:]
        var = q * (1.0 - q)
        known = q * self._answers[1:]
        third = var * (1.0 - 2.0 * q)
        start = 0
        chunk = 8
        while start < limit:
            extra = np.arange(start, min(limit, start + chunk), dtype=np.float64)[:, None]
            index = (
                normal_tail(
                    self._mean[1:] + extra * q,
                    self._variance[1:] + extra * var + self._doubt * (2.0 * extra * known + (extra * q) ** 2),
                    self._third[1:] + extra * third,
                    self.agents,
                )
                @ self._weights
            )
            over = np.nonzero(index >= threshold)[0]
            if over.size:
                return start + int(over[0])
            start += chunk
            chunk = 64
        return limit


class Forecaster:
    """Everything learned about one campaign, and the looks ahead that rest on it."""

    def __init__(self, policy: PacingPolicy) -> None:
        self._policy = policy
        self.ring = RingTimes(policy.ring_timeout)
        self.rate = AnswerRate()
        self.handle = HandleTimes()
        #: Mean seconds from an answer to its report; eats into the allowed wait.
        self.lag = 0.0
        #: Standard deviation in seconds of the desk's `finishing_in`.
        self.finish_error = 1.0
        #: Calls that the present answer rate rests on, as of the last look.
        self.known_calls = 0.0
        self._promised: dict[str, float] = {}
        self._ring_key: tuple[int, float] = (-1, 0.0)
        self._handle_key: tuple[int, int, float] = (-1, -1, 0.0)
        self._horizons = np.zeros(1 + _SHARES)
        self._weights = np.full(_SHARES, 1.0 / _SHARES)
        self._early_weights = self._weights
        self._calls = np.zeros((BINS + 1, 1 + _SHARES))
        self._call_sums = np.zeros((BINS + 1, 3 * (1 + _SHARES)))
        self._exposure = np.zeros(BINS + 1)
        self._busy_talk = np.zeros((TALK_ROWS, 1 + _SHARES))
        self._busy_wrap = np.zeros((WRAP_ROWS, 1 + _SHARES))
        self._refresh_ring()

    # ------------------------------------------------------------------ learning

    def call_left_ring(self, age: float, human: bool, censored: bool, lag: float) -> None:
        """Learn from a call that left the ring at `age` seconds; `lag` is seconds from answer to report."""
        self.rate.observe(float(self._exposure[min(BINS, max(0, int(age / BIN)))]), human)
        self.ring.observe(age, human, censored)
        if human:
            self.lag += (min(max(lag, 0.0), 10.0) - self.lag) / _MEMORY_LAG

    def _refresh_ring(self) -> None:
        version, rate = self._ring_key
        now_rate = self.rate.rate
        if version == self.ring.version and abs(now_rate - rate) <= 0.02 * rate:
            return
        if version != self.ring.version:
            middles = [self.ring.quantile((k + 0.5) / _SHARES) for k in range(_SHARES)]
            self._horizons = np.array([SOON, *middles])
            self._weights = np.full(_SHARES, 1.0 / _SHARES)
            self._early_weights = self._weights.copy()
            if self._policy.release_ringing:
                # An answer after min_ring happens only if we let it, so it costs nothing.
                self._early_weights[np.array(middles) > self._policy.min_ring + 1.0] = 0.0
        calls = self.ring.answers_by(now_rate, np.arange(BINS + 1, dtype=np.float64), self._horizons)
        spread = calls * (1.0 - calls)
        self._calls = calls
        self._call_sums = np.hstack((calls, spread, spread * (1.0 - 2.0 * calls)))
        self._exposure = self.ring.exposure(now_rate) / now_rate
        self._ring_key = (self.ring.version, now_rate)

    def _refresh_handle(self, agents: int, talking: list[float], wrapping: list[float]) -> None:
        version, ring, lag = self._handle_key
        stale = self.handle.version - version > max(3, agents // 8)
        if version >= 0 and not stale and ring == self.ring.version and abs(lag - self.lag) < 0.2:
            return
        wait = max(0.0, self._policy.allowed_wait - self.lag)
        talk, wrap = self.handle.free_within(self._horizons + wait, talking, wrapping)
        self._busy_talk, self._busy_wrap = 1.0 - talk, 1.0 - wrap
        self._handle_key = (self.handle.version, self.ring.version, self.lag)

    def _check_promises(self, floor: FloorView) -> None:
        """Learn how far the desk's forecasts of a finish are off, from agents who became ready."""
        promised = self._promised
        seen: dict[str, float] = {}
        now = floor.now
        for agent in floor.agents:
            if agent.state == "ready":
                due = promised.get(agent.agent_id)
                if due is not None:
                    off = min(abs(agent.since - due), 20.0)
                    variance = self.finish_error**2
                    self.finish_error = math.sqrt(variance + (off * off - variance) / _MEMORY_FINISH)
            elif agent.finishing_in is not None:
                seen[agent.agent_id] = promised.get(agent.agent_id, now + max(agent.finishing_in, 0.0))
        self._promised = seen

    # ------------------------------------------------------------------ looking

    def call_bins(self, floor: FloorView) -> npt.NDArray[np.int64]:
        """Give the age of every call in flight in bins, each within 0 .. BINS."""
        now = floor.now
        ages = np.array([now - call.placed_at for call in floor.in_flight], dtype=np.float64)
        return np.minimum(np.maximum(ages / BIN, 0.0), float(BINS)).astype(np.int64)

    def look(self, floor: FloorView) -> Look:
        """Look ahead over the floor, after bringing the answer rate up to date."""
        now = floor.now
        bins = self.call_bins(floor)
        before = float(self._exposure[bins].sum())
        self.ring.refresh(bins)
        self._refresh_ring()
        exposed = float(self._exposure[bins].sum())
        self.rate.rebase(exposed - before)
        self.known_calls = self.rate.known_calls(exposed)
        if self.rate.update(exposed):
            self._refresh_ring()
            self.rate.rebase(float(self._exposure[bins].sum()) - exposed)

        talking: list[float] = []
        wrapping: list[float] = []
        finishing: list[float] = []
        ready = 0
        for agent in floor.agents:
            state = agent.state
            if state == "ready":
                ready += 1
            elif agent.finishing_in is not None:
                finishing.append(agent.finishing_in)
            elif state == "talking":
                talking.append(now - agent.since)
            elif state == "wrap_up":
                wrapping.append(now - agent.since)
            else:
                talking.append(0.0)
        agents = len(floor.agents)
        self._refresh_handle(agents, talking, wrapping)
        if finishing or self._promised:
            self._check_promises(floor)

        busy = [
            self._busy_talk[_rows(talking, TALK_ROWS)],
            self._busy_wrap[_rows(wrapping, WRAP_ROWS)],
        ]
        if finishing:
            wait = max(0.0, self._policy.allowed_wait - self.lag)
            due = np.maximum(np.array(finishing), 0.0)[:, None]
            busy.append(1.0 - standard_normal_cdf((self._horizons + wait - due) / max(self.finish_error, 0.1)))
        held = np.vstack(busy)
        if floor.waiting:
            held = np.vstack((held, self._waiting_rows(floor, ready, held)))

        estimates = [call.answer_probability for call in floor.in_flight]
        listed = estimates.count(None) < len(estimates)
        calls = self._listed_calls(floor, bins) if listed else None
        spread = held * (1.0 - held)
        held_mean, variance = held.sum(axis=0), spread.sum(axis=0)
        mean = held_mean
        third = (spread * (1.0 - 2.0 * held)).sum(axis=0)
        if calls is None:
            sums = np.bincount(bins, minlength=BINS + 1) @ self._call_sums
            k = 1 + _SHARES
            mean, variance, third = mean + sums[:k], variance + sums[k : 2 * k], third + sums[2 * k :]
        else:
            more = calls * (1.0 - calls)
            mean, variance = mean + calls.sum(axis=0), variance + more.sum(axis=0)
            third = third + (more * (1.0 - 2.0 * calls)).sum(axis=0)
        exact = agents <= _SMALL and use_exact(held.shape[0] + len(bins), float(variance[1:].min()))
        answers = mean - held_mean
        doubt = (answers * self.rate.relative_error) ** 2
        variance = variance + doubt
        trials = None
        if exact:
            trials = np.vstack((held, self._calls[bins] if calls is None else calls))
        # A large floor would flood itself with calls to let go; a small one needs every chance.
        weights = self._early_weights if agents <= _SMALL else self._weights
        return Look(
            agents,
            self._calls[0],
            weights,
            moments=(mean, variance, third),
            answers=answers,
            doubt=self.rate.relative_error,
            trials=trials,
        )

    def _waiting_rows(self, floor: FloorView, ready: int, busy: Floats) -> Floats:
        """A waiting person takes an agent only if one is free in time; the others will be lost."""
        soon_free = ready + float((1.0 - busy[:, 0]).sum())
        share = min(1.0, soon_free / len(floor.waiting))
        return np.full((len(floor.waiting), 1 + _SHARES), share)

    def _listed_calls(self, floor: FloorView, bins: npt.NDArray[np.int64]) -> Floats:
        """Answer probabilities where leads carry their own estimate (others take the tracked rate)."""
        rate = self.rate.rate
        p = np.array([rate if c.answer_probability is None else c.answer_probability for c in floor.in_flight])
        return self.ring.answers_by(p, bins.astype(np.float64), self._horizons)

    # ------------------------------------------------------------------ snapshot

    def _rebuild(self) -> None:
        self._ring_key, self._handle_key = (-1, 0.0), (-1, -1, 0.0)
        self._refresh_ring()

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot of all that was learned.

        The tables are not part of it; this forecaster rebuilds its own, too, so that it and one
        made from the snapshot go on alike.
        """
        self._rebuild()
        return {
            "ring": self.ring.to_state(),
            "rate": self.rate.to_state(),
            "handle": self.handle.to_state(),
            "lag": self.lag,
            "finish_error": self.finish_error,
            "promised": dict(self._promised),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            KeyError: when a part is missing.
        """
        self.ring.load(state["ring"])
        self.rate.load(state["rate"])
        self.handle.load(state["handle"])
        self.lag = float(state["lag"])
        self.finish_error = float(state["finish_error"])
        self._promised = dict(state["promised"])
        self._rebuild()


def _rows(elapsed: list[float], rows: int) -> npt.NDArray[np.int64]:
    """Table rows of the agents who have been at it for `elapsed` seconds."""
    seconds = np.minimum(np.maximum(np.array(elapsed, dtype=np.float64), 0.0), rows - 1.0)
    return seconds.astype(np.int64)
