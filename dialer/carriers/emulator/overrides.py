"""Connection overrides: how long and how often the carrier tries, said in the fragment of a callback's URL.

Source: www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag

__all__ = ["Overrides", "read_overrides"]

_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


@dataclass(frozen=True, slots=True)
class Overrides:
    """Seconds and counts of one callback.

    Attributes:
        connect: for the connection to be made.
        read: for each part of the answer.
        total: for everything, retries included.
        retries: after the first try.
        policy: what is tried again: `4xx`, `5xx`, `ct` (no connection), `rt` (no answer in time), `all`.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})

    def repeats(self, outcome: str) -> bool:
        """Whether an outcome (`ct`, `rt`, `4xx`, `5xx`) is tried again."""
        return outcome in self.policy or ("all" in self.policy and outcome in _POLICIES)


def read_overrides(url: str) -> tuple[str, Overrides, list[str]]:
    """Split a URL into what is requested (and signed) and how; and tell what is wrong with the fragment."""
    bare, fragment = urldefrag(url)
    if not fragment:
        return bare, Overrides(), []
    values: dict[str, float] = {}
    policy = Overrides().policy
    wrong: list[str] = []
    bounds = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}
    for name, value in parse_qsl(fragment, keep_blank_values=True):
        if name in bounds:
            low, high = bounds[name]
            if value.isdecimal() and low <= int(value) <= high:
                values[name] = float(value)
            else:
                wrong.append(f"{name}={value} is not between {low} and {high}")
        elif name == "rp":
            asked = frozenset(value.split(","))
            if asked <= _POLICIES:
                policy = asked
            else:
                wrong.append(f"rp={value} is none of {', '.join(sorted(_POLICIES))}")
        elif name not in {"e", "sni"}:
            wrong.append(f"{name} is no override")
    return (
        bare,
        Overrides(
            values.get("ct", 5000.0) / 1000.0,
            values.get("rt", 15_000.0) / 1000.0,
            values.get("tt", 15_000.0) / 1000.0,
            int(values.get("rc", 1)),
            policy,
        ),
        wrong,
    )
