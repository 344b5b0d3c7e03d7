"""Which of a campaign's dispositions a simulated agent chooses, and how often.

A campaign names its dispositions freely and says by flags what they mean (`campaigns.dispositions`). Each
code is filed under the most telling of its flags; the outcome's weight is shared evenly by the codes filed
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ORDER", "Choices", "choices"]

#: Flags from the most telling to the least.
ORDER = (
    "machine",
    "opt_out",
    "attorney",
    "cease",
    "wrong_number",
    "promise",
    "conversion",
    "callback",
    "refusal",
    "final",
    "contact",
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What an agent can choose.

    Attributes:
        weights: (code, weight) of everything that may come of a talk with a person.
        callback_codes: codes that come with a time to call back.
        machine_code: the code for a machine.
    """

    weights: tuple[tuple[str, float], ...]
    callback_codes: frozenset[str]
    machine_code: str


def choices(dispositions: Mapping[str, frozenset[str]], outcomes: Mapping[str, float]) -> Choices:
    """Turn a campaign's dispositions (code to flags) and the outcomes' weights (flag to weight) into choices.

    Outcomes that the campaign has no code for are left out; when that leaves nothing, all codes weigh the
    same. A campaign without a code for machines uses its last one.

    Raises:
        ValueError: an outcome is no flag of `ORDER`, or there is no disposition.
    """
    unknown = sorted(set(outcomes) - set(ORDER))
    if unknown:
        raise ValueError(f"unknown outcome {unknown[0]!r}; known are {', '.join(ORDER)}")
    if not dispositions:
        raise ValueError("a simulated agent needs at least one disposition to choose from")
    filed: dict[str, list[str]] = {}
    for code, flags in dispositions.items():
        meaning = next((flag for flag in ORDER if flag in flags), "contact")
        filed.setdefault(meaning, []).append(code)
    machines = filed.pop("machine", [])
    weights = tuple(
        (code, outcomes[meaning] / len(codes))
        for meaning, codes in filed.items()
        if outcomes.get(meaning, 0.0) > 0.0
        for code in codes
    )
    return Choices(
        weights or tuple((code, 1.0) for code in dispositions),
        frozenset(code for code, flags in dispositions.items() if "callback" in flags),
        machines[0] if machines else list(dispositions)[-1],
    )
