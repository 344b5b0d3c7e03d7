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
from dialer.pacing.look import Look
from dialer.pacing.overload import standard_normal_cdf, use_exact
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.ring_times import BIN, BINS, RingTimes
from dialer.pacing.values import AgentView, FloorView

__all__ = ["SOON", "Forecaster"]

Floats = npt.NDArray[np.float64]

#: Seconds ahead of the column that judges calls which are ringing now.
SOON = 0.5
_SHARES = 6
_COLUMNS = 1 + _SHARES
#: Up to this many trials, adding up their rows is quicker than counting them by row.
_FEW = 160
#: Up to this many agents the doubt about the answer rate is small beside chance, and sums may be exact.
_SMALL = 20
#: Instants that moved by less than this many seconds stay where they were, and the tables with them.
_SAME_INSTANT = 0.15
_MEMORY_LAG = 50.0
_MEMORY_FINISH = 40.0


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
        self._horizons = np.zeros(_COLUMNS)
        self._horizons_version = 0
        self._weights = np.full(_SHARES, 1.0 / _SHARES)
        self._early_weights = self._weights
        # Tables of probabilities with their variances and third moments beside them.
        self._calls = np.zeros((BINS + 1, 3 * _COLUMNS))
        self._exposure = np.zeros(BINS + 1)
        self._busy = np.zeros((TALK_ROWS + WRAP_ROWS, 3 * _COLUMNS))
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
            horizons = np.array([SOON, *(self.ring.quantile((k + 0.5) / _SHARES) for k in range(_SHARES))])
            if np.abs(horizons - self._horizons).max() > _SAME_INSTANT:
                self._horizons = horizons
                self._horizons_version += 1
            self._early_weights = self._weights.copy()
            if self._policy.release_ringing:
                # An answer after min_ring happens only if we let it, so it costs nothing.
                self._early_weights[self._horizons[1:] > self._policy.min_ring + 1.0] = 0.0
        self._calls = _with_moments(
            self.ring.answers_by(now_rate, np.arange(BINS + 1, dtype=np.float64), self._horizons)
        )
        self._exposure = self.ring.exposure(now_rate) / now_rate
        self._ring_key = (self.ring.version, now_rate)

    def _refresh_handle(self, agents: int, talking: Floats, wrapping: Floats) -> None:
        version, ring, lag = self._handle_key
        stale = self.handle.version - version > max(3, agents // 4)
        if version >= 0 and not stale and ring == self._horizons_version and abs(lag - self.lag) < 0.2:
            return
        wait = max(0.0, self._policy.allowed_wait - self.lag)
        talk, wrap = self.handle.free_within(self._horizons + wait, talking, wrapping)
        self._busy = _with_moments(1.0 - np.vstack((talk, wrap)))
        self._handle_key = (self.handle.version, self._horizons_version, self.lag)

    def _check_promises(self, now: float, ready: list[AgentView], finishing: list[AgentView]) -> None:
        """Learn how far the desk's forecasts of a finish are off, from agents who became ready."""
        promised = self._promised
        if promised:
            for agent in ready:
                due = promised.get(agent.agent_id)
                if due is not None:
                    off = min(abs(agent.since - due), 20.0)
                    variance = self.finish_error**2
                    self.finish_error = math.sqrt(variance + (off * off - variance) / _MEMORY_FINISH)
        self._promised = {
            agent.agent_id: promised.get(agent.agent_id, now + max(agent.finishing_in or 0.0, 0.0))
            for agent in finishing
        }

    # ------------------------------------------------------------------ looking

    def call_bins(self, floor: FloorView) -> npt.NDArray[np.int64]:
        """Give the age of every call in flight in bins, each within 0 .. BINS."""
        now = floor.now
        placed = np.array([call.placed_at for call in floor.in_flight], dtype=np.float64)
        return np.minimum(np.maximum((now - placed) / BIN, 0.0), float(BINS)).astype(np.int64)

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
        finishing: list[AgentView] = []
        ready: list[AgentView] = []
        for agent in floor.agents:
            state = agent.state
            if state == "ready":
                ready.append(agent)
            elif agent.finishing_in is not None:
                finishing.append(agent)
            elif state == "talking":
                talking.append(agent.since)
            elif state == "wrap_up":
                wrapping.append(agent.since)
            else:
                talking.append(now)
        agents = len(floor.agents)
        talked, wrapped = now - np.array(talking, dtype=np.float64), now - np.array(wrapping, dtype=np.float64)
        self._refresh_handle(agents, talked, wrapped)
        if finishing or self._promised:
            self._check_promises(now, ready, finishing)

        rows = np.concatenate((_rows(talked, TALK_ROWS), _rows(wrapped, WRAP_ROWS) + TALK_ROWS))
        few = len(rows) <= _FEW
        # On a large floor the busy agents stand as one row: their moments added up.
        busy = [self._busy[rows] if few else (np.bincount(rows, minlength=len(self._busy)) @ self._busy)[None, :]]
        free = len(ready) + len(rows) - float(busy[0][:, 0].sum())
        if finishing:
            wait = max(0.0, self._policy.allowed_wait - self.lag)
            due = np.array([max(agent.finishing_in or 0.0, 0.0) for agent in finishing])[:, None]
            late = 1.0 - standard_normal_cdf((self._horizons + wait - due) / max(self.finish_error, 0.1))
            busy.append(_with_moments(late))
            free += len(finishing) - float(late[:, 0].sum())
        unserved = 0.0
        if floor.waiting:
            # A waiting person takes an agent only if one is free in time; the others will be lost.
            unserved = max(0.0, len(floor.waiting) - free)
            share = 1.0 - unserved / len(floor.waiting)
            busy.append(_with_moments(np.full((len(floor.waiting), _COLUMNS), share)))
        held = busy[0] if len(busy) == 1 else np.concatenate(busy)

        estimates = [call.answer_probability for call in floor.in_flight]
        if estimates.count(None) < len(estimates):
            calls = _with_moments(self._listed_calls(floor, bins))
            coming = calls.sum(axis=0)
        elif len(bins) <= _FEW:
            calls = self._calls[bins]
            coming = calls.sum(axis=0)
        else:
            calls = None
            coming = np.bincount(bins, minlength=BINS + 1) @ self._calls
        mean, variance, third = (held.sum(axis=0) + coming).reshape(3, _COLUMNS)
        answers = coming[:_COLUMNS]
        exact = calls is not None and few and agents <= _SMALL
        exact = exact and use_exact(held.shape[0] + len(bins), float(variance[1:].min()))
        variance = variance + (answers * self.rate.relative_error) ** 2
        # A large floor would flood itself with calls to let go; a small one needs every chance.
        weights = self._early_weights if agents <= _SMALL else self._weights
        return Look(
            agents,
            self._calls[0, :_COLUMNS],
            weights,
            moments=(mean, variance, third),
            answers=answers,
            doubt=self.rate.relative_error,
            held=held[:, :_COLUMNS] if exact else None,
            calls=self._calls[:0, :_COLUMNS] if calls is None else calls[:, :_COLUMNS],
            unserved=unserved,
        )

    def _listed_calls(self, floor: FloorView, bins: npt.NDArray[np.int64]) -> Floats:
        """Answer probabilities where leads carry their own estimate (others take the tracked rate)."""
        rate = self.rate.rate
        p = np.array([rate if c.answer_probability is None else c.answer_probability for c in floor.in_flight])
        return self.ring.answers_by(p, bins.astype(np.float64), self._horizons)

    # ------------------------------------------------------------------ snapshot

    def _rebuild(self) -> None:
        self._ring_key, self._handle_key = (-1, 0.0), (-1, -1, 0.0)
        self._horizons = np.zeros(_COLUMNS)
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


def _with_moments(probabilities: Floats) -> Floats:
    """Set beside each trial's probabilities (m, k) their variances and third moments: shape (m, 3k)."""
    spread = probabilities * (1.0 - probabilities)
    return np.concatenate((probabilities, spread, spread * (1.0 - 2.0 * probabilities)), axis=1)


def _rows(elapsed: Floats, rows: int) -> npt.NDArray[np.int64]:
    """Table rows of the agents who have been at it for `elapsed` seconds."""
    return np.minimum(np.maximum(elapsed, 0.0), rows - 1.0).astype(np.int64)
