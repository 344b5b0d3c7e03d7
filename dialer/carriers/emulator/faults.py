"""What the carrier does wrong: a list of rules, each with the calls and events it is for.

Seconds are simulated ones, but for `answer_lost` and `slow`: whoever waits for those answers waits in real time.
A rule strikes by its own counted draws (`Stream`), so what it does to the n-th thing it meets is the same in every
run. Kinds, and what else they read:

| kind | what happens | reads |
|---|---|---|
| `answer_lost` | the request is carried out, and its answer comes only after `seconds` | `seconds` |
| `answer_reset` | the request is carried out, and the connection is reset | |
| `refuse` | the request is refused | `code`, `retry_after` |
| `slow` | the request is carried out after `seconds` | `seconds` |
| `stale` | reads tell what was true `seconds` ago | `seconds` |
| `queue` | a created call waits longer in the queue | `seconds` |
| `drop` | a callback never comes | |
| `duplicate` | a callback comes again after `seconds` | `seconds` |
| `delay` | a callback comes after `seconds`; a span of seconds reorders | `seconds` |
| `forge` | a callback of somebody without our token comes first | `says` |
| `other_account` | a callback signed for another account comes first | |
| `fetch_twice` | a document is requested twice at once, the second answer counts | |
| `leaves` | the person hangs up `seconds` after the answer | `seconds` |
| `leaves_joining` | the person hangs up while being put into a conference | |
| `verdict` | detection says `verdict` after `seconds`, then maybe `then` | `verdict`, `seconds`, `then` |
| `recording_absent` | a recording turns out to be absent | |
| `recording_late` | a recording is ready only after `seconds` | `seconds` |
| `dead_trunk` | nothing rings, the call ends after `seconds` | `seconds`, `status`, `sip_code` |
| `skew` | every instant that is told is off by `seconds` | `seconds` |

`on` names what a rule is for, with `*` and `?`: requests `calls.create calls.update calls.fetch calls.list
participants.create ...`; callbacks and fetches `status.initiated status.ringing status.answered status.completed
detection conference.participant-join conference.conference-start ... recording.in-progress recording.completed
recording.absent twiml.url twiml.action twiml.gather twiml.redirect twiml.wait`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from dialer.carriers.emulator.errors import is_known
from dialer.carriers.simulated.draws import Stream

__all__ = ["Fault", "FaultKind", "Faults", "read_faults"]

FaultKind = Literal[
    "answer_lost",
    "answer_reset",
    "refuse",
    "slow",
    "stale",
    "queue",
    "drop",
    "duplicate",
    "delay",
    "forge",
    "other_account",
    "fetch_twice",
    "leaves",
    "leaves_joining",
    "verdict",
    "recording_absent",
    "recording_late",
    "dead_trunk",
    "skew",
]

_NEEDS_SECONDS = frozenset(
    {"answer_lost", "slow", "stale", "queue", "duplicate", "delay", "leaves", "recording_late", "skew"}
)
_Seconds = Annotated[float, Field(allow_inf_nan=False)]


class Fault(BaseModel):
    """One rule.

    Attributes:
        kind: what happens, see the table of this module.
        on: for which requests, callbacks or fetches; a pattern.
        to: for which called numbers; a pattern.
        caller: for which caller ids; a pattern.
        probability: how often it strikes where it could.
        times: how often it strikes at most, or None.
        start: not before, simulated seconds after the emulator's start.
        end: not from then on.
        seconds: a number, or a span of which a point is drawn.
        code: the carrier's error of a refusal.
        retry_after: s, told with the refusal.
        says: parameters of the forged callback that differ.
        verdict: what detection says.
        then: what it says 1 s later, contradicting itself.
        status: how a dead trunk's call ends.
        sip_code: with which code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    on: str = "*"
    to: str = "*"
    caller: str = "*"
    probability: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    times: Annotated[int, Field(ge=1)] | None = None
    start: float = 0.0
    end: float | None = None
    seconds: _Seconds | tuple[_Seconds, _Seconds] | None = None
    code: int | None = None
    retry_after: float | None = None
    says: dict[str, str] = Field(default_factory=dict)
    verdict: str | None = None
    then: str | None = None
    status: Literal["no-answer", "failed", "busy"] = "no-answer"
    sip_code: int = 480

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.kind in _NEEDS_SECONDS and self.seconds is None:
            raise ValueError(f"{self.kind} needs seconds")
        if isinstance(self.seconds, tuple) and self.seconds[0] > self.seconds[1]:
            raise ValueError(f"seconds are in the wrong order: {self.seconds}")
        if self.kind == "refuse" and (self.code is None or not is_known(self.code)):
            raise ValueError(f"refuse needs a code of the carrier's, got {self.code}")
        if self.kind == "verdict" and self.verdict is None:
            raise ValueError("verdict needs verdict")
        return self

    def seconds_of(self, u: float) -> float:
        """The seconds, drawn where they are a span."""
        if isinstance(self.seconds, tuple):
            return self.seconds[0] + (self.seconds[1] - self.seconds[0]) * u
        return self.seconds or 0.0


