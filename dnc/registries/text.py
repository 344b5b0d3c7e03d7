"""Lines of text out of blocks of bytes, and the cleaning every suppression list gets.

A suppression list over-blocks: what is surely the same number in other clothes (full-width or Arabic
digits, zero-width characters, a byte order mark) is put right and the report says so. What is damaged
(NUL bytes, UTF-16, a web page, a spreadsheet's 9.19555E+09) is refused: digits are gone, and a guess
would leave somebody unprotected. `phonenumbers` is no help here: it drops letters in silence, so that
`212555O123` becomes another person's number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dnc.registries.report import Rejected, Sink

__all__ = [
    "Line",
    "bad_line",
    "clean",
    "guard_head",
    "lines_of",
    "nanp_number",
    "refuse_spreadsheet",
    "whole_lines",
]

_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_SCIENTIFIC: Final = re.compile(r"^[\"' ]*\d(?:[.,]\d+)?[eE]\+?\d+[\"' ]*$")
_DECIMAL: Final = re.compile(r"^[\"' ]*\d{7,}[.,]0*[\"' ]*$")
_CLEAN_NANP: Final = re.compile(r"([2-9]\d\d),?([2-9]\d{6})", re.ASCII)
_LOOSE_NANP: Final = re.compile(r"(?:\+?1[ .-]*)?\(?(\d{3})\)?[ \t.,;/-]*(\d{3})[ .-]*(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, its text without the line end, and how it ended: LF, CR LF or nothing."""

    number: int
    text: str
    end: str


def guard_head(head: bytes) -> None:
    """Refuse what is no text list at all, by the first bytes. Raises `Rejected`."""
    if head.startswith(_UTF16):
        raise Rejected("UTF-16 / NUL bytes: save the list as plain text (UTF-8) or download it again")
    if b"\0" in head:
        raise Rejected("NUL byte: the file is damaged or not text; download it again")
    start = head.removeprefix(_BOM).lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in head.lower():
        raise Rejected("an HTML page, not a list: the download ended at a login or error page")


def whole_lines(blocks: Iterator[bytes], sink: Sink) -> Iterator[bytes]:
    """Blocks that end at line ends (the last one wherever the file ends), without a byte order mark.

    Line ends of old Macintosh files (a lone CR) become LF. Raises `Rejected` for a line beyond
    `Limits.max_line_bytes`, so memory is bounded whatever the file holds.
    """
    carry = b""
    first = True
    lone_cr = False
    for raw in blocks:
        block = carry + raw
        if first:
            guard_head(block[:4096])
            if block.startswith(_BOM):
                sink.note("UTF-8 BOM stripped", 1)
                block = block[len(_BOM) :]
            lone_cr = b"\n" not in block and block.count(b"\r") > 1
            if lone_cr:
                sink.warn("lines end in a lone CR (old Macintosh): read as line ends")
            first = False
        if lone_cr:
            block = block.replace(b"\r", b"\n")
        cut = block.rfind(b"\n") + 1
        carry = block[cut:]
        if len(carry) > sink.options.limits.max_line_bytes:
            raise Rejected("a line without end: this is not a list of numbers")
        if cut:
            yield block[:cut]
    if carry:
        yield carry


def lines_of(block: bytes, first_line: int, sink: Sink) -> Iterator[Line]:
    """The lines of a block from `whole_lines`, cleaned; blank ones are skipped and noted.

    Raises `Rejected` for NUL bytes, markup, text that is not UTF-8, and scientific notation.
    """
    if b"\0" in block:
        line = first_line + block.count(b"\n", 0, block.index(b"\0"))
        raise Rejected(f"NUL byte at line {line:,}: the file is damaged; download it again")
    number = first_line - 1
    for raw in block.splitlines(keepends=True) if b"\r" not in block else _split(block):
        number += 1
        body = raw.rstrip(b"\r\n")
        end = "\r\n" if raw.endswith(b"\r\n") else "\n" if raw.endswith(b"\n") else ""
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Rejected(f"line {number:,} is not UTF-8: ask for the encoding, or save the file as UTF-8") from error
        if "<" in text:
            raise Rejected(f"markup at line {number:,}: a web page or XML stands where numbers should")
        if not text.isascii():
            text = clean(text, number, sink)
        if not text.strip():
            sink.note("blank line skipped", number)
            continue
        yield Line(number, text, end)


