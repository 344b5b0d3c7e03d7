"""How called people behave: seeded, and the same whatever else happens.

The behaviour of a call is a pure function of the seed, the attempt's name, the number and the instant. The
simulated carrier names attempts after the number and which call of it this is, so two dialing policies meet
the same people, and placing one call more changes nobody else. One encounter costs under 10 µs.

The model. A person picks up with probability

    p(number, at) = min(cap, answer_rate · hour(at) · propensity(number) · regime(at) · swing(at))

where `hour` is the profile of the clock in `zone`, `propensity` a lognormal of mean 1 and coefficient of
variation `lead_spread`, fixed for a number, `regime` the factor of the latest scheduled change, and `swing`
a sine. (The cap takes a little from the mean when the spread is wide.) The rest of the calls is shared out:
machines, faxes, numbers that are busy, congested or invalid, and the remainder rings until the caller gives
up. Of those who pick up, the few that would ring longer than the caller waits are never known to. The
defaults are the reference floor of `docs/pacing`. Durations are seconds, instants seconds since the epoch.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from dialer.carriers.simulated.distributions import Distribution, Lognormal, Shifted, Uniform
from dialer.carriers.simulated.draws import Stream
from dialer.carriers.simulated.encounter import Encounter, FarEndResult
from dnc.zones import zone as zone_of

__all__ = ["Manners", "NotReached", "People", "ScriptedPeople", "Swing", "factor_at", "wall_clock"]

_RING_DELAY = Uniform(0.1, 0.3)
_RING = Shifted(1.0, Lognormal(12.0, 0.5))
_MACHINE_RING = Uniform(14.0, 22.0)
_FAILURE = Uniform(2.0, 5.0)
_PATIENCE = Lognormal(6.0, 0.5)
_EARLY = Uniform(2.0, 20.0)


@dataclass(frozen=True, slots=True)
class NotReached:
    """What becomes of the calls that no person answers, as shares of them; the remainder is `no_answer`.

    `unreachable` is shared by busy (60 %), congestion (20 %) and invalid (20 %).
    """

    machine: float = 0.28
    fax: float = 0.0
    unreachable: float = 0.11

    def __post_init__(self) -> None:
        if min(self.machine, self.fax, self.unreachable) < 0.0:
            raise ValueError(f"shares must be at least 0, got {self!r}")
        if self.machine + self.fax + self.unreachable > 1.0:
            raise ValueError(f"shares must add up to at most 1, got {self!r}")


@dataclass(frozen=True, slots=True)
class Manners:
    """How people and lines behave in time. Durations in seconds.

    Attributes:
        ring_delay: from the carrier's acceptance until it rings.
        ring: how long it rings until a person picks up.
        machine_ring: how long it rings until a machine picks up.
        failure: how long the network takes to report busy, congestion or an invalid number.
        patience: how long a person listens to silence.
        opts_out: probability that a person presses the opt-out key during the message.
        leaves_message: probability that a person hangs up during the message.
        asks_agent: probability that a person presses the key for an agent during an agentless campaign's message.
        leaves_talk: probability that a person hangs up on the agent early, after `early` seconds.
    """

    ring_delay: Distribution = _RING_DELAY
    ring: Distribution = _RING
    machine_ring: Distribution = _MACHINE_RING
    failure: Distribution = _FAILURE
    patience: Distribution = _PATIENCE
    opts_out: float = 0.03
    leaves_message: float = 0.25
    asks_agent: float = 0.08
    leaves_talk: float = 0.0
    early: Distribution = _EARLY


@dataclass(frozen=True, slots=True)
class Swing:
    """A slow sine: 1 + amplitude · sin(2π · (at - start) / period), with amplitude 0 to 1 and period in s."""

    amplitude: float
    period: float
    start: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.amplitude <= 1.0 and self.period > 0.0):
            raise ValueError(f"amplitude must lie between 0 and 1 and period above 0, got {self!r}")

    def at(self, at: float) -> float:
        """Return the factor at an instant."""
        return 1.0 + self.amplitude * math.sin(2.0 * math.pi * (at - self.start) / self.period)


def factor_at(regimes: Sequence[tuple[float, float]], at: float) -> float:
    """Return the factor of the latest (instant, factor) pair up to `at`, or 1; pairs sorted by instant."""
    index = bisect_right(regimes, at, key=lambda regime: regime[0])
    return regimes[index - 1][1] if index else 1.0


def wall_clock(name: str) -> tzinfo:
    """Return UTC for "UTC", else the zone of an IANA name; raises `dnc.zones.UnknownZone`."""
    return UTC if name == "UTC" else zone_of(name)


class People:
    """Everybody who can be called.

    Args:
        seed: whole number; equal seeds give equal people.
        answer_rate: base probability that a person picks up, 0 to 1.
        zone: whose clock the hours are of: "UTC" or an IANA name.
        by_hour: factor of the answer rate by hour of that clock (0 to 23); hours not named have 1.
        lead_spread: coefficient of variation of people's own propensity to answer; 0: all alike.
        regimes: (instant, factor) pairs: from then on the answer rate is multiplied by the factor.
        swing: a slow sine on top.
        cap: the largest answer probability.
        not_reached: shares of the other results.
        manners: ring times, patience and the like.
    """

    def __init__(
        self,
        seed: int,
        answer_rate: float,
        *,
        zone: str = "UTC",
        by_hour: Mapping[int, float] | None = None,
        lead_spread: float = 0.0,
        regimes: Sequence[tuple[float, float]] = (),
        swing: Swing | None = None,
        cap: float = 0.95,
        not_reached: NotReached | None = None,
        manners: Manners | None = None,
    ) -> None:
        if not (0.0 <= answer_rate <= 1.0 and 0.0 < cap <= 1.0):
            raise ValueError(f"answer_rate and cap must lie between 0 and 1, got {answer_rate!r} and {cap!r}")
        self._answer_rate = answer_rate
        self._hours = tuple((by_hour or {}).get(hour, 1.0) for hour in range(24))
        self._flat = all(factor == 1.0 for factor in self._hours)
        self._zone = wall_clock(zone)
        self._propensity = Lognormal(1.0, lead_spread) if lead_spread > 0.0 else None
        self._regimes = tuple(sorted(regimes))
        self._swing = swing
        self._cap = cap
        self._rest = not_reached or NotReached()
        self._manners = manners or Manners()
        self._calls = Stream(seed, "people/calls")
        self._leads = Stream(seed, "people/leads")
        self._quarter = -1
        self._quarter_factor = 1.0

    def answer_probability(self, number: str, at: float) -> float:
        """Return the probability that a person picks up when `number` is called at `at`."""
        probability = self.answer_rate_at(at)
        if self._propensity is not None:
            probability *= self._propensity.quantile(self._leads.draws(number)[0])
        return min(max(probability, 0.0), self._cap)

    def answer_rate_at(self, at: float) -> float:
        """Return the probability of an average person at `at`, before the cap."""
        probability = self._answer_rate
        if not self._flat:
            probability *= self._hour_factor(at)
        if self._regimes:
            probability *= factor_at(self._regimes, at)
        if self._swing is not None:
            probability *= self._swing.at(at)
        return probability

    def meet(self, attempt: str, number: str, at: float) -> Encounter:
        """Return what happens when `number` is called at `at`; the same arguments give the same encounter."""
        u = self._calls.draws(f"{attempt}/{number}")
        manners = self._manners
        probability = self.answer_probability(number, at)
        ring_delay = manners.ring_delay.quantile(u[1])
        if u[0] < probability:
            return Encounter(
                "human",
                ring_delay,
                manners.ring.quantile(u[2]),
                manners.patience.quantile(u[3]),
                manners.early.quantile(u[4] / manners.leaves_talk) if u[4] < manners.leaves_talk else None,
                round(0.4 + 0.6 * u[5] / manners.opts_out, 6) if u[5] < manners.opts_out else None,
                round(u[6] / manners.leaves_message, 6) if u[6] < manners.leaves_message else None,
                round(0.5 + 0.5 * u[7] / manners.asks_agent, 6) if u[7] < manners.asks_agent else None,
            )
        result = self._other_result((u[0] - probability) / (1.0 - probability))
        if result == "no_answer":
            return Encounter(result, ring_delay)
        if result in {"machine", "fax"}:
            return Encounter(result, ring_delay, manners.machine_ring.quantile(u[2]))
        return Encounter(result, ring_delay, manners.failure.quantile(u[2]))

    def _other_result(self, u: float) -> FarEndResult:
        rest = self._rest
        if u < rest.machine:
            return "machine"
        u -= rest.machine
        if u < rest.fax:
            return "fax"
        u -= rest.fax
        if u < 0.6 * rest.unreachable:
            return "busy"
        if u < 0.8 * rest.unreachable:
            return "congestion"
        return "invalid" if u < rest.unreachable else "no_answer"

    def _hour_factor(self, at: float) -> float:
        """The profile at `at`, looked up once a quarter of an hour: all zones' offsets are whole quarters."""
        quarter = int(at // 900.0)
        if quarter != self._quarter:
            self._quarter = quarter
            self._quarter_factor = self._hours[datetime.fromtimestamp(quarter * 900.0, self._zone).hour]
        return self._quarter_factor


class ScriptedPeople:
    """A far end by the book, for tests and demonstrations: each number does what it is told.

    Args:
        script: what happens at a number; a sequence is used up call by call, its last one stays.
        otherwise: what happens at any other number.
    """

    def __init__(
        self, script: Mapping[str, Encounter | Sequence[Encounter]], otherwise: Encounter | None = None
    ) -> None:
        self._script = {
            number: [lines] if isinstance(lines, Encounter) else list(lines) for number, lines in script.items()
        }
        self._otherwise = otherwise or Encounter("no_answer")

    def meet(self, attempt: str, number: str, at: float) -> Encounter:
        """Return the next line of the number's script."""
        lines = self._script.get(number)
        if not lines:
            return self._otherwise
        return lines.pop(0) if len(lines) > 1 else lines[0]
