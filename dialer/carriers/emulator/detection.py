"""Answering-machine detection: what the carrier thinks who picked up, and when it says so.

Asynchronous detection lets the call go on and reports to a URL; synchronous detection holds the first document back.
Source: www.twilio.com/docs/voice/answering-machine-detection.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialer.carriers.emulator.model import Told
from dialer.carriers.emulator.people import Behaviour
from dialer.carriers.emulator.settings import EmulatorSettings
from dialer.carriers.simulated.draws import Draws

__all__ = ["DetectionOptions", "Verdict", "verdict_of"]

#: The call itself answers what no test of the ear could: how long a person needs to be known for one.
_CLEAR = frozenset({"human", "machine", "fax"})


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """What a created call asks for.

    Attributes:
        wait_for_end: `DetectMessageEnd`: of a machine is told only at the end of its greeting.
        asynchronous: the call goes on meanwhile.
        told: where the verdict goes when asynchronous.
        timeout: s until `unknown`.
    """

    wait_for_end: bool
    asynchronous: bool
    told: Told
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said, and how many s after the answer."""

    answered_by: str
    seconds: float


def verdict_of(
    result: str, how: Behaviour | None, options: DetectionOptions, by: EmulatorSettings, u: Draws
) -> Verdict:
    """Decide what detection says of a call.

    Args:
        result: what truly picked up.
        how: the behaviour of the far end, if it is a simulated one.
        options: of the call.
        by: how long detection takes, and how often it errs.
        u: counted draws of the call.
    """
    if how is not None and how.verdict is not None:
        seconds = by.detection_person if how.verdict == "human" else by.detection_machine
        return Verdict(how.verdict, min(seconds, options.timeout))
    if result not in _CLEAR or u[0] < by.unsure:
        return Verdict("unknown", options.timeout)
    taken_for = result
    if result == "human" and u[1] < by.mistaken_for_machine:
        taken_for = "machine"
    elif result == "machine" and u[1] < by.mistaken_for_person:
        taken_for = "human"
    if taken_for == "human":
        return Verdict("human", min(by.detection_person * (0.7 + 0.6 * u[2]), options.timeout))
    if taken_for == "fax":
        return Verdict("fax", min(by.detection_machine, options.timeout))
    if not options.wait_for_end:
        return Verdict("machine_start", min(by.detection_machine * (0.7 + 0.6 * u[2]), options.timeout))
    greeting = how.greeting if how is not None and result == "machine" else by.detection_machine
    if greeting > options.timeout:
        return Verdict("unknown", options.timeout)
    return Verdict("machine_end_beep", greeting)
