"""Lines of text out of blocks of bytes, and the cleaning every suppression list gets.

A suppression list over-blocks: what is surely the same number in other clothes (full-width or Arabic
digits, zero-width characters, a byte order mark) is put right and the report says so. What is damaged
(NUL bytes, UTF-16, a web page, a spreadsheet's 9.19555E+09) is refused: digits are gone, and a guess
would leave somebody unprotected. `phonenumbers` is no help here: it drops letters in silence, so that
`212555O123` becomes another person's number.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dnc.registries.report import Rejected, Sink

__all__ = [
    "Line",
    "all_lines",
    "bad_line",
    "clean",
    "guard_head",
    "line_count",
    "lines_of",
    "nanp_number",
    "refuse_spreadsheet",
    "unquoted",
    "whole_lines",
]

_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_LONE_CR: Final = "lines end in a lone CR (old Macintosh), or in CR CR LF: read as line ends"
_CR: Final = re.compile(rb"\r(?!\r*\n)")
_MARKUP: Final = re.compile(r"\s*<[a-z!?/]|.*<(?:!doctype|/?html|/?body|\?xml)\b", re.IGNORECASE)
_SCIENTIFIC: Final = re.compile(r"^[\"'= ]*\d(?:[.,]\d+)?[eE]\+?\d+[\"' ]*$")
_DECIMAL: Final = re.compile(r"^[\"'= ]*\d{7,}[.,]0*[\"' ]*$")
_QUOTES: Final = re.compile(r"^=?[\"']|^=|[\"']$|(?<=\d)[\"'](?=[,;\t])|(?<=[,;\t])[\"'](?=\d)")
_BLANKS: Final = string.whitespace + "\x1a"  # old systems end a file with Ctrl-Z
_CLEAN_NANP: Final = re.compile(r"([2-9]\d\d),?([2-9]\d{6})", re.ASCII)
_LOOSE_NANP: Final = re.compile(
    r"(?:(?:\+|(?:00|011)[ .-]?)?1[ .-]*)?\(?(\d{3})\)?[ \t.,;/-]*(\d{3})[ .-]*(\d{4})", re.ASCII
)


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

    Where there is no LF at all, CR (old Macintosh) becomes LF. Raises `Rejected` for a line beyond
    `Limits.max_line_bytes`, so memory is bounded whatever the file holds.
    """
    carry = b""
    first = True
    for raw in blocks:
        block = carry + raw
        if first:
            guard_head(block[:4096])
            if block.startswith(_BOM):
                sink.note("UTF-8 BOM stripped", 1)
                block = block[len(_BOM) :]
            first = False
        if b"\n" not in block and b"\r" in block:
            block = block[:-1].replace(b"\r", b"\n") + block[-1:]  # a CR at its end may be half of a CR LF
            sink.warn(_LONE_CR)
        cut = block.rfind(b"\n") + 1
        carry = block[cut:]
        if len(carry) > sink.options.limits.max_line_bytes:
            raise Rejected("a line without end: this is not a list of numbers")
        if cut:
            yield block[:cut]
    if carry:
        yield carry


def lines_of(block: bytes, first_line: int, sink: Sink, *, as_they_stand: bool = False) -> Iterator[Line]:
    """The lines of a block from `whole_lines`, cleaned; blank ones are skipped and noted.

    With `as_they_stand` neither: a table has texts that are nobody's to clean, and lines inside quotes.
    Raises `Rejected` for NUL bytes, markup, text that is not UTF-8, and lines without end.
    """
    if b"\0" in block:
        line = first_line + block.count(b"\n", 0, block.index(b"\0"))
        raise Rejected(f"NUL byte at line {line:,}: the file is damaged; download it again")
    for number, (body, end) in enumerate(_split(block, sink), first_line):
        if len(body) > sink.options.limits.max_line_bytes:
            raise Rejected(f"line {number:,} is without end: this is not a list of numbers")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Rejected(f"line {number:,} is not UTF-8: ask for the encoding, or save the file as UTF-8") from error
        if "<" in text and _MARKUP.match(text):
            raise Rejected(f"markup at line {number:,}: a web page or XML stands where numbers should")
        if not as_they_stand:
            if not text.isascii():
                text = clean(text, number, sink)
            if not text.strip(_BLANKS):
                sink.note("blank line skipped", number)
                continue
        yield Line(number, text, end)


def all_lines(blocks: Iterator[bytes], sink: Sink, *, as_they_stand: bool = False) -> Iterator[Line]:
    """Every line of a file, as `lines_of` gives them."""
    first = 1
    for block in whole_lines(blocks, sink):
        yield from lines_of(block, first, sink, as_they_stand=as_they_stand)
        first += line_count(block)


def line_count(block: bytes) -> int:
    """How many lines end in a block, as `lines_of` counts them."""
    lines = block.count(b"\n")
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        lines += len(_CR.findall(block))
    return lines


def _split(block: bytes, sink: Sink) -> Iterator[tuple[bytes, str]]:
    """The lines and how each ends. A CR that no LF follows ends a line too, as it does in a text editor."""
    *bodies, last = block.split(b"\n")
    for body in bodies:
        end = "\r\n" if body.endswith(b"\r") else "\n"
        bare = body.rstrip(b"\r")
        if len(body) > len(bare) + 1 or b"\r" in bare:
            sink.warn(_LONE_CR)
        *before, bare = bare.split(b"\r")
        yield from ((each, "\n") for each in before)
        yield bare, end
    if last:
        *before, bare = last.split(b"\r")
        if before:
            sink.warn(_LONE_CR)
        yield from ((each, "\n") for each in before)
        if bare:
            yield bare, ""


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
        elif category == "Pd" or char == "\N{MINUS SIGN}":
            sink.note("unusual dashes read as dashes", line)
            out.append("-")
        elif category in ("Pi", "Pf"):
            sink.note("unusual quotes read as quotes", line)
            out.append('"')
        elif category in ("Po", "Ps", "Pe", "Sm") and unicodedata.normalize("NFKC", char).isascii():
            sink.note("full-width punctuation normalised", line)
            out.append(unicodedata.normalize("NFKC", char))
        else:
            out.append(char)
    return "".join(out)


def refuse_spreadsheet(line: Line, text: str, sink: Sink) -> bool:
    """Whether a spreadsheet destroyed this number; the file is refused, for other lines look whole by luck."""
    if _SCIENTIFIC.match(text):
        bad_line(line, "spreadsheet scientific notation: digits lost", sink)
        sink.refuse("spreadsheet scientific notation: digits are lost; download the list again")
        return True
    if _DECIMAL.match(text):
        bad_line(line, "spreadsheet decimal number, not a telephone number", sink)
        return True
    return False


def unquoted(line: Line, text: str, sink: Sink) -> str:
    """The text without blanks around it, and without quotes and a spreadsheet's `=` around its fields."""
    bare = text.strip()
    if bare != text:
        sink.note("blanks around numbers removed", line.number)
    plain = _QUOTES.sub("", bare).strip()
    if plain != bare:
        sink.note("quoted fields", line.number)
    return plain


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
        if refuse_spreadsheet(line, text, sink):
            return None
        bare = unquoted(line, text, sink)
        match = _LOOSE_NANP.fullmatch(bare)
        if match is None:
            bad_line(line, _why_not_nanp(bare), sink)
            return None
        if match[1][0] < "2" or match[2][0] < "2":
            bad_line(line, "NPA/NXX must be [2-9]XX", sink)
            return None
        if not _CLEAN_NANP.fullmatch(bare):
            sink.note("punctuated numbers", line.number)
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
