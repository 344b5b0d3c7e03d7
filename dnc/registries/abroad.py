"""Lists outside North America with one number a line: the United Kingdom's, and any list of E.164 numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dnc.registries.cleancolumns import e164_table, tps_table
from dnc.registries.cleanlines import lists_of
from dnc.registries.plans import BRITAIN, e164_number, national_number
from dnc.registries.report import Rejected, Sink
from dnc.registries.text import Line, bad_line

__all__ = ["read_e164", "read_tps"]

_TPS_WIDTH: Final = 12


def read_tps(blocks: Iterator[bytes], sink: Sink) -> None:
    """TPS and CTPS: 12 characters and CRLF a line.

    "With spaces" has the dialling code left-justified in 5 and the rest right-justified in 7 characters;
    without, the number is padded to 12. The printed split is not a real area code, so all blanks go.
    """
    for part in lists_of(blocks, sink, tps_table):
        if isinstance(part, Line):
            sink.lines += 1
            _tps_line(part, sink)
            continue
        if part.end == "\n":
            sink.note("LF instead of CRLF", part.number, len(part.numbers))
        sink.add_many(part.numbers)


def _tps_line(line: Line, sink: Sink) -> None:
    number = national_number(line, re.sub(r"[ \t]", "", line.text), BRITAIN, sink)
    if number is None:
        return
    width = len(line.text.strip('"'))
    if width < _TPS_WIDTH and not line.end:
        bad_line(line, "fewer than 12 characters at the end of the file", sink)
        return
    if width != _TPS_WIDTH:
        sink.note("line is not 12 characters long", line.number)
    if line.end == "\n":
        sink.note("LF instead of CRLF", line.number)
    sink.add(number)


def read_e164(blocks: Iterator[bytes], sink: Sink) -> None:
    """One E.164 number a line (`+` and digits), for registers without a layout of their own here.

    Numbers differ in length, so a last line without a line end may be half a number: refused.
    """
    for part in lists_of(blocks, sink, e164_table):
        if not isinstance(part, Line):
            sink.add_many(part.numbers)
            continue
        sink.lines += 1
        if not part.end:
            raise Rejected("last line without a line end: the list may be cut short; download it again")
        number = e164_number(part, part.text, sink)
        if number is not None:
            sink.add(number)
