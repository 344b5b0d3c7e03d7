"""What a carrier does wrong, as a seeded plan: every fault is a pure function of the seed and the call.

Callbacks are what the carrier sends by itself (`Ringing Answered MachineDetected MessagePlayed OptedOut
Ended`). Answers to our own requests (`Placed PlaceFailed Bridged BridgeFailed` and what `look_up` tells)
are not lost, doubled or late; they fail through `unknown` and through outages.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialer.carriers.simulated.draws import Stream

__all__ = ["NO_FAULTS", "FaultPlan", "Faults", "Span"]

#: A stretch of time: from (included) until (excluded), seconds since the epoch.
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities per callback or per call, and stretches of time. The default is a faultless carrier.

    Attributes:
        seed: of the faults alone; people and agents are not touched by it.
        lost: probability that a callback never comes.
        duplicated: probability that a callback comes a second time, up to `repeat_within` seconds later.
        repeat_within: s.
        late: probability that a callback comes late, by a time drawn evenly from `late_by` (s).
        late_by: bounds of that delay, s.
        reordered: probability that a callback is held for 0.2 to 3 s, so that the next may overtake it.
        unknown: probability that `place` reports `PlaceFailed("unknown")` although the call is made; it
            lives on and its callbacks come.
        slow_signals: bounds (s) of a delay, drawn once per call, of ringing, answer and detection alike: the
            carrier that reports everything 1 to 2 s late. None: at once.
        place_latency: bounds (s) of the time that `place` takes in addition to the carrier's ordinary one.
        outages: stretches in which the carrier cannot be reached: placements fail (`outage_kind`), joins
            fail, other requests are not heard, callbacks are lost. Live calls go on.
        outage_kind: `rate` (the carrier said that it did not take the call) or `unknown`; no call is made.
        account_down: stretches in which the account is refused.
    """

    seed: int = 0
    lost: float = 0.0
    duplicated: float = 0.0
    repeat_within: float = 5.0
    late: float = 0.0
    late_by: Span = (2.0, 60.0)
    reordered: float = 0.0
    unknown: float = 0.0
    slow_signals: Span | None = None
    place_latency: Span = (0.0, 0.0)
    outages: tuple[Span, ...] = ()
    outage_kind: str = "rate"
    account_down: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        for name in ("lost", "duplicated", "late", "reordered", "unknown"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is a probability between 0 and 1, got {getattr(self, name)!r}")
        for name in ("late_by", "slow_signals", "place_latency"):
            span = getattr(self, name)
            if span is not None and not 0.0 <= span[0] <= span[1]:
                raise ValueError(f"{name} must be two ordered bounds of at least 0 s, got {span!r}")
        if self.outage_kind not in {"rate", "unknown"}:
            raise ValueError(f"outage_kind must be rate or unknown, got {self.outage_kind!r}")


#: A carrier that does nothing wrong.
NO_FAULTS = Faults()

#: Callbacks that `slow_signals` delays.
_SIGNALS = frozenset({"Ringing", "Answered", "MachineDetected"})


class FaultPlan:
    """Tells, call by call and callback by callback, what goes wrong."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._stream = Stream(faults.seed, "faults")
        self.callbacks_are_perfect = (
            faults.lost == faults.duplicated == faults.late == faults.reordered == 0.0
            and faults.slow_signals is None
            and not faults.outages
        )

    def callback(self, attempt: str, kind: str, count: int, at: float) -> tuple[float, ...]:
        """Return the delays (s) after which a callback is delivered: one, two, or none when it is lost.

        `kind` is the event's class name and `count` how many callbacks of the call came before it.
        """
        if self.callbacks_are_perfect:
            return (0.0,)
        faults = self.faults
        u = self._stream.draws(f"{attempt}/{kind}/{count}")
        if u[0] < faults.lost or _within(faults.outages, at):
            return ()
        delay = 0.0
        if faults.slow_signals is not None and kind in _SIGNALS:
            low, high = faults.slow_signals
            delay += low + (high - low) * self._stream.draws(attempt)[0]
        if u[1] < faults.late:
            delay += faults.late_by[0] + (faults.late_by[1] - faults.late_by[0]) * u[2]
        if u[3] < faults.reordered:
            delay += 0.2 + 2.8 * u[4]
        if u[5] < faults.duplicated:
            return (delay, delay + faults.repeat_within * u[6])
        return (delay,)

    def place_latency(self, attempt: str) -> float:
        """Return the additional time (s) that placing this call takes."""
        low, high = self.faults.place_latency
        return low + (high - low) * self._stream.draws(attempt)[1] if high > 0.0 else 0.0

    def is_unknown(self, attempt: str) -> bool:
        """Whether the carrier makes this call and fails to say so."""
        return self.faults.unknown > 0.0 and self._stream.draws(attempt)[2] < self.faults.unknown

    def is_out(self, at: float) -> bool:
        """Whether the carrier cannot be reached at `at`."""
        return _within(self.faults.outages, at)

    def is_account_down(self, at: float) -> bool:
        """Whether the account is refused at `at`."""
        return _within(self.faults.account_down, at)


def _within(spans: tuple[Span, ...], at: float) -> bool:
    return any(start <= at < end for start, end in spans)
