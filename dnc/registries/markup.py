"""XML lists of the United States and Canada, streamed through a strict parser that knows no entities.

`<list type='full' level='ac' val='919'><ac val='919'><ph val='5550101' />...` and, for changes,
`<ph val='5550104' type='A' date='2026-11-20' />`. Attributes of change entries are not confirmed by a
primary source, so anything but a clear `A` or `D` refuses the file.

A document type declaration is refused before anything in it is read: without one there are no entities to
expand and none to fetch. The parser keeps no tree; a tag that never ends is cut off. A document that is not
well-formed to its last byte (a stray `</list>`, a download cut short) is refused as a whole.

The parser would see a million entries a second; a whole national list would take it minutes. Runs of plain
entries are therefore read column-wise (`cleantags.py`) and stand in the document the parser sees as one element.
"""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final
from xml.parsers import expat

import numpy as np

from dnc.registries.cleantags import Run, plain_runs
from dnc.registries.keyed import Tag
from dnc.registries.report import Rejected, Sink
from dnc.registries.territory import foreign_area_codes
from dnc.registries.text import clean, guard_head

__all__ = ["read_xml"]

_AREA: Final = re.compile(r"[2-9]\d\d", re.ASCII)
_LINE: Final = re.compile(r"[2-9]\d{6}", re.ASCII)
_NESTING: Final = {"list": None, "ac": "list", "ph": "ac"}
_ACTIONS: Final = {"A": Tag.LISTED, "D": Tag.REMOVED}
_ENCODINGS: Final = ("utf-8", "us-ascii", "iso-8859-1", "windows-1252")  # read as UTF-8: a list is ASCII
_PIECE: Final = 2**16
_SILENCE: Final = 2**20  # bytes without a complete tag


def read_xml(blocks: Iterator[bytes], sink: Sink, *, kind: str, country: str) -> None:
    """Read one XML list; `kind` is `full` or `change` and must be what the document says it is."""
    parser = expat.ParserCreate("UTF-8")  # else expat looks up a codec by a name out of the file
    document = _Document(sink, kind, foreign_area_codes(country), parser)
    parser.buffer_text = False  # text is judged where it stands, so its line is told right
    parser.StartElementHandler = document.start
    parser.EndElementHandler = document.end
    parser.CharacterDataHandler = document.text
    parser.XmlDeclHandler = document.declaration
    parser.StartDoctypeDeclHandler = document.doctype
    parser.EntityDeclHandler = document.doctype
    parser.ExternalEntityRefHandler = document.doctype
    first = True
    try:
        for block in blocks:
            if first:
                guard_head(block[:4096])
                first = False
            if b"\0" in block:
                raise Rejected("NUL byte: the file is damaged or not UTF-8 text; download it again")
            document.feed(plain_runs(block) if kind == "full" else [block])
        if first:
            raise Rejected('zero records: an empty download is not "nobody registered"')
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        why = f"{expat.ErrorString(error.code)}, line {document.line():,}"
        raise Rejected(f"XML not well-formed, broken or cut short: {why}") from error


