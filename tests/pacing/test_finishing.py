"""What the desk announces, how far it is off, and what its silence tells."""

import json
import random

import numpy as np
import pytest
from reference_floor import lognormal

from dialer.pacing import AgentView
from dialer.pacing.finishing import Finishing
from dialer.pacing.handle_times import HandleTimes


def announced(desk, name, now, ahead, finishes):
    desk.note(now, [AgentView(name, "talking", 0.0, 0.0, ahead)])
    desk.finished(name, finishes)


def desk_of(rng, finishes, lead=10.0, share=1.0, bias=0.0, error=0.0):
    """A desk that announces a share of finishes `lead` seconds ahead."""
    desk = Finishing()
    for i in range(finishes):
        if rng.random() < share:
            announced(desk, "ann", 100.0 * i, lead, 100.0 * i + lead + rng.gauss(bias, error))
        else:
            desk.note(100.0 * i, [])
            desk.finished("ann", 100.0 * i)
    return desk


def test_the_desks_bias_and_error_are_learned():
    desk = desk_of(random.Random(1), 600, bias=2.0, error=3.0)
    assert desk.bias == pytest.approx(2.0, abs=0.8)
    assert desk.error == pytest.approx(3.0, abs=0.8)


def test_a_desk_that_is_always_right_is_believed_to_a_fraction_of_a_second():
    desk = desk_of(random.Random(1), 400)
    agents = [AgentView("ann", "talking", 0.0, 0.0, 8.0)]
    desk.note(50_000.0, agents)
    late = desk.late(50_000.0, agents, np.array([7.0, 9.0]), np.zeros(2))[0]
    assert late[0] > 0.98
    assert late[1] < 0.02


def test_an_overdue_agent_is_never_certain_to_finish_soon():
    desk = desk_of(random.Random(1), 400, error=3.0)
    agents = [AgentView("ann", "talking", 0.0, 0.0, 8.0)]
    desk.note(0.0, agents)
    overdue = [AgentView("ann", "talking", 0.0, 0.0, 0.0)]
    chances = []
    for now in (20.0, 40.0, 80.0):
        desk.note(now, overdue)
        chances.append(desk.late(now, overdue, np.array([2.0]), np.zeros(1))[0, 0])
    assert chances[0] == pytest.approx(chances[-1], abs=0.01)
    assert 0.1 < chances[-1] < 0.6


def test_share_and_lead_of_announcements_are_learned_and_followed():
    rng = random.Random(2)
    desk = desk_of(rng, 300, lead=10.0, share=0.7)
    share, leads = desk.silence()
    assert share == pytest.approx(0.7, abs=0.15)
    assert leads == pytest.approx((10.5, 10.5, 10.5), abs=0.5)
    for i in range(200):
        desk.note(1e6 + i, [])
        desk.finished("ann", 1e6 + i)
    assert desk.silence()[0] < 0.05


def test_silence_equals_counting_simulated_agents():
    """Of agents who have talked for a minute and of whom nothing was announced: who is free within h?"""
    rng = random.Random(3)
    times, sample = HandleTimes(), []
    for _ in range(8000):
        talk, wrap = lognormal(rng, 120.0, 1.0), lognormal(rng, 15.0, 0.5)
        times.observe(talk, wrap)
        sample.append((talk, wrap, rng.choice([6.0, 9.0, 14.0]) if rng.random() < 0.8 else 0.0))
    desk = Finishing()
    for i, (_, _, lead) in enumerate(sample[:600]):
        if lead:
            announced(desk, "ann", 100.0 * i, lead, 100.0 * i + lead)
        else:
            desk.finished("ann", 100.0 * i)
    horizons = np.array([4.0, 10.0, 20.0])
    _, leads = desk.shown()
    free = times.free_within(np.concatenate((horizons, leads)))[0]
    silent = desk.unannounced(free, horizons)[60]
    still = [(t + w - 60.0, lead) for t, w, lead in sample if t > 60.0 and t + w - 60.0 > lead]
    for k, ahead in enumerate(horizons):
        counted = sum(1 for left, _ in still if left <= ahead) / len(still)
        assert silent[k] == pytest.approx(counted, abs=0.03)
    assert silent[0] < free[60, 0] / 2


def test_a_desk_that_announces_nothing_changes_nothing():
    desk = desk_of(random.Random(4), 300, share=0.0)
    free = np.array([[0.1, 0.4, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(desk.unannounced(free, np.array([4.0, 20.0])), free[:, :2])


def test_what_was_learned_survives_json():
    desk = desk_of(random.Random(5), 80, share=0.5, error=2.0)
    desk.note(1.0, [AgentView("bob", "talking", 0.0, 0.0, 4.0)])
    copy = Finishing()
    copy.load(json.loads(json.dumps(desk.to_state())))
    assert copy.to_state() == desk.to_state()
