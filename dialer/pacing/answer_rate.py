"""The answer probability of the next call: forgetting slowly, noticing jumps quickly.

Theory of operation
-------------------
An answer is known after ten seconds, a refusal after twenty-six, so counting results would be late
and lopsided. Instead every call, also one that still rings, carries the number of answers *expected*
of it by its present age (`RingTimes.exposure`). Answers seen minus answers expected is a martingale;
the estimate is answers seen over exposure, both forgotten exponentially (a discounted Gamma-Poisson
filter).

Two Page CUSUM tests (Page 1954, "Continuous inspection schemes", Biometrika 41) watch the same two
running totals for a rate that became twice or half of the estimate. When one fires, everything
before the change point it found is forgotten, so the estimate jumps at once.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["MEMORY", "AnswerRate"]

#: Answers after which an observation weighs 1/e.
MEMORY = 150.0
_PRIOR_RATE = 0.2
_PRIOR_WEIGHT = 10.0  # calls
_THRESHOLD = 8.0  # log likelihood ratio at which a change is believed
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
        return self.score > _THRESHOLD

    def restart(self) -> None:
        self.score = self.seen = self.calls = 0.0


@dataclass(slots=True)
class AnswerRate:
    """The tracked answer probability.

    Exposure counts in calls: a call that ran its full course is about one, a call that rings is the
    share of one that its age stands for.

    Attributes:
        rate: the present estimate, a fraction.
        changes: how many jumps were noticed.
        memory: answers after which an observation weighs 1/e.
    """

    rate: float = _PRIOR_RATE
    changes: int = 0
    memory: float = MEMORY
    _seen: float = 0.0
    _calls: float = 0.0
    _new_seen: float = 0.0
    _resolved: float = 0.0
    _exposed: float = 0.0
    _up: _Watch = field(default_factory=lambda: _Watch(2.0))
    _down: _Watch = field(default_factory=lambda: _Watch(0.5))

    def known_calls(self, in_flight: float) -> float:
        """Give how many calls the estimate rests on; `in_flight` is the exposure of those in flight."""
        return max(self._calls + in_flight, 0.0)

    @property
    def relative_error(self) -> float:
        """The standard deviation of the estimate as a fraction of it."""
        return 1.0 / math.sqrt(self._seen + 2.0)

    def observe(self, exposure: float, human: bool) -> None:
        """Learn from one call that left the ring.

        Args:
            exposure: the call's exposure by then, in calls.
            human: whether a person answered.
        """
        if human:
            keep = 1.0 - 1.0 / self.memory
            self._seen = self._seen * keep + 1.0
            self._calls *= keep
            self._new_seen += 1.0
        self._calls += exposure
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
            watch = self._up if rose else self._down
            before = self.rate
            self._seen = watch.seen + 0.5
            self._calls = watch.calls + 0.5 / before - in_flight
            self.changes += 1
            self._up.restart()
            self._down.restart()
        prior = _PRIOR_WEIGHT / (1.0 + 0.2 * self._seen) if not self.changes else 0.0
        self.rate = _bounded(
            (self._seen + _PRIOR_RATE * prior) / max(self._calls + in_flight + prior, self._seen, 1e-6)
        )
        return rose or fell

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot."""
        return asdict(self)

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            TypeError: when the snapshot has unknown parts.
        """
        parts = dict(state)
        parts["_up"] = _Watch(**parts["_up"])
        parts["_down"] = _Watch(**parts["_down"])
        fresh = AnswerRate(**parts)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))


def _bounded(rate: float) -> float:
    return min(max(rate, _LOWEST), _HIGHEST)
