"""The figures that pacing is held to: rows of utilisation (%) that other policies and a prototype reached.

They were measured on the same reference floor by another program, near 3 % abandonment; see `docs/pacing`.
"""

from __future__ import annotations

__all__ = ["AGENTS", "ANSWER_RATES", "HOLDS", "TABLE", "WAIT_SHARE", "WAIT_SHARE_30", "cells"]

AGENTS = (5, 10, 30, 50, 100, 500)
ANSWER_RATES = (0.1, 0.3)

#: Utilisation in % by row and answer rate, in the order of `AGENTS`.
TABLE: dict[str, dict[float, tuple[float, ...]]] = {
    "progressive 1:1": {0.1: (38.2, 38.3, 38.4, 38.3, 38.4, 38.3), 0.3: (67.6, 67.5, 67.3, 67.7, 67.3, 67.4)},
    "VICIdial, defaults": {0.1: (39.0, 41.0, 45.1, 48.5, 55.7, 78.7), 0.3: (66.4, 66.5, 67.3, 67.4, 67.5, 67.8)},
    "VICIdial, best of 156": {0.1: (63.7, 70.4, 85.3, 85.3, 88.3, 90.5), 0.3: (72.4, 79.8, 86.2, 89.6, 92.8, 93.2)},
    "ratio of ready agents, tuned": {
        0.1: (67.4, 77.7, 87.5, 90.4, 92.8, 95.7),
        0.3: (72.6, 81.0, 89.0, 91.3, 93.5, 96.0),
    },
    "ours, no levers": {0.1: (72.7, 81.0, 90.5, 93.4, 96.2, 99.3), 0.3: (79.1, 84.2, 91.6, 94.1, 96.5, 99.4)},
    "ours, levers 1-3": {0.1: (78.6, 85.6, 93.2, 95.7, 97.8, 99.9), 0.3: (84.2, 88.5, 94.3, 96.1, 98.1, 99.9)},
}
#: How far under its row of the table the product may stay, percentage points.
HOLDS = {"ours, no levers": 0.7, "ours, levers 1-3": 1.0}
#: The most that agents may wait with levers, as a share of the best-tuned VICIdial's wait; and from 30 agents up.
WAIT_SHARE, WAIT_SHARE_30 = 0.55, 0.5


def cells() -> list[tuple[int, float]]:
    """Give all cells of the table: agents and answer rate."""
    return [(agents, rate) for rate in ANSWER_RATES for agents in AGENTS]
