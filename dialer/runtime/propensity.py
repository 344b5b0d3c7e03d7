"""How likely a lead's next call is answered: by what the campaign's own calls say of its attempt, hour and place.

The pacer follows the answer rate of the whole campaign from call to call; what it cannot know is that the calls
that ring now are to people who differ. Here each lead is given its own estimate,

    p = rate x (factor of the attempt's number) x (factor of the hour) x (factor of the place),

a log-additive model fitted by iterative proportional scaling (Deming and Stephan 1940, Annals of Mathematical
Statistics 11): each factor is answers seen over answers that the other factors expect, drawn towards 1 by
`_PRIOR` answers, so that a level with few calls says little. Old calls weigh less (`_HALF_LIFE`). Whether the
level is right does not matter: the pacer corrects it by what comes of such estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np

from dialer.runtime.instants import moment
from dialer.store.outcomes import PastCall, past_calls
from dialer.store.transactions import Reading

__all__ = ["Propensity", "fit", "learned"]

#: How far back calls tell something, and how many of the newest are asked.
_LOOKS_BACK, _MOST_CALLS = timedelta(days=28), 50_000
#: A call of so many days ago weighs half.
_HALF_LIFE = 14.0
#: From the so many-th earlier attempt on all are alike.
_LAST_ATTEMPT = 6
#: Fewer calls, or answers, than this say nothing of single leads.
_LEAST_CALLS, _LEAST_ANSWERS = 500, 50
#: Answers that draw each factor towards 1.
_PRIOR = 20.0
_SWEEPS = 8
_LOWEST, _HIGHEST = 0.005, 0.9
_ANSWERED = frozenset({"human", "abandoned", "hung_up_first", "to_agent", "message_heard", "message_part", "opted_out"})
#: Calls that we let go, or that never came about, tell nothing of the person.
_UNTOLD = frozenset({"cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class Propensity:
    """The fitted model of one campaign.

    Attributes:
        rate: answers per call.
        attempts: factors by how many attempts were made before.
        hours: factors by hour of the campaign's clock.
        places: factors by place id.
        zone: the campaign's clock.
    """

    rate: float
    attempts: Mapping[int, float]
    hours: Mapping[int, float]
    places: Mapping[int, float]
    zone: tzinfo

    def of(self, attempts: int, place_id: int, at: float) -> float:
        """Give the probability that a person answers a call; what was never seen counts as average.

        Args:
            attempts: earlier attempts to this lead.
            place_id: where it is.
            at: when, s since the epoch.
        """
        value = self.rate * self.attempts.get(min(attempts, _LAST_ATTEMPT), 1.0)
        value *= self.hours.get(moment(at).astimezone(self.zone).hour, 1.0) * self.places.get(place_id, 1.0)
        return min(max(value, _LOWEST), _HIGHEST)


def learned(tx: Reading, campaign: str, now: datetime, zone: tzinfo) -> Propensity | None:
    """Fit the campaign's calls of the last four weeks; None when they are too few to say anything."""
    return fit(past_calls(tx, campaign, now - _LOOKS_BACK, _MOST_CALLS), now, zone)


def fit(calls: Sequence[PastCall], now: datetime, zone: tzinfo) -> Propensity | None:
    """Fit calls; None when they are too few to say anything.

    Args:
        calls: in any order.
        now: from when their age counts.
        zone: the campaign's clock.
    """
    told = [call for call in calls if call.result not in _UNTOLD]
    answered = np.array([call.result in _ANSWERED for call in told], dtype=float)
    if len(told) < _LEAST_CALLS or answered.sum() < _LEAST_ANSWERS:
        return None
    weight = np.array([0.5 ** ((now - call.placed_at).total_seconds() / 86_400.0 / _HALF_LIFE) for call in told])
    features = (
        [min(call.attempts, _LAST_ATTEMPT) for call in told],
        [call.placed_at.astimezone(zone).hour for call in told],
        [call.place_id for call in told],
    )
    columns = [np.unique(feature, return_inverse=True) for feature in features]
    rate = float((weight * answered).sum() / weight.sum())
    factors = [np.ones(len(levels)) for levels, _ in columns]
    for _ in range(_SWEEPS):
        for mine, (levels, level) in enumerate(columns):
            expected = weight * rate
            for other, (_, index) in enumerate(columns):
                if other != mine:
                    expected = expected * factors[other][index]
            seen = np.bincount(level, weight * answered, len(levels))
            factors[mine] = (seen + _PRIOR) / (np.bincount(level, expected, len(levels)) + _PRIOR)
    attempts, hours, places = (
        dict(zip(levels.tolist(), by.tolist(), strict=True)) for (levels, _), by in zip(columns, factors, strict=True)
    )
    return Propensity(rate, attempts, hours, places, zone)
