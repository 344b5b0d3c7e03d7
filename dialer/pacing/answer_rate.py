"""The answer probability of the next call: steady on a steady list, quick when it moves.

Theory of operation
-------------------
An answer is known after ten seconds, a refusal after twenty-six, so counting results would be late
and lopsided. Instead every call, also one that still rings, carries the number of answers *expected*
of it by its present age (`RingTimes.exposure`). Answers seen minus answers expected is a martingale;
an estimate is answers seen over exposure, both forgotten exponentially (a discounted Gamma-Poisson
filter).

How fast to forget? A long memory is exact on a steady list and late on one that swings. So three
memories run side by side, and the estimate is their mean, weighted by how well each foretold the
answers of late: the Poisson likelihood, itself forgotten (dynamic model averaging, Raftery, Karny and
Ettler 2010, "Online prediction under model uncertainty via dynamic model averaging", Technometrics 52).

Two Page CUSUM tests (Page 1954, "Continuous inspection schemes", Biometrika 41) watch the same two
running totals for a rate that became twice or half of the estimate. When one fires, everything
before the change point it found is forgotten in all memories, so the estimate jumps at once.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["MEMORIES", "AnswerRate"]

#: Answers after which an observation weighs 1/e, for each memory.
MEMORIES = (60.0, 240.0, 1000.0)
_MEMORY_SCORE = 150.0  # the same for the likelihood by which they are weighed
_SHARPNESS = 1.0  # and by how much it counts
_PRIOR_ODDS = (0.0, 2.0, 4.0)  # ln of the memories' weights before anything was seen
_PRIOR_RATE = 0.2
_PRIOR_WEIGHT = 10.0  # calls
#: Log likelihood ratio at which a rise is believed, and a fall: to miss a rise costs people, to imagine a fall does.
_RISE, _FALL = 8.0, 14.0
_LOWEST, _HIGHEST = 0.002, 0.98


@dataclass(slots=True)
class _Watch:
    """One CUSUM for the rate becoming `ratio` times the estimate, with the totals since its zero."""

    ratio: float
    score: float = 0.0
    seen: float = 0.0
    calls: float = 0.0

    def add(self, seen: float, calls: float, rate: float) -> bool:
        """Add answers seen and calls exposed; tell whether a change is believed."""
        if seen:
            self.score += math.log(self.ratio) * seen
        self.score -= (self.ratio - 1.0) * rate * calls
        if self.score <= 0.0:
            self.restart()
            return False
        self.seen += seen
        self.calls += calls
        return self.score > (_RISE if self.ratio > 1.0 else _FALL)

    def restart(self) -> None:
        self.score = self.seen = self.calls = 0.0


@dataclass(slots=True)
class _Memory:
    """Answers and calls, forgotten after `length` answers, and how well they foretold of late."""

    length: float
    seen: float = 0.0
    calls: float = 0.0
    rate: float = _PRIOR_RATE
    score: float = 0.0


@dataclass(slots=True)
class AnswerRate:
    """The tracked answer probability.

    Exposure counts in calls: a call that ran its full course is about one, a call that rings is the
    share of one that its age stands for.

    Attributes:
        rate: the present estimate, a fraction.
        relative_error: the standard deviation of the estimate as a fraction of it.
        changes: how many jumps were noticed.
    """

    rate: float = _PRIOR_RATE
    relative_error: float = math.sqrt(0.5)
    changes: int = 0
    _memories: list[_Memory] = field(default_factory=lambda: [_Memory(length) for length in MEMORIES])
    _new_seen: float = 0.0
    _resolved: float = 0.0
    _exposed: float = 0.0
    _up: _Watch = field(default_factory=lambda: _Watch(2.0))
    _down: _Watch = field(default_factory=lambda: _Watch(0.5))

    def known_calls(self, in_flight: float) -> float:
        """Give how many calls the estimate rests on; `in_flight` is the exposure of those in flight."""
        return max(self._memories[1].calls + in_flight, 0.0)

    def observe(self, exposure: float, human: bool) -> None:
        """Learn from one call that left the ring.

        Args:
            exposure: the call's exposure by then, in calls.
            human: whether a person answered.
        """
        for memory in self._memories:
            if human:
                keep = 1.0 - 1.0 / memory.length
                memory.seen = memory.seen * keep + 1.0
                memory.calls *= keep
            memory.calls += exposure
        self._new_seen += human
        self._resolved += exposure

    def rebase(self, change: float) -> None:
        """Take note that the exposure of the calls in flight was re-estimated by `change` calls.

        The tests for a jump must not take a better table for news.
        """
        self._exposed += change

    def update(self, in_flight: float) -> bool:
        """Renew the estimate.

        Args:
            in_flight: exposure by now of all calls in flight, in calls.

        Returns:
            Whether a jump was noticed just now.
        """
        seen, exposed = self._new_seen, self._resolved + in_flight
        calls, self._exposed, self._new_seen = exposed - self._exposed, exposed, 0.0
        rose, fell = self._up.add(seen, calls, self.rate), self._down.add(seen, calls, self.rate)
        if rose or fell:
            self._forget(self._up if rose else self._down, in_flight)
        total = weighted = doubt = 0.0
        for memory, odds in zip(self._memories, _PRIOR_ODDS, strict=True):
            if seen:
                keep = (1.0 - 1.0 / _MEMORY_SCORE) ** seen
                memory.score = memory.score * keep + seen * math.log(memory.rate / self.rate)
            memory.score -= (memory.rate - self.rate) * calls
            prior = _PRIOR_WEIGHT / (1.0 + 0.2 * memory.seen) if not self.changes else 0.0
            known = max(memory.calls + in_flight + prior, memory.seen, 1e-6)
            memory.rate = min(max((memory.seen + _PRIOR_RATE * prior) / known, _LOWEST), _HIGHEST)
            weight = math.exp(odds + min(max(_SHARPNESS * memory.score, -30.0), 30.0))
            total += weight
            weighted += weight * memory.rate
            doubt += weight / (memory.seen + 2.0)
        self.rate = weighted / total
        self.relative_error = math.sqrt(doubt / total)
        return rose or fell

    def _forget(self, watch: _Watch, in_flight: float) -> None:
        """Keep only what came after the change that a test found."""
        before, seen, calls = self.rate, watch.seen, watch.calls
        for memory in self._memories:
            memory.seen = seen + 0.5
            memory.calls = calls + 0.5 / before - in_flight
            memory.rate, memory.score = before, 0.0
        self.changes += 1
        self._up.restart()
        self._down.restart()

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot."""
        return asdict(self)

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            KeyError: when a part is missing.
            TypeError: when the snapshot has unknown parts.
        """
        parts = dict(state)
        parts["_up"] = _Watch(**parts["_up"])
        parts["_down"] = _Watch(**parts["_down"])
        parts["_memories"] = [_Memory(**memory) for memory in parts["_memories"]]
        fresh = AnswerRate(**parts)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))
