"""The carrier's own books: what was dialed, what each person heard, and whom they spoke with.

Facts are entered as they happen, with the emulator's own instants, and never changed; a call's story (`CallBook`) is
folded from its facts, in the emulator and by whoever reads the file. An auditor holds the dialer's opinion against
them. Every line of the file is one fact:

    {"call": "CA...", "fact": "hears", "at": 1800000000.123, "t": 12.345, ...}

`at` is seconds since the epoch, `t` simulated seconds since the emulator started (monotonic).
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

__all__ = ["Books", "CallBook", "Heard", "fold", "read_books"]

Fact = dict[str, Any]


@dataclass(slots=True)
class Heard:
    """A stretch of what was to be heard on one leg.

    Attributes:
        kind: `silence`, `play`, `say`, `music`, `voices` (other people) or `error` (the carrier's own regrets).
        what: the prompt's URL or text; for voices who they were.
        start: `t` of its begin.
        end: `t` of its end, or None while it lasts.
    """

    kind: str
    what: str | tuple[str, ...]
    start: float
    end: float | None = None


@dataclass(slots=True)
class CallBook:
    """One leg as the carrier saw it. Instants are `t`, s; None: it did not come to that.

    Attributes:
        direction: `outbound-api`, `outbound-dial` or `inbound`.
        result: what the far end turned out to be; `client` for a browser.
        heard: everything, in order, from the answer on.
        prompts: (URL or text, whether it was heard to its end), in order.
        keys: (t, digits) as pressed.
        rooms: (friendly name, joined, left or None) of each conference.
        verdicts: (t, what) of answering-machine detection.
        ended_by: who ended it: `person`, `api`, `script` (the document ran out), `time limit`, `moderator`, ...
    """

    call: str
    to: str = ""
    caller: str = ""
    direction: str = ""
    parent: str | None = None
    asked_at: float = 0.0
    at: float = 0.0
    queue_time: float = 0.0
    dialed_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    result: str | None = None
    heard: list[Heard] = field(default_factory=list)
    prompts: list[tuple[str, bool]] = field(default_factory=list)
    keys: list[tuple[float, str]] = field(default_factory=list)
    rooms: list[tuple[str, float, float | None]] = field(default_factory=list)
    verdicts: list[tuple[float, str]] = field(default_factory=list)
    ended_at: float | None = None
    status: str | None = None
    sip_code: int | None = None
    ended_by: str | None = None

    def seconds_to(self, *kinds: str) -> float | None:
        """From the answer until the first sound of these kinds, or None."""
        first = next((each.start for each in self.heard if each.kind in kinds), None)
        return None if first is None or self.answered_at is None else first - self.answered_at

    @property
    def seconds_to_voice(self) -> float | None:
        """From the answer until somebody's voice was there."""
        return self.seconds_to("voices")

    @property
    def seconds_to_prompt(self) -> float | None:
        """From the answer until the first prompt began."""
        return self.seconds_to("play", "say")

    @property
    def spoke_with(self) -> tuple[str, ...]:
        """Everybody whose voice was there, in the order of their coming."""
        return tuple(dict.fromkeys(name for each in self.heard if each.kind == "voices" for name in each.what))

    def heard_to_end(self, part: str) -> bool:
        """Whether a prompt whose URL or text contains `part` was heard to its end."""
        return any(part in what and whole for what, whole in self.prompts)

    def heard_any(self, part: str) -> bool:
        """Whether a prompt whose URL or text contains `part` began."""
        return any(part in str(each.what) for each in self.heard if each.kind in {"play", "say"})

    def as_json(self) -> dict[str, Any]:
        """The book as one JSON object, with what follows from it."""
        return asdict(self) | {
            "seconds_to_voice": self.seconds_to_voice,
            "seconds_to_prompt": self.seconds_to_prompt,
            "spoke_with": self.spoke_with,
        }


def fold(facts: Iterable[Fact]) -> list[CallBook]:
    """Tell the calls' stories from the facts, in the order in which they were asked for.

    Raises:
        ValueError: a fact is of no known kind.
    """
    books: dict[str, CallBook] = {}
    for fact in facts:
        call = fact["call"]
        book = books.get(call)
        if book is None:
            book = books[call] = CallBook(call)
        entry = _ENTRIES.get(fact["fact"])
        if entry is None:
            raise ValueError(f"unknown fact {fact['fact']!r}")
        entry(book, fact)
    return list(books.values())


def _asked(book: CallBook, fact: Fact) -> None:
    book.to, book.caller, book.direction, book.parent = fact["to"], fact["from"], fact["direction"], fact["parent"]
    book.asked_at, book.at, book.queue_time = fact["t"], fact["at"], fact["queue_time"]


def _dialed(book: CallBook, fact: Fact) -> None:
    book.dialed_at = fact["t"]


def _ringing(book: CallBook, fact: Fact) -> None:
    book.ringing_at = fact["t"]


def _answered(book: CallBook, fact: Fact) -> None:
    book.answered_at, book.result = fact["t"], fact["result"]


def _hears(book: CallBook, fact: Fact) -> None:
    if book.heard:
        book.heard[-1].end = fact["t"]
    what = fact["what"]
    book.heard.append(Heard(fact["kind"], tuple(what) if isinstance(what, list | tuple) else what, fact["t"]))


def _heard(book: CallBook, fact: Fact) -> None:
    book.prompts.append((fact["what"], fact["whole"]))


def _pressed(book: CallBook, fact: Fact) -> None:
    book.keys.append((fact["t"], fact["digits"]))


def _joined(book: CallBook, fact: Fact) -> None:
    book.rooms.append((fact["room"], fact["t"], None))


def _left(book: CallBook, fact: Fact) -> None:
    room, joined, _ = book.rooms[-1]
    book.rooms[-1] = (room, joined, fact["t"])


def _verdict(book: CallBook, fact: Fact) -> None:
    book.verdicts.append((fact["t"], fact["verdict"]))


def _ended(book: CallBook, fact: Fact) -> None:
    book.ended_at, book.status = fact["t"], fact["status"]
    book.sip_code, book.ended_by = fact["sip_code"], fact["by"]
    if book.heard:
        book.heard[-1].end = fact["t"]


def _no_entry(_book: CallBook, _fact: Fact) -> None:
    """Facts that are there to be read in the file: beeps, holds, mutes, recordings."""


_ENTRIES: dict[str, Callable[[CallBook, Fact], None]] = {
    "asked": _asked,
    "dialed": _dialed,
    "ringing": _ringing,
    "answered": _answered,
    "hears": _hears,
    "heard": _heard,
    "pressed": _pressed,
    "joined": _joined,
    "left": _left,
    "verdict": _verdict,
    "ended": _ended,
    "told": _no_entry,
}


class Books:
    """All facts of one emulator.

    Args:
        instants: gives (`at`, `t`).
        path: a JSON Lines file to append to, or None.
        keeps: how many ended calls are remembered; the file forgets none.
    """

    def __init__(self, instants: Callable[[], tuple[float, float]], path: Path | None, keeps: int) -> None:
        self._instants = instants
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        self._ended: deque[str] = deque()
        self._keeps = keeps
        self._file: IO[str] | None = None if path is None else path.open("a", encoding="utf-8")

    def note(self, call: str, fact: str, **details: Any) -> None:
        """Enter one fact."""
        at, t = self._instants()
        entry = {"call": call, "fact": fact, "at": round(at, 6), "t": round(t, 6), **details}
        self._facts[call].append(entry)
        if self._file is not None:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()
        if fact == "ended":
            self._ended.append(call)
            if len(self._ended) > self._keeps:
                del self._facts[self._ended.popleft()]

    def __iter__(self) -> Iterator[CallBook]:
        """The story of every call that is remembered."""
        for facts in list(self._facts.values()):
            yield from fold(facts)

    def of(self, call: str) -> CallBook | None:
        """One call's story."""
        facts = self._facts.get(call)
        return fold(facts)[0] if facts else None

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()
            self._file = None


def read_books(path: Path) -> list[CallBook]:
    """Read what one emulator wrote; a last line cut short by a crash is ignored.

    Raises:
        ValueError: another line is no JSON, or no fact.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    whole = [line for line in lines[:-1] if line]  # what follows the last line break is a line cut short
    return fold(json.loads(line) for line in whole)
