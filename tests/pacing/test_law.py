"""The cap, after every answer: nothing is borrowed from answers still to come.

`DIALER_PACING_SEEDS=60` runs the long form (60 seeds and whole shifts; minutes to an hour).
"""

import os

import pytest
from reference_floor import ReferenceFloor

from dialer.pacing import PacingPolicy

SEEDS = int(os.environ.get("DIALER_PACING_SEEDS", "2"))
HOURS = 1.0 if SEEDS > 2 else 0.4
FIRST = 7000


def run(agents, p, levers, seed, hours, period_days=30.0):
    policy = (
        PacingPolicy(greeting=1.5, period_days=period_days)
        if levers
        else PacingPolicy(release_ringing=False, period_days=period_days)
    )
    return ReferenceFloor(agents, p, seed, policy, finish_known=10.0 if levers else 0.0).run(hours)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
@pytest.mark.parametrize(("agents", "p"), [(10, 0.1), (10, 0.3), (30, 0.3)])
@pytest.mark.parametrize("levers", [False, True], ids=["plain", "levers"])
def test_a_campaign_may_end_after_any_answer_from_the_34th_on(agents, p, levers, seed):
    result = run(agents, p, levers, seed, HOURS)
    assert result.answers >= 34
    assert result.worst_rate <= 0.03


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
@pytest.mark.parametrize("levers", [False, True], ids=["plain", "levers"])
def test_short_accounting_periods_each_end_under_the_cap(levers, seed):
    """Periods of some 100 answers: every one begins with an empty ledger and is judged by itself."""
    result = run(20, 0.3, levers, seed, HOURS, period_days=900.0 / 86_400.0)
    assert len(result.periods) >= HOURS * 3600 // 900
    for answers, abandoned in result.periods.values():
        assert abandoned <= 0.03 * answers
