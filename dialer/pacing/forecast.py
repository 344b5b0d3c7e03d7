"""One look ahead over the whole floor: who will have answered and who will be free, and when.

Theory of operation
-------------------
A new call is answered at one of K instants, the middles of K equal shares of the learned ring time. For
each instant t the forecast lists, as trials of one Poisson-binomial (see `overload`), every busy
agent with the probability of *not* being free by t plus the allowed wait, every call in flight with
the probability of having been answered by t, and every waiting person who will get an agent. One
more column, `SOON` ahead, answers the question of the ringing calls: would an answer right now find
somebody?

Where calls may be let go after `min_ring`, a later answer happens only if we let it and costs nothing, so
it has no weight; on small floors all instants then lie before it, where agents' announced finishes make
the risk jump.

A lead's own estimate p counts as p / `REFERENCE` calls of the tracked answer rate, so the rate over
`REFERENCE` is the factor by which the leads' estimates are off, followed and tested for jumps like a rate.

Tables by age and elapsed time are rebuilt only when what they rest on moved; a look is then a few
additions per agent and call.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dialer.pacing.answer_rate import AnswerRate
from dialer.pacing.finishing import Finishing
from dialer.pacing.handle_times import TALK_ROWS, WRAP_ROWS, HandleTimes
from dialer.pacing.look import AMPLE, Look
from dialer.pacing.overload import MOMENTS, transform, use_exact, with_moments
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.ring_times import BIN, BINS, RingTimes
from dialer.pacing.values import AgentView, FloorView

__all__ = ["SOON", "Forecaster"]

Floats = npt.NDArray[np.float64]

#: Seconds ahead of the column that judges calls which are ringing now.
SOON = 0.5
#: The answer probability of a lead that counts as one call, when leads carry their own estimates.
REFERENCE = 0.2
_SHARES = 6
_COLUMNS = 1 + _SHARES
#: Where the rows of calls begin in the table; the rows of agents stand before.
_CALL_ROWS = TALK_ROWS + WRAP_ROWS
#: Up to this many trials, adding up their rows is quicker than counting them by row.
_FEW = 160
#: Up to this many agents the instants lie where they matter most, and sums may be exact.
_SMALL = 20
#: Seconds after `min_ring` until which an answer may come before the call is let go.
_LET_GO = 1.0
#: Instants that moved by less than this many seconds stay where they were, and the tables with them.
_SAME_INSTANT = 0.15
_MEMORY_LAG = 50.0
_MEMORY_LISTED = 100.0
_MOST_UNREPORTED = 200
_SUREST = 0.98


class Forecaster:
    """Everything learned about one campaign, and the looks ahead that rest on it."""

    def __init__(self, policy: PacingPolicy) -> None:
        self._policy = policy
        self.ring = RingTimes(policy.ring_timeout)
        self.rate = AnswerRate()
        self.handle = HandleTimes()
        self.finishing = Finishing()
        #: Mean seconds from an answer to its report; eats into the allowed wait.
        self.lag = 0.0
        #: Calls that the present answer rate rests on, as of the last look.
        self.known_calls = 0.0
        self._listed: dict[str, float] = {}  # own estimates of the calls in flight, where they have one
        self._listed_mean = REFERENCE
        self._small = True
        self._ring_key: tuple[int, float, bool] = (-1, 0.0, True)
        self._handle_key: tuple[int, int, int, float] = (-1, -1, -1, 0.0)
        self._horizons = np.zeros(_COLUMNS)
        self._widths = np.zeros(_COLUMNS)
        self._horizons_version = 0
        self._weights = np.full(_SHARES, 1.0 / _SHARES)
        # Probabilities with their higher cumulants beside them: agents who talk, who wrap up, calls by age.
        self._table = np.zeros((_CALL_ROWS + BINS + 1, MOMENTS * _COLUMNS))
        self._exposure = [0.0] * (BINS + 1)
        self._unserved = 0.0
        self._refresh_ring()

    # ------------------------------------------------------------------ learning

    def call_left_ring(self, call_id: str, age: float, human: bool, censored: bool, lag: float) -> None:
        """Learn from a call that left the ring at `age` seconds; `lag` is seconds from answer to report."""
        calls = self._listed.pop(call_id, REFERENCE) / REFERENCE
        self.rate.observe(calls * self._exposure[min(BINS, max(0, int(age / BIN)))], human)
        self.ring.observe(age, human, censored)
        if human:
            self.lag += (min(max(lag, 0.0), 10.0) - self.lag) / _MEMORY_LAG

    def agent_finished(self, agent_id: str, at: float, talk: float, wrap_up: float) -> None:
        """Learn from an agent who became free at `at` seconds after `talk` and `wrap_up` seconds."""
        self.handle.observe(talk, wrap_up)
        self.finishing.finished(agent_id, at)

    def _refresh_ring(self) -> bool:
        """Bring the table of calls up to date; tell whether it had to change."""
        version, rate, small = self._ring_key
        now_rate = self.rate.rate
        same_instants = version == self.ring.version and small == self._small
        if same_instants and abs(now_rate - rate) <= 0.02 * rate:
            return False
        if not same_instants:
            self._place_instants()
        self._table[_CALL_ROWS:] = with_moments(
            self.ring.answers_by(now_rate, np.arange(BINS + 1, dtype=np.float64), self._horizons)
        )
        self._exposure = (self.ring.exposure(now_rate) / now_rate).tolist()
        self._ring_key = (self.ring.version, now_rate, self._small)
        return True

    def _place_instants(self) -> None:
        last = self._policy.min_ring + _LET_GO if self._policy.release_ringing else math.inf
        share = min(self.ring.share_by(last), 1.0) if self._small else 1.0
        instants = [self.ring.quantile((k + 0.5) / _SHARES * share) for k in range(_SHARES)]
        horizons = np.array([SOON, *instants])
        if np.abs(horizons - self._horizons).max() > _SAME_INSTANT:
            self._horizons = horizons
            self._widths = np.concatenate(([0.0], np.gradient(horizons[1:])))
            self._horizons_version += 1
        self._weights = np.where(self._horizons[1:] <= last, share / _SHARES, 0.0)

    def _refresh_handle(self, agents: int, rows: list[int]) -> None:
        version, instants, silence, lag = self._handle_key
        stale = self.handle.version - version > max(5, agents // 4)
        same = instants == self._horizons_version and silence == self.finishing.version
        if version >= 0 and not stale and same and abs(lag - self.lag) < 0.2:
            return
        horizons = self._horizons + max(0.0, self._policy.allowed_wait - self.lag)
        share, leads = self.finishing.shown()
        asked = np.concatenate((horizons, leads)) if share > 0.0 else horizons
        talking = [row + 0.5 for row in rows if row < TALK_ROWS]
        wrapping = [row - TALK_ROWS + 0.5 for row in rows if row >= TALK_ROWS]
        free = np.vstack(self.handle.free_within(asked, talking, wrapping))
        if share > 0.0:
            free = self.finishing.unannounced(free, horizons)
        self._table[:_CALL_ROWS] = with_moments(1.0 - free)
        self._handle_key = (self.handle.version, self._horizons_version, self.finishing.version, self.lag)

    # ------------------------------------------------------------------ looking

    def corrected(self, estimate: float | None) -> float:
        """Give a lead's answer probability from its own estimate, corrected by what was seen of such estimates."""
        return self.rate.rate if estimate is None else min(estimate * self.rate.rate / REFERENCE, _SUREST)

    def look(self, floor: FloorView, payable: int = 1_000_000) -> Look:
        """Look ahead over the floor, after bringing the answer rate up to date.

        Args:
            floor: the floor.
            payable: abandonments that the ledger can pay for; few ask for tails far out.
        """
        now = floor.now
        agents = len(floor.agents)
        self._small = agents <= _SMALL
        bins = [int((now - call.placed_at) / BIN) for call in floor.in_flight]
        if bins and not 0 <= min(bins) <= max(bins) <= BINS:
            bins = [min(max(b, 0), BINS) for b in bins]
        sizes = self._note_listed(floor)
        self._update_rate(bins, sizes)

        rows: list[int] = []
        finishing: list[AgentView] = []
        for agent in floor.agents:
            state = agent.state
            if state == "ready":
                continue
            if agent.finishing_in is not None:
                finishing.append(agent)
            elif state == "reserved":
                rows.append(0)
            else:
                row, first, last = int(now - agent.since), 0, TALK_ROWS - 1
                if state == "wrap_up":
                    row, first, last = row + TALK_ROWS, TALK_ROWS, _CALL_ROWS - 1
                rows.append(first if row < first else last if row > last else row)
        self._refresh_handle(agents, rows)
        self.finishing.note(now, finishing)
        more = self._further_trials(floor, finishing, rows)

        calls = None
        if sizes is not None:
            own = np.minimum(np.array(sizes) * self.rate.rate, _SUREST)
            calls = with_moments(self.ring.answers_by(own, np.array(bins, dtype=np.float64), self._horizons))
        few = len(rows) + len(bins) <= _FEW
        if few and calls is None:
            listed = self._table[rows + [_CALL_ROWS + b for b in bins]]
            held, calls = listed[: len(rows)], listed[len(rows) :]
        elif few:
            held = self._table[rows]
        else:
            # On a large floor the agents stand as one row, and the calls as another: their cumulants added up.
            held = (np.bincount(rows, minlength=_CALL_ROWS) @ self._table[:_CALL_ROWS])[None, :]
        if more is not None:
            held = np.concatenate((held, more))
        coming = np.bincount(bins, minlength=BINS + 1) @ self._table[_CALL_ROWS:] if calls is None else calls.sum(0)
        cumulants = (held.sum(axis=0) + coming).reshape(MOMENTS, _COLUMNS)
        answers = coming[:_COLUMNS]
        trials = None
        if few and calls is not None:
            points = len(transform(agents + AMPLE).steps)
            if use_exact(len(held) + len(calls), points, float(cumulants[1, 1:].min()), payable < AMPLE):
                trials = np.concatenate((held[:, :_COLUMNS], calls[:, :_COLUMNS]))
        doubt = self.rate.relative_error
        if trials is None:
            cumulants[1] += (answers * doubt) ** 2
        size = 1.0 if sizes is None else self._listed_mean / REFERENCE
        return Look(
            agents,
            self._table[_CALL_ROWS, :_COLUMNS] * size,
            self.rate.rate * size,
            self._weights,
            cumulants=cumulants,
            answers=answers,
            doubt=doubt,
            trials=trials,
            calls=len(bins),
            unserved=self._unserved,
        )

    def _further_trials(self, floor: FloorView, finishing: list[AgentView], rows: list[int]) -> Floats | None:
        """Give the trials that stand in no table: agents with an announced finish, and people who wait."""
        self._unserved = 0.0
        parts: list[Floats] = []
        if finishing:
            horizons = self._horizons + max(0.0, self._policy.allowed_wait - self.lag)
            parts.append(self.finishing.late(floor.now, finishing, horizons, self._widths))
        if floor.waiting:
            # A waiting person takes an agent only if one is free in time; the others will be lost.
            busy = float(self._table[rows, 0].sum()) + sum(float(part[:, 0].sum()) for part in parts)
            self._unserved = max(0.0, len(floor.waiting) - (len(floor.agents) - busy))
            share = 1.0 - self._unserved / len(floor.waiting)
            parts.append(np.full((len(floor.waiting), _COLUMNS), share))
        if not parts:
            return None
        return with_moments(parts[0] if len(parts) == 1 else np.concatenate(parts))

    def _note_listed(self, floor: FloorView) -> list[float] | None:
        """Give each call's size in calls of the tracked rate where leads carry their own estimate, else None."""
        known = {c.call_id: c.answer_probability for c in floor.in_flight if c.answer_probability is not None}
        if not known:
            return None
        for call_id, estimate in known.items():
            if call_id not in self._listed:
                self._listed_mean += (estimate - self._listed_mean) / _MEMORY_LISTED
        # Calls that just left the floor stay until their end is reported, the oldest go first.
        self._listed.update(known)
        while len(self._listed) > len(known) + _MOST_UNREPORTED:
            del self._listed[next(iter(self._listed))]
        return [known.get(c.call_id, REFERENCE) / REFERENCE for c in floor.in_flight]

    def _update_rate(self, bins: list[int], sizes: list[float] | None) -> None:
        exposed = self._exposed(bins, sizes)
        self.ring.refresh(bins)
        if self._refresh_ring():
            before, exposed = exposed, self._exposed(bins, sizes)
            self.rate.rebase(exposed - before)
        self.known_calls = self.rate.known_calls(exposed)
        if self.rate.update(exposed) and self._refresh_ring():
            self.rate.rebase(self._exposed(bins, sizes) - exposed)

    def _exposed(self, bins: list[int], sizes: list[float] | None) -> float:
        exposure = self._exposure
        if sizes is None:
            return sum([exposure[b] for b in bins])
        return sum([exposure[b] * size for b, size in zip(bins, sizes, strict=True)])

    # ------------------------------------------------------------------ snapshot

    def _rebuild(self) -> None:
        self._ring_key, self._handle_key = (-1, 0.0, True), (-1, -1, -1, 0.0)
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
            "finishing": self.finishing.to_state(),
            "listed": dict(self._listed),
            "listed_mean": self._listed_mean,
            "small": self._small,
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
        self.finishing.load(state["finishing"])
        self._listed = {call_id: float(estimate) for call_id, estimate in state["listed"].items()}
        self._listed_mean = float(state["listed_mean"])
        self._small = bool(state["small"])
        self._rebuild()