def _split(block: bytes) -> list[bytes]:
    """Lines by LF; a lone CR inside one counts as a line end too."""
    return [part for line in re.split(rb"(?<=\n)", block) if line for part in _by_cr(line)]


def _by_cr(line: bytes) -> list[bytes]:
    body = line.rstrip(b"\r\n")
    if b"\r" not in body:
        return [line]
    parts = body.split(b"\r")
    return [part + b"\n" for part in parts[:-1]] + [parts[-1] + line[len(body) :]]


def clean(text: str, line: int, sink: Sink) -> str:
    """The text with format characters removed and decimal digits of any script as ASCII, both noted."""
    out: list[str] = []
    for char in text:
        if char.isascii():
            out.append(char)
            continue
        category = unicodedata.category(char)
        if category == "Cf":
            sink.note("format characters removed", line)
        elif category == "Nd":
            sink.note("non-ASCII digits normalised", line)
            out.append(str(unicodedata.decimal(char)))
        elif category == "Zs":
            sink.note("unusual blanks read as blanks", line)
            out.append(" ")
        elif category == "Pd":
            sink.note("unusual dashes read as dashes", line)
            out.append("-")
        elif category in ("Po", "Ps", "Pe", "Sm") and unicodedata.normalize("NFKC", char).isascii():
            sink.note("full-width punctuation normalised", line)
            out.append(unicodedata.normalize("NFKC", char))
        else:
            out.append(char)
    return "".join(out)


def refuse_spreadsheet(line: Line, sink: Sink) -> bool:
    """Whether a spreadsheet destroyed this field; the file is refused, for other lines look whole by luck."""
    if _SCIENTIFIC.match(line.text):
        sink.bad(line.number, line.text, "spreadsheet scientific notation: digits lost")
        sink.refuse("spreadsheet scientific notation: digits are lost; download the list again")
        return True
    if _DECIMAL.match(line.text):
        sink.bad(line.number, line.text, "spreadsheet decimal number, not a telephone number")
        return True
    return False


def bad_line(line: Line, reason: str, sink: Sink) -> None:
    """Record a bad line; one at the very end without a line end means the download was cut short."""
    if not line.end:
        sink.refuse("last line incomplete and no final newline: truncated download")
    sink.bad(line.number, line.text, reason)


def nanp_number(line: Line, text: str, sink: Sink) -> int | None:
    """The E.164 digits of one North American number, or None after recording why the line is bad.

    `AAA,NNNNNNN` and ten digits are clean; quotes and punctuation are put right and noted.
    """
    match = _CLEAN_NANP.fullmatch(text)
    if match is None:
        bare = text.strip()
        if '"' in bare or "'" in bare:
            bare = re.sub(r"^[\"']|[\"']$|(?<=\d)[\"'](?=,)|(?<=,)[\"'](?=\d)", "", bare)
            sink.note("quoted fields", line.number)
        match = _LOOSE_NANP.fullmatch(bare)
        if match is None:
            bad_line(line, _why_not_nanp(bare), sink)
            return None
        if match[1][0] < "2" or match[2][0] < "2":
            bad_line(line, "NPA/NXX must be [2-9]XX", sink)
            return None
        if not _CLEAN_NANP.fullmatch(bare):
            sink.note("punctuated numbers", line.number)
        elif bare != text and '"' not in text and "'" not in text:
            sink.note("blanks around numbers removed", line.number)
    return int("1" + "".join(match.groups()))


def _why_not_nanp(text: str) -> str:
    digits = sum(char.isdigit() for char in text)
    if re.search(r"[^\W\d_]", text):
        return "letters in a number"
    if text.count(",") > 1:
        return "more columns than area code and number: a change list?"
    if digits != 10:
        return f"{digits} digits, not 10"
    return "not an area code and a seven-digit number"
