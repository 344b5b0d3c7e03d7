"""What the simulated account is and how the simulated network behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ACCOUNT_SID", "API_KEY", "API_SECRET", "APPLICATION_SID", "AUTH_TOKEN", "NUMBER", "EmulatorSettings"]

# The account that exists when nothing else is said. None of this opens anything but a simulator.
ACCOUNT_SID = f"AC{1:032x}"
AUTH_TOKEN = f"{2:032x}"
API_KEY = f"SK{3:032x}"
API_SECRET = "simulated-secret-of-no-account-at-all"  # noqa: S105  # 32 bytes at least, for HS256
APPLICATION_SID = f"AP{4:032x}"
NUMBER = "+12025550100"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorSettings:
    """One simulated account. Durations are seconds of simulated time unless they say otherwise.

    Attributes:
        account_sid: the account; `auth_token` is its password and signs callbacks.
        api_keys: secret by API key sid, for the access tokens of agents' browsers.
        applications: voice URL by TwiML application sid: where a browser's outgoing call is handled.
        numbers: the account's own numbers (`IncomingPhoneNumbers`).
        caller_ids: its verified numbers (`OutgoingCallerIds`).
        countries: prefixes that the account may call; others are refused with 21215.
        calls_per_second: the rate at which created calls leave the account's queue.
        concurrency: most calls at once, or None; one more is refused with 10004.
        strict: refuse unknown parameters (the real carrier ignores them) and wrong values it would let pass.
        speed: how much faster than real time people and prompts are. Requests over the network are not faster,
            so at any speed but 1 the time they take counts `speed` times in the books.
        seed: of everything that is drawn: detection's mistakes and faults.
        place_delay: from leaving the queue until the far end is signalled.
        join_delay: from `<Dial><Conference>` until the person is in the room.
        detection_person: how long answering-machine detection takes for a person, until its verdict.
        detection_machine: the same for a machine or a fax.
        mistaken_for_machine: probability that detection takes a person for a machine.
        mistaken_for_person: probability that detection takes a machine for a person.
        unsure: probability that detection says `unknown`.
        recording_delay: from the end of a recording until it can be fetched.
        silent_play: length of a prompt whose length cannot be told.
        speaking_rate: characters of `<Say>` a second.
        action_after_redirect: a redirect during `<Dial action>` fetches the action too and discards the answer,
            as the real carrier was seen to do.
        keeps: how many ended calls, requests and deliveries are remembered.
    """

    account_sid: str = ACCOUNT_SID
    auth_token: str = AUTH_TOKEN
    api_keys: Mapping[str, str] = field(default_factory=lambda: {API_KEY: API_SECRET})
    applications: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = (NUMBER,)
    caller_ids: tuple[str, ...] = ()
    countries: tuple[str, ...] = ("+1",)
    calls_per_second: float = 1.0
    concurrency: int | None = None
    strict: bool = True
    speed: float = 1.0
    seed: int = 0
    place_delay: float = 0.1
    join_delay: float = 0.12
    detection_person: float = 1.8
    detection_machine: float = 3.6
    mistaken_for_machine: float = 0.0
    mistaken_for_person: float = 0.0
    unsure: float = 0.0
    recording_delay: float = 1.0
    silent_play: float = 8.0
    speaking_rate: float = 15.0
    action_after_redirect: bool = True
    keeps: int = 50_000

    def __post_init__(self) -> None:
        if not (self.calls_per_second > 0.0 and self.speed > 0.0):
            raise ValueError(f"calls_per_second and speed must be above 0, got {self!r}")
        if not self.account_sid.startswith("AC") or len(self.account_sid) != 34:
            raise ValueError(f"account_sid is AC and 32 digits, got {self.account_sid!r}")
