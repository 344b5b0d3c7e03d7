"""Making a pacer for a policy, fresh or from a snapshot."""

from __future__ import annotations

from typing import Any

from dialer.pacing.agentless import AgentlessPacer
from dialer.pacing.base import Pacer
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.simple import PreviewPacer, ProgressivePacer, RatioPacer

__all__ = ["from_state", "make_pacer"]

_PACERS: dict[str, type[Pacer]] = {
    "predictive": PredictivePacer,
    "progressive": ProgressivePacer,
    "ratio": RatioPacer,
    "preview": PreviewPacer,
    "agentless": AgentlessPacer,
}


def make_pacer(policy: PacingPolicy, state: dict[str, Any] | None = None) -> Pacer:
    """Make the pacer of a campaign.

    Args:
        policy: the campaign's settings.
        state: a snapshot made by `Pacer.to_state`, to go on with what was learned and spent; the
            policy may differ from the one it was made under.

    Raises:
        ValueError: when `state` is not a whole snapshot.
    """
    pacer = _PACERS[policy.mode](policy)
    if state is not None:
        pacer.load_state(state)
    return pacer


def from_state(policy: PacingPolicy, state: dict[str, Any]) -> Pacer:
    """Make the pacer of a campaign that goes on from a snapshot (see `make_pacer`).

    Raises:
        ValueError: when `state` is not a whole snapshot.
    """
    return make_pacer(policy, state)
