"""Lists outside North America with one number a line: the United Kingdom's, and any list of E.164 numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dnc.registries.report import Rejected, Sink
from dnc.registries.text import Line, bad_line, lines_of, refuse_spreadsheet, whole_lines

__all__ = ["read_e164", "read_tps"]

_TPS: Final = re.compile(r"0[1-9]\d{8,9}", re.ASCII)
_TPS_INTERNATIONAL: Final = re.compile(r"\+?44[1-9]\d{8,9}", re.ASCII)
_TPS_WIDTH: Final = 12
_E164: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def read_tps(blocks: Iterator[bytes], sink: Sink) -> None:
    """TPS and CTPS: 12 characters and CRLF a line.

    "With spaces" has the dialling code left-justified in 5 and the rest right-justified in 7 characters;
    without, the number is padded to 12. The printed split is not a real area code, so all blanks go.
    """
    first = 1
    for block in whole_lines(blocks, sink):
        for line in lines_of(block, first, sink):
            sink.lines += 1
            if not refuse_spreadsheet(line, sink):
                _tps_line(line, sink)
        first += block.count(b"\n")


def _tps_line(line: Line, sink: Sink) -> None:
    text = line.text
    digits = re.sub(r"[ \t]", "", text)
    if '"' in digits:
        digits = digits.strip('"')
        sink.note("quoted fields", line.number)
    if re.search(r"[().-]", digits):
        digits = re.sub(r"[().-]", "", digits)
        sink.note("punctuated numbers", line.number)
    if _TPS_INTERNATIONAL.fullmatch(digits):
        sink.note("international form (44) in a list of national numbers", line.number)
        digits = "0" + digits.removeprefix("+")[2:]
    elif re.fullmatch(r"[1-9]\d{8,9}", digits, re.ASCII):
        bad_line(line, "leading 0 lost (spreadsheet)", sink)
        return
    if not _TPS.fullmatch(digits):
        bad_line(line, "not 0 and nine or ten digits", sink)
        return
    if len(text) != _TPS_WIDTH:
        if not line.end:
            bad_line(line, "fewer than 12 characters at the end of the file", sink)
            return
        sink.note("line is not 12 characters long", line.number)
    if line.end == "\n":
        sink.note("LF instead of CRLF", line.number)
    sink.add(int("44" + digits[1:]))


def read_e164(blocks: Iterator[bytes], sink: Sink) -> None:
    """One E.164 number a line (`+` and digits), for registers without a layout of their own here.

    Numbers differ in length, so a last line without a line end may be half a number: refused.
    """
    first = 1
    for block in whole_lines(blocks, sink):
        for line in lines_of(block, first, sink):
            sink.lines += 1
            if refuse_spreadsheet(line, sink):
                continue
            if not line.end:
                raise Rejected("last line without a line end: the list may be cut short; download it again")
            digits = line.text.strip().strip('"')
            bare = re.sub(r"[ ().-]", "", digits)
            if bare != line.text:
                sink.note("punctuated numbers", line.number)
            if not _E164.fullmatch(bare):
                bad_line(line, "not E.164: + and 7 to 15 digits with the country code", sink)
                continue
            sink.add(int(bare[1:]))
        first += block.count(b"\n")
