"""Who is measured: the product in its settings, and what people use today. All can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from dialer.engine.engine import LearningPacer
from dialer.pacing import PacingPolicy, make_pacer
from dialer.simulation.baselines import Clairvoyant, FixedRatio, Issabel, Progressive, Tuning, Vicidial
from dialer.simulation.driver import FloorCampaign
from dialer.simulation.floor import FloorRun, MakePacer
from dialer.simulation.foresight import Foresight
from dialer.simulation.presets import ALL_LEVERS, LEARNED_LEVERS, NO_LEVERS
from dialer.simulation.scenario import OPENS, Levers

__all__ = [
    "CLAIRVOYANT",
    "ISSABEL",
    "PROGRESSIVE",
    "Contender",
    "product",
    "ratio",
    "vicidial",
]


@dataclass(frozen=True)
class Contender:
    """One policy with the levers it may use.

    Attributes:
        name: unique; results are filed under it.
        make: its pacer, for one campaign of a run.
        levers: what it may use.
        cap: the abandonment rate that it must keep, a fraction.
        ours: whether it is the product's pacer, whose results a change of `dialer.pacing` makes void.
    """

    name: str
    make: MakePacer
    levers: Levers = NO_LEVERS
    cap: float = 0.03
    ours: bool = False

    @property
    def policy(self) -> PacingPolicy:
        """The pacing settings."""
        return PacingPolicy(
            max_abandonment_rate=self.cap, release_ringing=self.levers.release, greeting=self.levers.greeting
        )


def _product(policy: PacingPolicy, campaign: FloorCampaign, run: FloorRun) -> LearningPacer:
    return make_pacer(policy)


def _progressive(policy: PacingPolicy, campaign: FloorCampaign, run: FloorRun) -> LearningPacer:
    return Progressive()


def _issabel(policy: PacingPolicy, campaign: FloorCampaign, run: FloorRun) -> LearningPacer:
    return Issabel()


def _clairvoyant(policy: PacingPolicy, campaign: FloorCampaign, run: FloorRun) -> LearningPacer:
    return Clairvoyant(Foresight(campaign, run), policy.connect_within)


def _ratio(
    lines: float, ready_only: bool, policy: PacingPolicy, campaign: FloorCampaign, run: FloorRun
) -> LearningPacer:
    return FixedRatio(lines, ready_only=ready_only)


def _vicidial(tuning: Tuning, policy: PacingPolicy, campaign: FloorCampaign, run: FloorRun) -> LearningPacer:
    return Vicidial(tuning, closes=OPENS + run.scenario.hours * 3600.0)


PROGRESSIVE = Contender("progressive 1:1", _progressive)
ISSABEL = Contender("Issabel", _issabel)
CLAIRVOYANT = Contender("clairvoyant", _clairvoyant)

_LEVERS = {"no levers": NO_LEVERS, "levers 1-3": ALL_LEVERS, "levers 1-3, learned finish": LEARNED_LEVERS}


def product(levers: str, cap: float = 0.03, *, estimates: bool = False) -> Contender:
    """Give the product's pacer with `no levers`, `levers 1-3` or `levers 1-3, learned finish`, under a cap.

    Args:
        levers: which.
        cap: a fraction.
        estimates: whether every lead comes with its own answer probability (lever 4).
    """
    chosen = _LEVERS[levers]
    if estimates:
        chosen = replace(chosen, lead_estimates=True)
    name = f"ours, {levers}{' and 4' if estimates else ''}, at most {100 * cap:g} %"
    return Contender(name, _product, chosen, cap, ours=True)


def ratio(lines: float, *, ready_only: bool) -> Contender:
    """Give a fixed number of lines per ready agent, or per agent."""
    whom = "ready" if ready_only else "all"
    return Contender(f"ratio {lines:.4g} of {whom} agents", partial(_ratio, float(f"{lines:.4g}"), ready_only))


def vicidial(tuning: Tuning) -> Contender:
    """Give VICIdial with one tuning."""
    return Contender(f"VICIdial {tuning}", partial(_vicidial, tuning))
