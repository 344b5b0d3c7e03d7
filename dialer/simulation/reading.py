"""A campaign file's `[simulation]` table, read with the operator's mistakes in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from campaigns.problems import OperatorError, Problem
from campaigns.wording import explain, key_text
from dialer.simulation.settings import SimulationSettings

__all__ = ["SimulationError", "read_settings"]


class SimulationError(OperatorError):
    """The `[simulation]` table says something that no world can be."""


def read_settings(table: Mapping[str, Any], shown: str) -> SimulationSettings:
    """Read the table of the campaign file `shown`.

    Raises:
        SimulationError: naming file, key and remedy, every problem at once.
    """
    try:
        return SimulationSettings.model_validate(dict(table))
    except ValidationError as error:
        raise SimulationError(
            [
                Problem(shown, each.what, each.do, key=key_text(("simulation", *each.path)))
                for each in explain(SimulationSettings, error)
            ]
        ) from None
