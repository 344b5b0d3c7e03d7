"""The overload probabilities of one floor, against plain convolution."""

from __future__ import annotations

import numpy as np
import pytest

from dialer.pacing.look import Look


def _look(agents: int, busy: int, calls: int, seed: int) -> tuple[Look, np.ndarray]:
    """A floor of two instants: SOON, and one at which a new call may be answered."""
    rng = np.random.default_rng(seed)
    trials = np.concatenate((rng.uniform(0.8, 1.0, (busy, 2)), rng.uniform(0.2, 0.6, (calls, 2))))
    cumulants = np.zeros((4, 2))
    look = Look(
        agents,
        np.array([0.05, 0.1]),
        0.1,
        np.array([1.0]),
        cumulants=cumulants,
        answers=trials[busy:].sum(axis=0),
        doubt=0.1,
        trials=trials,
        calls=calls,
        unserved=0.0,
    )
    return look, trials


@pytest.mark.parametrize("agents", [5, 80, 81, 100, 130])
@pytest.mark.parametrize("spare", [0, 7, 8, 9, 20, 31, 10_000])
def test_any_number_of_payable_abandonments_has_its_probability_on_a_floor_of_any_size(agents: int, spare: int):
    look, trials = _look(agents, busy=agents, calls=60, seed=agents)
    if spare >= 8 and agents <= 80:
        assert look.soon(spare) == 0.0  # that many can be paid: nothing to fear
        return
    law = np.ones(1)
    for q in trials[:, 0]:
        law = np.convolve(law, [1.0 - q, q])
    assert look.soon(spare) == pytest.approx(law[agents + spare :].sum(), abs=1e-6)
