"""What a campaign's own calls say of its people and agents: answer rates by time, ring times, handle times.

Read are the rows of `attempt` (placed, ringing, answered, bridged, ended, wrapped) and of `disposition`. A call
counts as answered by a person when it has an `answered_at`, whatever came of it. Answer rates of the times of day
are drawn towards the rate of all calls by the weight of `_PRIOR` calls, so that an hour with ten calls is not
believed as much as one with a thousand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dialer.carriers.simulated.distributions import Clipped, Constant, Distribution, Lognormal
from dialer.carriers.simulated.encounter import FarEndResult
from dialer.simulation.empirical import Empirical, MeasuredPeople, Mix, incidence

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["LEAST_ANSWERS", "LEAST_CALLS", "LEAST_TALKS", "HandleTimes", "Slots", "fit_handle_times", "fit_people"]

#: From so many calls with a result, answers and talks on, the history is believed.
LEAST_CALLS, LEAST_ANSWERS, LEAST_TALKS = 300, 50, 50
_PRIOR = 60.0
_LONGEST_TALK, _LONGEST_WRAP_UP = 7200.0, 1800.0

_KINDS: tuple[FarEndResult, ...] = ("human", "machine", "fax", "busy", "congestion", "invalid", "no_answer")
_NUMBER = {kind: n for n, kind in enumerate(_KINDS)}
_LET_GO, _UNKNOWN = -1, -2
#: Results of calls that nobody answered; the others (a failure of ours, a lost call) say nothing of people.
_UNANSWERED = {
    "machine": "machine",
    "fax": "fax",
    "busy": "busy",
    "congestion": "congestion",
    "invalid": "invalid",
    "no_answer": "no_answer",
}


@dataclass(frozen=True, slots=True)
class Slots:
    """How instants are put into times of day that are thought alike.

    Attributes:
        of: the number of the slot of an instant (seconds since the epoch).
        count: how many there are.
    """

    of: Callable[[float], int]
    count: int


@dataclass(frozen=True, slots=True)
class HandleTimes:
    """What agents did with people.

    Attributes:
        talk: s.
        wrap_up: s.
        dispositions: how often each code was chosen after a talk.
        talks: how many there were.
    """

    talk: Distribution
    wrap_up: Distribution
    dispositions: Mapping[str, int]
    talks: int


def fit_people(attempts: pd.DataFrame, slots: Slots, seed: int, detection: float = 0.0) -> MeasuredPeople | None:
    """Make people who answer as these calls were answered; None when there are too few of them.

    Args:
        attempts: columns placed_at, ringing_at, answered_at, ended_at (UTC), result, state.
        slots: which times of day are alike.
        seed: of the people's draws.
        detection: s that machine detection takes, which are no ringing.
    """
    placed, ringing, answered, ended = (
        _seconds(attempts[name]) for name in ("placed_at", "ringing_at", "answered_at", "ended_at")
    )
    kind = _kinds(attempts, answered)
    known = (kind != _UNKNOWN) & (~np.isnan(answered) | ~np.isnan(ended))
    kind, placed, ringing, answered, ended = (each[known] for each in (kind, placed, ringing, answered, ended))
    if (kind >= 0).sum() < LEAST_CALLS or (kind == _NUMBER["human"]).sum() < LEAST_ANSWERS:
        return None
    delays = (ringing - placed)[~np.isnan(ringing)]
    delay = float(np.median(delays)) if len(delays) else 0.0
    rang_from = np.where(np.isnan(ringing), placed + np.where(_before_ringing(kind), 0.0, delay), ringing)
    left = np.where(np.isnan(answered), ended, answered)
    age = np.maximum(left - rang_from, 0.0)
    age[kind == _NUMBER["machine"]] = np.maximum(age[kind == _NUMBER["machine"]] - detection, 0.0)
    shares = incidence(age, kind)
    overall = {each: float(shares[kind == _NUMBER[each]].sum()) for each in _KINDS}
    mixes = _mixes(kind, np.array([slots.of(at) for at in placed]), slots.count, overall)
    rings: dict[FarEndResult, Distribution] = {
        each: Empirical.of(age[kind == _NUMBER[each]].tolist(), shares[kind == _NUMBER[each]].tolist())
        for each in _KINDS
        if overall[each] > 0.0
    }
    return MeasuredPeople(
        seed,
        lambda at: mixes[slots.of(at)],
        rings,
        ring_delay=Empirical.of(delays.tolist()) if len(delays) else Constant(0.0),
        patience=Lognormal(6.0, 0.5),
    )


def fit_handle_times(attempts: pd.DataFrame, dispositions: pd.DataFrame) -> HandleTimes | None:
    """Give talk, wrap-up and dispositions of these calls; None when there are too few talks.

    Args:
        attempts: columns call_id, bridged_at, ended_at, wrapped_at, result.
        dispositions: columns call_id, code, oldest first; the last of a call counts.
    """
    bridged, ended, wrapped = (_seconds(attempts[name]) for name in ("bridged_at", "ended_at", "wrapped_at"))
    talk, wrap_up = ended - bridged, wrapped - ended
    person = (attempts["result"] == "human").fillna(value=False).to_numpy(dtype=bool)
    whole = person & (talk > 0.0) & (talk < _LONGEST_TALK) & (wrap_up >= 0.0) & (wrap_up < _LONGEST_WRAP_UP)
    if whole.sum() < LEAST_TALKS:
        return None
    last = dispositions.drop_duplicates("call_id", keep="last").set_index("call_id")["code"]
    codes = Counter(last.reindex(attempts["call_id"][whole]).dropna().tolist())
    return HandleTimes(
        Clipped(Empirical.of(talk[whole].tolist()), 1.0, _LONGEST_TALK),
        Clipped(Empirical.of(wrap_up[whole].tolist()), 0.5, _LONGEST_WRAP_UP),
        codes,
        int(whole.sum()),
    )


def _kinds(attempts: pd.DataFrame, answered: NDArray[np.float64]) -> NDArray[np.int64]:
    """How each call left the ring: a number of `_KINDS`, let go, or unknown."""
    words = {word: _NUMBER[kind] for word, kind in _UNANSWERED.items()} | {"cancelled": _LET_GO}  # type: ignore[index]
    found = attempts["result"].map(words).fillna(_UNKNOWN).to_numpy(dtype=np.int64)
    return np.where(np.isnan(answered), found, _NUMBER["human"])


def _before_ringing(kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which calls the network refused: they never rang."""
    return np.isin(kind, [_NUMBER["busy"], _NUMBER["congestion"], _NUMBER["invalid"]])


def _mixes(
    kind: NDArray[np.int64], slot: NDArray[np.int64], count: int, overall: Mapping[FarEndResult, float]
) -> list[Mix]:
    """The mix of each slot: its own counts, set right for calls let go, and drawn towards that of all calls."""
    resolved = kind >= 0
    total = max(1, int(resolved.sum()))
    mixes = []
    for each in range(count):
        here = resolved & (slot == each)
        calls = int(here.sum())
        shares: dict[FarEndResult, float] = {}
        for name, share in overall.items():
            if name == "no_answer":
                continue
            naive = float((kind[resolved] == _NUMBER[name]).sum()) / total
            own = float((kind[here] == _NUMBER[name]).sum()) * (share / naive if naive else 0.0)
            shares[name] = (own + _PRIOR * share) / (calls + _PRIOR)
        excess = max(1.0, sum(shares.values()))
        mixes.append(Mix({name: share / excess for name, share in shares.items()}))
    return mixes


def _seconds(column: pd.Series) -> NDArray[np.float64]:
    """Instants as seconds since the epoch; nan for none."""
    numbers = column.to_numpy(dtype="datetime64[us]")
    found = numbers.astype(np.int64) / 1e6
    found[np.isnat(numbers)] = np.nan
    return found
