"""What the desk says of an agent's finish, how far it is off, and what its silence tells.

Theory of operation
-------------------
A desk may announce when an agent will be free (closing step of the script, wrap-up begun, disposition
chosen). Each announcement is booked and compared with the finish: the error's mean and standard deviation
are learned, and the finish is taken as logistic around the announcement, whose exponential tail also
suits an agent who is overdue: every further second the chance stays the same, it does not become certain.

Silence tells, too. If a share of all finishes is announced L seconds ahead, an agent of whom nothing is
said is unlikely to finish within L. With B(h) the probability of being free within h by the learned handle
times, and m(u) the probability that a finish u seconds from now would not have been announced yet, Bayes
gives

    P(free within h | nothing announced) = integral over (0, h) of m dB / integral over (0, oo) of m dB.

L is kept as a histogram of the first announcements and used as a few equally likely values, so that both
integrals are sums of B at those values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dialer.pacing.values import AgentView

__all__ = ["ATOMS", "Finishing"]

Floats = npt.NDArray[np.float64]

#: How many equally likely values stand for the seconds between announcement and finish.
ATOMS = 3
_MEMORY = 60.0  # finishes after which one weighs 1/e
_LONGEST = 40  # s; an announcement longer ahead than this counts as this
_NEAR = 20.0  # s; an announcement is held to its error from here on
_MOST_ERROR = 30.0
_LEAST_ERROR = 0.25
_PRIOR_SILENT = 3.0
_LOGISTIC_SCALE = math.sqrt(3.0) / math.pi


class Finishing:
    """The learned ways of one campaign's desk.

    Attributes:
        bias: mean seconds by which agents finish later than announced.
        error: standard deviation of that, seconds.
        version: counts changes of what silence tells, so that users of it know when theirs are stale.
    """

    def __init__(self) -> None:
        self.bias = 0.0
        self.error = 1.0
        self.version = 0
        self._leads = [0.0] * (_LONGEST + 1)
        self._silent = _PRIOR_SILENT
        #: Announced finishes of agents still busy: seconds ahead at first, and when it is due.
        self._due: dict[str, tuple[float, float]] = {}
        self._shown: tuple[float, tuple[float, ...]] = (0.0, (0.0,) * ATOMS)

    # ------------------------------------------------------------------ learning

    def note(self, now: float, finishing: list[AgentView]) -> None:
        """Book what the desk announces at `now` seconds; `finishing` are the agents with a forecast."""
        book: dict[str, tuple[float, float]] = {}
        for agent in finishing:
            ahead = max(agent.finishing_in or 0.0, 0.0)
            first, due = self._due.get(agent.agent_id, (ahead, now + ahead))
            if ahead > 0.0 and due - now > _NEAR:
                due = now + ahead
            book[agent.agent_id] = (first, due)
        self._due = book

    def finished(self, agent_id: str, at: float) -> None:
        """Learn from an agent who became free at `at` seconds."""
        announced = self._due.pop(agent_id, None)
        if announced is None and self._silent + 1.0 > _MEMORY and not any(self._leads):
            return  # this desk announces nothing
        keep = 1.0 - 1.0 / _MEMORY
        self._leads = [weight * keep for weight in self._leads]
        self._silent *= keep
        if announced is None:
            self._silent += 1.0
        else:
            first, due = announced
            self._leads[min(int(first), _LONGEST)] += 1.0
            off = min(max(at - due, -_MOST_ERROR), _MOST_ERROR)
            self.bias += (off - self.bias) / _MEMORY
            spread = (off - self.bias) ** 2
            self.error = math.sqrt(self.error**2 + (spread - self.error**2) / _MEMORY)
        share, leads = self.silence()
        shown_share, shown_leads = self._shown
        moved = max(abs(a - b) for a, b in zip(leads, shown_leads, strict=True))
        if abs(share - shown_share) > 0.03 or (share > 0.03 and moved > 0.5):
            self._shown = (share, leads)
            self.version += 1

    def silence(self) -> tuple[float, tuple[float, ...]]:
        """Give the share of finishes that are announced, and `ATOMS` equally likely seconds ahead."""
        announced = sum(self._leads)
        if announced <= 0.0:
            return 0.0, (0.0,) * ATOMS
        values = []
        for atom in range(ATOMS):
            goal, total, value = (atom + 0.5) / ATOMS * announced, 0.0, float(_LONGEST)
            for lead, weight in enumerate(self._leads):
                total += weight
                if total >= goal:
                    value = lead + 1.0 - (total - goal) / weight
                    break
            values.append(value)
        return announced / (announced + self._silent), tuple(values)

    # ------------------------------------------------------------------ forecasting

    def shown(self) -> tuple[float, tuple[float, ...]]:
        """Give `silence` as of the present version."""
        return self._shown

    def unannounced(self, free: Floats, horizons: Floats) -> Floats:
        """Give the chance of being free within each horizon when nothing was announced.

        Args:
            free: shape (rows, k + ATOMS): B at each of k horizons, then at the `shown` seconds ahead.
            horizons: seconds ahead, shape (k,).

        Returns:
            Shape (rows, k).
        """
        share, leads = self._shown
        k = horizons.size
        within, whole = free[:, :k].copy(), np.ones(len(free))
        if share > 0.0:
            for column, lead in enumerate(leads, start=k):
                before = np.where(horizons[None, :] <= lead, free[:, :k], free[:, column : column + 1])
                within -= share / ATOMS * before
                whole -= share / ATOMS * free[:, column]
        result: Floats = np.clip(within / np.maximum(whole, 1e-9)[:, None], 0.0, 1.0)
        return result

    def late(self, now: float, finishing: list[AgentView], horizons: Floats, widths: Floats) -> Floats:
        """Give the probability that each announced agent is still busy at each horizon.

        Args:
            now: the instant, seconds.
            finishing: the agents with a forecast, as booked by `note`.
            horizons: seconds ahead, shape (k,).
            widths: seconds that each horizon stands for, shape (k,): the step of a sure forecast is
                spread over them.

        Returns:
            Shape (len(finishing), k).
        """
        due = np.array(
            [agent.finishing_in or self._due[agent.agent_id][1] - now for agent in finishing], dtype=np.float64
        )[:, None]
        due += self.bias
        scale = _LOGISTIC_SCALE * np.sqrt(max(self.error, _LEAST_ERROR) ** 2 + widths * widths / 12.0)
        still = 1.0 + np.exp(np.clip(-due / scale, -50.0, 50.0))
        later = 1.0 + np.exp(np.clip((horizons - due) / scale, -50.0, 50.0))
        result: Floats = still / later
        return result

    # ------------------------------------------------------------------ snapshot

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot."""
        return {
            "bias": self.bias,
            "error": self.error,
            "version": self.version,
            "leads": list(self._leads),
            "silent": self._silent,
            "due": {name: list(pair) for name, pair in self._due.items()},
            "shown": [self._shown[0], list(self._shown[1])],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            KeyError: when a part is missing.
        """
        self.bias, self.error, self.version = float(state["bias"]), float(state["error"]), int(state["version"])
        self._leads = [float(weight) for weight in state["leads"]]
        self._silent = float(state["silent"])
        self._due = {name: (float(first), float(due)) for name, (first, due) in state["due"].items()}
        share, leads = state["shown"]
        self._shown = (float(share), tuple(float(lead) for lead in leads))
