"""How likely a lead answers, as the campaign's own calls say: fitted factors, shrinkage, and the way to the engine."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialer.runtime.propensity import fit
from dialer.store.outcomes import PastCall

NOW = datetime(2026, 11, 17, 18, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")


def calls(count, rate, *, seed=1, days=20.0, results=("human", "no_answer")):
    """Calls of the last days; `rate` gives a call's answer probability from attempts, hour (New York) and place."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        at = NOW - timedelta(days=rng.random() * days)
        attempts, place = rng.choice([0, 0, 1, 2]), rng.choice([1, 2])
        answered = rng.random() < rate(attempts, at.astimezone(ZONE).hour, place)
        made.append(PastCall(at, results[0] if answered else results[1], attempts, place))
    return made


def test_each_factor_is_found_beside_the_others():
    def rate(attempts, hour, place):
        return 0.2 * (1.0, 0.6, 0.4)[attempts] * (1.5 if hour >= 18 else 0.8) * (1.4 if place == 1 else 0.7)

    found = fit(calls(40_000, rate), NOW, ZONE)
    evening = (NOW.astimezone(ZONE).replace(hour=19)).timestamp()
    noon = (NOW.astimezone(ZONE).replace(hour=12)).timestamp()
    for at, hour in ((evening, 19), (noon, 12)):
        for attempts in (0, 1, 2):
            for place in (1, 2):
                assert found.of(attempts, place, at) == pytest.approx(rate(attempts, hour, place), rel=0.15)


def test_levels_with_few_calls_are_drawn_to_the_average():
    made = calls(4000, lambda *_: 0.2) + [PastCall(NOW, "human", 0, 9)] * 3
    found = fit(made, NOW, ZONE)
    assert found.places[9] < 1.2  # three of three answered, and still
    assert found.of(5, 77, NOW.timestamp()) == pytest.approx(found.rate * found.hours[13])  # never seen: average


@pytest.mark.parametrize(
    "made",
    [
        [],
        calls(499, lambda *_: 0.5),
        calls(4000, lambda *_: 0.005),
        calls(4000, lambda *_: 0.2, results=("cancelled", "failed")),
    ],
    ids=["none", "few calls", "few answers", "calls that tell nothing"],
)
def test_too_few_calls_say_nothing(made):
    assert fit(made, NOW, ZONE) is None


def test_old_calls_weigh_less():
    old = [
        PastCall(call.placed_at - timedelta(days=27), call.result, 0, 1)
        for call in calls(2000, lambda *_: 0.4, days=1.0)
    ]
    new = calls(2000, lambda *_: 0.1, days=1.0)
    assert fit(old + new, NOW, ZONE).rate < 0.18
