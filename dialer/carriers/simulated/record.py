"""The carrier's own record of what was dialed: independent evidence against which the dialer's is held.

`CarrierRecord` keeps one `CallRecord` per placed call and, given a path, appends one JSON line per fact and
flushes it at once, so that after a `kill -9` of the dialer the file still tells every call that the carrier
had taken. `read_record` builds the records again from such a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from dialer.carriers.simulated.encounter import FarEndResult
from dialer.engine.events import EndCause

__all__ = ["CallRecord", "CarrierRecord", "read_record"]


@dataclass(slots=True)
class CallRecord:
    """One call as the carrier saw it. Instants are seconds since the epoch; None: it did not come to that.

    Attributes:
        at: when the carrier was asked to dial.
        nth: which call of this number by this carrier it is, counted from 1.
        result: what the far end turned out to be, which the dialer may never learn.
        answered_at: when something picked up: a person, a machine, a fax.
        agent_id: the agent who was joined, the last one when there were several.
        bridged_at: when person and agent could first hear each other.
        message_at: when a message began, the safe-harbour one or an agentless campaign's; the first, if two.
        message_played_at: when it was heard to its end.
        asked_agent_at: when the key for an agent was pressed.
        cause: the `EndCause` of the end.
    """

    call_id: str
    number: str
    caller_id: str
    at: float
    nth: int
    result: FarEndResult
    ringing_at: float | None = None
    answered_at: float | None = None
    machine_detected_at: float | None = None
    agent_id: str | None = None
    bridged_at: float | None = None
    message_at: float | None = None
    message_played_at: float | None = None
    opted_out_at: float | None = None
    asked_agent_at: float | None = None
    ended_at: float | None = None
    cause: EndCause | None = None

    @property
    def attempt(self) -> str:
        """The call's name in the simulated world: the same in every run, whatever the call's id is."""
        return f"{self.number}#{self.nth}"


#: What is known of a call when it is placed.
_AT_BIRTH = ("call_id", "number", "caller_id", "at", "nth", "result")


class CarrierRecord:
    """All calls of one carrier, in the order in which they were placed.

    Args:
        path: a JSON Lines file to append to, or None.
        keep_ended: False forgets a call when it has ended (the file and `placed` keep counting): for runs of
            millions of calls. Such a carrier answers `look_up` of an ended call with `Lost`.
    """

    def __init__(self, path: Path | None = None, *, keep_ended: bool = True) -> None:
        self._calls: dict[str, CallRecord] = {}
        self._keep_ended = keep_ended
        self._file: IO[str] | None = None if path is None else _open_to_append(path)
        self.placed = 0

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[CallRecord]:
        return iter(self._calls.values())

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._calls

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, call_id: str) -> CallRecord | None:
        """Return one call's record, or None when the carrier knows no such call."""
        return self._calls.get(call_id)

    def add(self, call: CallRecord) -> None:
        """Enter a call that was just placed."""
        self._calls[call.call_id] = call
        self.placed += 1
        if self._file is not None:
            self._write({field: getattr(call, field) for field in _AT_BIRTH})

    def note(self, call: CallRecord, **facts: float | str) -> None:
        """Enter facts of a call: the names are fields of `CallRecord`."""
        for field, value in facts.items():
            setattr(call, field, value)
        if self._file is not None:
            self._write({"call_id": call.call_id, **facts})
        if not self._keep_ended and "ended_at" in facts:
            del self._calls[call.call_id]

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, facts: dict[str, float | str]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(facts) + "\n")
            self._file.flush()


def read_record(path: Path) -> list[CallRecord]:
    """Read what one or more `CarrierRecord`s wrote, in the order of placing.

    A last line cut short by a crash is ignored. A call id that was dialed twice (by two processes, one
    after the other) gives two records.

    Raises:
        ValueError: a line other than the last is no JSON.
    """
    calls: list[CallRecord] = []
    latest: dict[str, CallRecord] = {}
    lines = path.read_text(encoding="utf-8").split("\n")
    for index, line in enumerate(lines):
        if not line:
            continue
        try:
            facts = json.loads(line)
        except ValueError as error:
            if index == len(lines) - 1:
                break
            raise ValueError(f"line {index + 1} of {path} is no JSON: {error}") from error
        if "number" in facts:
            call = latest[facts["call_id"]] = CallRecord(**facts)
            calls.append(call)
            continue
        for field, value in facts.items():
            setattr(latest[facts["call_id"]], field, value)
    return calls


def _open_to_append(path: Path) -> IO[str]:
    """Open a record to go on with, without the line that a crash may have cut short."""
    if path.exists():
        whole = path.read_bytes()
        if whole and not whole.endswith(b"\n"):
            path.write_bytes(whole[: whole.rfind(b"\n") + 1])
    return path.open("a", encoding="utf-8")