class Strike:
    """A rule that strikes now, with the seconds drawn for it."""

    __slots__ = ("rule", "seconds")

    def __init__(self, rule: Fault, seconds: float) -> None:
        self.rule = rule
        self.seconds = seconds


class Faults:
    """All rules in force; they can be changed while the emulator runs.

    Args:
        rules: to begin with.
        seed: of the draws.
    """

    def __init__(self, rules: Iterable[Fault] = (), seed: int = 0) -> None:
        self._stream = Stream(seed, "emulator/faults")
        self._rules: dict[int, Fault] = {}
        self._met: dict[int, int] = {}
        self.struck: dict[int, int] = {}
        self._last = 0
        for rule in rules:
            self.add(rule)

    def add(self, rule: Fault) -> int:
        """Put a rule in force; returns its id."""
        self._last += 1
        self._rules[self._last] = rule
        self._met[self._last] = self.struck[self._last] = 0
        return self._last

    def remove(self, rule_id: int | None = None) -> None:
        """Lift one rule, or all."""
        if rule_id is None:
            self._rules.clear()
        else:
            self._rules.pop(rule_id, None)

    def listing(self) -> list[dict[str, object]]:
        """Every rule in force, with its id and how often it struck."""
        return [
            {"id": rule_id, "struck": self.struck[rule_id], **rule.model_dump(exclude_defaults=True)}
            for rule_id, rule in self._rules.items()
        ]

    def strike(self, kind: FaultKind, on: str, at: float, to: str = "", caller: str = "") -> Strike | None:
        """The first rule of a kind that strikes something, or None.

        Args:
            kind: of the rule.
            on: what could be struck, see the module.
            at: simulated seconds since the start.
            to: the called number.
            caller: the caller id.
        """
        for rule_id, rule in self._rules.items():
            if rule.kind != kind or not _matches(rule, on, to, caller):
                continue
            if at < rule.start or (rule.end is not None and at >= rule.end):
                continue
            if rule.times is not None and self.struck[rule_id] >= rule.times:
                continue
            self._met[rule_id] += 1
            u = self._stream.draws(f"{rule_id}/{self._met[rule_id]}")
            if u[0] < rule.probability:
                self.struck[rule_id] += 1
                return Strike(rule, rule.seconds_of(u[1]))
        return None


def _matches(rule: Fault, on: str, to: str, caller: str) -> bool:
    return fnmatchcase(on, rule.on) and fnmatchcase(to, rule.to) and fnmatchcase(caller, rule.caller)


def read_faults(path: Path) -> list[Fault]:
    """Read rules from a JSON file: a list of objects.

    Raises:
        ValueError: it is no JSON, or a rule is wrong (pydantic's error says which and why).
        OSError: it cannot be read.
    """
    return TypeAdapter(list[Fault]).validate_python(json.loads(path.read_text(encoding="utf-8")))
