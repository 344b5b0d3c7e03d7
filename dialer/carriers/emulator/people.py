"""Who is called: the port, and what the emulator needs to know of the far end beyond an `Encounter`.

The port is `dialer.carriers.simulated.FarEnd`, so the seeded people of a simulation and a script in a test answer
here as they answer the embedded simulated carrier. A far end may return plain encounters; one that wants to say more
(keys at set times, a SIP code, a verdict of detection, a phone that is an agent's) returns a `Behaviour`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

from pydantic import TypeAdapter

from dialer.carriers.simulated.encounter import Encounter, FarEnd

__all__ = ["AGENT_PHONE", "Behaviour", "Directory", "read_behaviours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour(Encounter):
    """One call seen from the called side, in full. Durations are seconds.

    Attributes:
        leaves_at: after the answer, whatever is going on, or None.
        keys_at: (seconds after the answer, digits) pairs: pressed whatever is going on.
        key: what is pressed at `opts_out_at`.
        greeting: how long a machine speaks before its beep.
        listens: how long a machine records after its beep, or a fax whistles, before it hangs up.
        sip_code: why an unanswered call ended, or None for the result's own.
        verdict: what answering-machine detection says of this call, or None for its own mind.
    """

    leaves_at: float | None = None
    keys_at: tuple[tuple[float, str], ...] = ()
    key: str = "9"
    greeting: float = 6.0
    listens: float = 90.0
    sip_code: int | None = None
    verdict: str | None = None

    @classmethod
    def of(cls, encounter: Encounter) -> Behaviour:
        """The encounter itself when it already says everything, else with the defaults."""
        if isinstance(encounter, cls):
            return encounter
        return cls(**{each.name: getattr(encounter, each.name) for each in fields(Encounter)})


_BEHAVIOURS: TypeAdapter[list[Behaviour] | Behaviour] = TypeAdapter(list[Behaviour] | Behaviour)


def read_behaviours(value: object) -> list[Behaviour]:
    """Read what happens at one number: an object with the fields of `Behaviour`, or a list used up call by call.

    Raises:
        ValueError: it is none (pydantic's error says where).
    """
    read = _BEHAVIOURS.validate_python(value)
    return read if isinstance(read, list) else [read]


#: An agent's ordinary phone: picked up at once and held all day.
AGENT_PHONE = Behaviour(result="human", ring_delay=0.2, ring=1.0, patience=math.inf)


class Directory:
    """Who answers at which number: a `FarEnd` whose entries can be changed while it is in use.

    Args:
        otherwise: who answers at all numbers without an entry.
    """

    def __init__(self, otherwise: FarEnd) -> None:
        self._otherwise = otherwise
        self._entries: dict[str, list[Encounter]] = {}

    def put(self, number: str, behaviours: Encounter | Iterable[Encounter]) -> None:
        """Say what happens at a number; several are used up call by call, the last one stays."""
        self._entries[number] = [behaviours] if isinstance(behaviours, Encounter) else list(behaviours)

    def meet(self, attempt: str, number: str, at: float) -> Encounter:
        """Return what happens when `number` is called at `at`."""
        entries = self._entries.get(number)
        if not entries:
            return self._otherwise.meet(attempt, number, at)
        return entries.pop(0) if len(entries) > 1 else entries[0]
