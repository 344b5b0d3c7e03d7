"""The `[simulation]` table of a campaign file: what the synthetic world is like.

The defaults are the reference floor of `docs/pacing` (with a break at noon); every key may be left out, and
an unknown key is refused. Names say their unit; a name without one is a probability, a share or a factor,
or seconds where it is a mean or a length.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dialer.simulation.people import wall_clock

__all__ = ["DEFAULT_OUTCOMES", "FaultSettings", "Outage", "Regime", "SimulationSettings"]

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]


#: What comes of talks with people, by the meaning of the disposition.
DEFAULT_OUTCOMES: dict[str, float] = {
    "refusal": 0.46,
    "contact": 0.18,
    "callback": 0.10,
    "wrong_number": 0.07,
    "promise": 0.06,
    "conversion": 0.06,
    "opt_out": 0.04,
    "final": 0.02,
    "attorney": 0.005,
    "cease": 0.005,
}


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Regime(_Table):
    """From `after_hours` after the start of the run on, a rate or a time is multiplied by `factor`."""

    after_hours: NotNegative
    factor: NotNegative


class Outage(_Table):
    """A stretch in which the carrier cannot be reached, or refuses the account."""

    after_hours: NotNegative
    seconds: Positive
    kind: Literal["unreachable", "account"] = "unreachable"


class FaultSettings(_Table):
    """What the carrier does wrong; see `dialer.carriers.simulated.Faults`."""

    lost: Probability = Field(0.0, description="callbacks that never come")
    duplicated: Probability = Field(0.0, description="callbacks that come twice")
    late: Probability = Field(0.0, description="callbacks that come 2 to 60 s late")
    reordered: Probability = Field(0.0, description="callbacks that the next may overtake")
    unknown: Probability = Field(0.0, description="placements reported as failed although the call is made")
    slow_signals: tuple[NotNegative, NotNegative] | None = Field(
        None, description="bounds in s of a delay of every ringing, answer and detection"
    )
    outages: tuple[Outage, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.slow_signals is not None and self.slow_signals[0] > self.slow_signals[1]:
            raise ValueError(f"slow_signals must be two ordered bounds, got {self.slow_signals!r}")
        return self


class SimulationSettings(_Table):
    """People, carrier and agents of a simulated run."""

    seed: int = Field(1, description="equal seeds give equal worlds")
    zone: str = Field("UTC", description="whose clock hours and shifts are of: UTC or an IANA name")

    # People.
    answer_rate: Probability = Field(0.3, description="probability that a person picks up")
    by_hour: dict[Annotated[int, Field(ge=0, le=23)], NotNegative] = Field(
        default_factory=dict, description="factor of the answer rate by hour of the zone's clock; others 1"
    )
    lead_spread: NotNegative = Field(0.0, description="coefficient of variation of people's own propensity")
    answer_cap: Annotated[float, Field(gt=0.0, le=1.0)] = Field(0.95, description="largest answer probability")
    regimes: tuple[Regime, ...] = Field((), description="jumps of the answer rate")
    swing: Probability = Field(0.0, description="amplitude of a slow sine of the answer rate")
    swing_hours: Positive = Field(2.0, description="period of that sine, hours")
    machine_share: Probability = Field(0.28, description="machines among calls that no person answers")
    fax_share: Probability = Field(0.0, description="faxes among them")
    unreachable_share: Probability = Field(0.11, description="busy, congested and invalid numbers among them")
    ring_mean: Positive = Field(12.0, description="s of ringing until a person picks up, after the first second")
    ring_cv: NotNegative = 0.5
    patience_mean: Positive = Field(6.0, description="s that a person listens to silence")
    patience_cv: NotNegative = 0.5
    opts_out_of_message: Probability = Field(0.03, description="people who press the key during the message")
    leaves_message: Probability = Field(0.25, description="people who hang up during the message")
    asks_agent: Probability = Field(0.08, description="people who press the key for an agent, if offered")
    leaves_talk: Probability = Field(0.0, description="people who hang up on the agent within 20 s")

    # Carrier.
    lines: Annotated[int, Field(ge=1)] | None = Field(None, description="the most calls at once")
    calls_per_second: Positive = 1000.0
    screens_machines: bool = Field(True, description="machines are told before the answer: no agent meets one")
    detection: NotNegative = Field(3.0, description="s that machine detection takes")
    mistaken_for_machine: Probability = Field(0.0, description="people taken for machines")
    mistaken_for_person: Probability = Field(0.0, description="machines taken for people")
    bridge_delay: tuple[NotNegative, NotNegative] = Field((0.05, 0.15), description="s from join to hearing")
    message_seconds: Positive = Field(8.0, description="length of the safe-harbour message")
    faults: FaultSettings = FaultSettings()

    # Agents.
    agents: Annotated[int, Field(ge=0)] = 30
    talk_mean: Positive = Field(120.0, description="s of talk with a person")
    talk_cv: NotNegative = 1.0
    talk_law: Literal["lognormal", "pareto"] = Field("lognormal", description="pareto: heavy tail, cv is ignored")
    wrap_up_mean: Positive = 15.0
    wrap_up_cv: NotNegative = 0.5
    machine_talk: Positive = Field(5.0, description="s until an agent leaves a machine")
    handle_regimes: tuple[Regime, ...] = Field((), description="jumps of talk and wrap-up times")
    pace_cv: NotNegative = Field(0.0, description="coefficient of variation of the agents' own speed")
    shift_start: time | None = Field(None, description="local time of signing in; none: the run's first instant")
    shift_end: time | None = Field(None, description="local time of signing out; none: the run's last instant")
    sign_in_spread: NotNegative = Field(0.0, description="s over which the agents sign in")
    break_share: Probability = Field(0.5, description="agents who take the break")
    break_start: time = time(12, 0)
    break_minutes: NotNegative = 30.0
    finishing_ahead: Positive | None = Field(10.0, description="s before being ready that the desk announces it")
    finishing_error: NotNegative = Field(0.3, description="coefficient of variation of the announced time")
    agent_loss: Probability = Field(0.0, description="calls during which the agent's browser dies")
    agent_loss_return: Positive = Field(60.0, description="s until that agent is back")
    outcomes: dict[str, NotNegative] = Field(
        default_factory=lambda: dict(DEFAULT_OUTCOMES),
        description="weight of each meaning (flag) of a disposition; see `dialer.simulation.dispositions`",
    )

    @classmethod
    def reference(cls, agents: int, answer_rate: float, seed: int = 1) -> Self:
        """The stationary reference floor of `docs/pacing`: no breaks, no faults, no impatience, no change."""
        return cls(
            agents=agents,
            answer_rate=answer_rate,
            seed=seed,
            answer_cap=1.0,
            patience_mean=600.0,
            bridge_delay=(0.0, 0.0),
            calls_per_second=1e6,
            break_share=0.0,
        )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        wall_clock(name)
        return name

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.machine_share + self.fax_share + self.unreachable_share > 1.0:
            raise ValueError("machine_share, fax_share and unreachable_share must add up to at most 1")
        if self.bridge_delay[0] > self.bridge_delay[1]:
            raise ValueError(f"bridge_delay must be two ordered bounds, got {self.bridge_delay!r}")
        if (self.shift_start is None) != (self.shift_end is None):
            raise ValueError("give both shift_start and shift_end, or neither")
        if self.shift_start is not None and self.shift_end is not None and self.shift_start >= self.shift_end:
            raise ValueError("shift_start must come before shift_end")
        return self