class _Document:
    """The handlers, with the path of open elements."""

    def __init__(self, sink: Sink, kind: str, foreign: dict[str, str], parser: expat.XMLParserType) -> None:
        self.sink = sink
        self.foreign = foreign
        self.kind = kind
        self.parser = parser
        self.silence = 0
        self.open: list[str] = []
        self.area = ""
        self.only_area = ""
        self._mark = f"run{secrets.token_hex(16)}"
        self._runs: dict[str, Run] = {}  # by what their mark says, until the parser comes to it
        self._fed = 0
        self._taken: deque[tuple[int, int]] = deque()  # where marks end, and the line ends they stand for
        self._taken_before = 0

    def feed(self, parts: Iterable[bytes | Run]) -> None:
        """Show the parser what comes next, with a mark in the place of each run."""
        for part in parts:
            if isinstance(part, Run):
                self._runs[str(self._fed)] = part
                mark = f"<{self._mark} at='{self._fed}'/>".encode()
                self._taken.append((self._fed + len(mark), part.line_ends))
                self._parse(mark, part.size)
                continue
            for start in range(0, len(part), _PIECE):
                piece = part[start : start + _PIECE]
                self._parse(piece, len(piece))

    def _parse(self, piece: bytes, size: int) -> None:
        self.silence += size
        self._fed += len(piece)
        self.parser.Parse(piece, False)
        if self.silence > _SILENCE:
            raise Rejected("XML with a tag or text that does not end")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.silence = 0
        run = self._runs.pop(attributes["at"]) if name == self._mark else None
        if run is not None:
            name = "ph"
        if name not in _NESTING or _NESTING[name] != (self.open[-1] if self.open else None):
            where = self.open[-1] if self.open else "the document"
            raise Rejected(f"unexpected <{name[:20]}> in {where} at line {self.line()}")
        self.open.append(name)
        if run is not None:
            self.line()  # forgets the marks before this one
            self.sink.add_many(run.numbers + np.uint64(int(f"1{self.area}0000000")))
        elif name == "ph":
            self._number(attributes)
        elif name == "ac":
            self._area(attributes.get("val", ""))
        else:
            self._list(attributes)

    def end(self, name: str) -> None:
        self.silence = 0
        self.open.pop()

    def text(self, data: str) -> None:
        if data.strip():
            raise Rejected(f"text between the tags at line {self.line()}: not the layout of this list")

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise Rejected(f"XML in the encoding {encoding[:20]!r}: download it as UTF-8")

    def doctype(self, *_: object) -> bool:
        raise Rejected("XML with a document type or entities: refused (XXE)")

    def _list(self, attributes: dict[str, str]) -> None:
        said = attributes.get("type", "")
        if said != self.kind:
            raise Rejected(f"the XML says it is a {said or 'nameless'!s} list, not a {self.kind} list")
        if attributes.get("level") == "ac":
            self.only_area = attributes.get("val", "")

    def _area(self, code: str) -> None:
        if not _AREA.fullmatch(code):
            raise Rejected(f"area code {code[:10]!r} at line {self.line()}: must be [2-9]XX")
        if self.only_area and code != self.only_area:
            raise Rejected(f"the list is for area code {self.only_area[:10]} and holds {code}")
        if code in self.foreign:
            self.sink.note(self.foreign[code], self.line())
        self.area = code
        self.sink.area_codes.add(code)

    def _number(self, attributes: dict[str, str]) -> None:
        sink = self.sink
        sink.lines += 1
        value = self._line_digits(attributes.get("val", ""))
        if not value:
            return
        number = int(f"1{self.area}{value}")
        if self.kind == "full":
            if "type" in attributes:
                raise Rejected(f"a change entry in a full list at line {self.line()}")
            sink.add(number)
            return
        action = attributes.get("type", "")
        if action not in _ACTIONS:
            sink.bad(self.line(), value, f"unknown change {action[:10]!r}: only A and D are known")
            sink.refuse("a change list with an unknown change is refused whole; nothing is guessed")
            return
        sink.add(number, code=_ACTIONS[action], label=f"{action}:+{number}")

    def _line_digits(self, value: str) -> str:
        """The seven digits, other clothes put right and noted; empty after recording why there are none."""
        if _LINE.fullmatch(value):
            return value
        plain = value if value.isascii() else clean(value, self.line(), self.sink)
        digits = re.sub(r"[ .-]", "", plain)
        if not _LINE.fullmatch(digits):
            self.sink.bad(self.line(), value, "not a seven-digit number [2-9]XXXXXX")
            return ""
        if digits != plain:
            self.sink.note("punctuated numbers", self.line())
        return digits

    def line(self) -> int:
        """The line of the file the parser is at: its own, and those of the runs it was not shown."""
        while self._taken and self._taken[0][0] <= self.parser.CurrentByteIndex:
            self._taken_before += self._taken.popleft()[1]
        return self.parser.CurrentLineNumber + self._taken_before
