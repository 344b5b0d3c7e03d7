"""XML lists of the United States and Canada, streamed through a strict parser that knows no entities.

`<list type='full' level='ac' val='919'><ac val='919'><ph val='5550101' />...` and, for changes,
`<ph val='5550104' type='A' date='2026-11-20' />`. Attributes of change entries are not confirmed by a
primary source, so anything but a clear `A` or `D` refuses the line.

A document type declaration is refused before anything in it is read: without one there are no entities to
expand and none to fetch. The parser keeps no tree; a tag that never ends is cut off by `Limits`. A document
that is not well-formed to its last byte (a stray `</list>`, a download cut short) is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from dnc.registries.keyed import Tag
from dnc.registries.report import Rejected, Sink
from dnc.registries.territory import foreign_area_codes
from dnc.registries.text import guard_head

__all__ = ["read_xml"]

_AREA: Final = re.compile(r"[2-9]\d\d", re.ASCII)
_LINE: Final = re.compile(r"[2-9]\d{6}", re.ASCII)
_NESTING: Final = {"list": None, "ac": "list", "ph": "ac"}
_ACTIONS: Final = {"A": Tag.LISTED, "D": Tag.REMOVED}
_PIECE: Final = 2**16
_SILENCE: Final = 2**20  # bytes without a complete tag


def read_xml(blocks: Iterator[bytes], sink: Sink, *, kind: str, country: str) -> None:
    """Read one XML list; `kind` is `full` or `change` and must be what the document says it is."""
    document = _Document(sink, kind, foreign_area_codes(country))
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = document.start
    parser.EndElementHandler = document.end
    parser.CharacterDataHandler = document.text
    parser.StartDoctypeDeclHandler = document.doctype
    parser.EntityDeclHandler = document.doctype
    parser.ExternalEntityRefHandler = document.doctype
    document.parser = parser
    first = True
    try:
        for block in blocks:
            if first:
                guard_head(block[:4096])
                first = False
            if b"\0" in block:
                raise Rejected("NUL byte: the file is damaged or not UTF-8 text; download it again")
            for start in range(0, len(block), _PIECE):
                document.silence += min(_PIECE, len(block) - start)
                parser.Parse(block[start : start + _PIECE], False)
                if document.silence > _SILENCE:
                    raise Rejected("XML with a tag or text that does not end")
        if first:
            raise Rejected('zero records: an empty download is not "nobody registered"')
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Rejected(f"XML not well-formed, broken or cut short: {error}") from error


class _Document:
    """The handlers, with the path of open elements."""

    def __init__(self, sink: Sink, kind: str, foreign: dict[str, str]) -> None:
        self.sink = sink
        self.foreign = foreign
        self.kind = kind
        self.parser: expat.XMLParserType | None = None
        self.silence = 0
        self.open: list[str] = []
        self.area = ""
        self.only_area = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.silence = 0
        if name not in _NESTING or _NESTING[name] != (self.open[-1] if self.open else None):
            where = self.open[-1] if self.open else "the document"
            raise Rejected(f"unexpected <{name[:20]}> in {where} at line {self._line()}")
        self.open.append(name)
        if name == "ph":
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
            raise Rejected(f"text between the tags at line {self._line()}: not the layout of this list")

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
            raise Rejected(f"area code {code[:10]!r} at line {self._line()}: must be [2-9]XX")
        if self.only_area and code != self.only_area:
            raise Rejected(f"the list is for area code {self.only_area[:10]} and holds {code}")
        if code in self.foreign:
            self.sink.note(self.foreign[code], self._line())
        self.area = code
        self.sink.area_codes.add(code)

    def _number(self, attributes: dict[str, str]) -> None:
        sink = self.sink
        sink.lines += 1
        value = attributes.get("val", "")
        if not _LINE.fullmatch(value):
            sink.bad(self._line(), value, "not a seven-digit number [2-9]XXXXXX")
            return
        number = int(f"1{self.area}{value}")
        if self.kind == "full":
            if "type" in attributes:
                raise Rejected(f"a change entry in a full list at line {self._line()}")
            sink.add(number)
            return
        action = attributes.get("type", "")
        if action not in _ACTIONS:
            raise Rejected(f"unknown change {action[:10]!r} at line {self._line()}: only A and D are known")
        sink.add(number, code=_ACTIONS[action], label=f"{action}:+{number}")

    def _line(self) -> int:
        return self.parser.CurrentLineNumber if self.parser is not None else 0
