"""What bytes of a contact list mean: refuse what is no text, and tell the encoding, or ask for it.

UTF-8 (with or without a byte-order mark) and UTF-16 with a mark are certain. Anything else is told by
`charset-normalizer` from the lines that have other than ASCII characters, and only when there are enough of them:
a wrong guess would spoil names, and the reading is reported as a warning in any case.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from campaigns.lists.errors import ListError

__all__ = ["Encoding", "find_encoding"]

_BLOCK = 1 << 20
_SAMPLE = 64 << 10
_ENOUGH_LINES = 10
_LEAST_COHERENCE = 0.2
_CANDIDATES = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859_2", "iso8859_5",
    "iso8859_7", "iso8859_9", "iso8859_15", "koi8_r", "koi8_u", "mac_roman", "cp437", "cp850", "cp852", "cp866",
    "cp932", "gb18030", "big5", "cp949", "cp874",
]  # fmt: skip
_ASK = "say which with --encoding, for instance --encoding cp1252, or save the file as UTF-8"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_LISTS = (
    (b"\x1f\x8b", "it is compressed with gzip", "unpack it first"),
    (b"%PDF", "it is a PDF document", "ask for the list as CSV"),
    (b"{\\rtf", "it is a text document", "save the list as CSV"),
)
_WEB = (b"<!doctype", b"<html", b"<?xml", b"<head")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The codec to read the file with, whether it was told by a guess, and whether a byte-order mark stands first."""

    name: str
    guessed: bool = False
    marked: bool = False


def _head(path: Path) -> bytes:
    """The first block of the file; raises `ListError` when there is none to read."""
    try:
        with path.open("rb") as file:
            return file.read(_BLOCK)
    except IsADirectoryError as error:
        raise ListError("it is a directory, not a file", file=path, remedy="name the list itself") from error
    except FileNotFoundError as error:
        raise ListError("there is no such file", file=path, remedy="check the path") from error
    except OSError as error:
        raise ListError(f"the file cannot be read ({error.strerror})", file=path) from error


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    """Raise `ListError` for what is no list: empty, a workbook, an archive, a web page, binary."""
    if not head.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe\x00"):
        raise ListError("the file is empty", file=path, remedy="export the list again")
    for magic, what, remedy in _NO_LISTS:
        if head.startswith(magic):
            raise ListError(what, file=path, remedy=remedy)
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:16].lower().startswith(_WEB):
        raise ListError("it is a web page or XML, not a list", file=path, remedy="export the list as CSV")


def _strange_lines(path: Path) -> bytes:
    """Lines with bytes beyond ASCII, up to the sample's size; empty when the whole file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid = True
    sample = bytearray()
    with path.open("rb") as file:
        rest = b""
        while block := file.read(_BLOCK):
            if valid:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    valid = False
            if len(sample) < _SAMPLE and not block.isascii():
                *lines, rest = (rest + block).split(b"\n")
                for line in lines:
                    if not line.isascii() and len(sample) < _SAMPLE:
                        sample += line + b"\n"
            elif not valid and len(sample) >= _SAMPLE:
                break
            else:
                rest = b""
    if valid:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            valid = False
    if not rest.isascii():
        sample += rest + b"\n"
    return b"" if valid else bytes(sample)


def _guess(path: Path, sample: bytes) -> str:
    """The codec of a sample of strange lines; raises `ListError` when it cannot be told."""
    unsure = ListError("the file is not UTF-8, and its encoding cannot be told with confidence", file=path, remedy=_ASK)
    if sample.count(b"\n") < _ENOUGH_LINES:
        raise unsure
    found = list(from_bytes(sample, cp_isolation=_CANDIDATES))
    if not found:
        raise unsure
    best = found[0]
    alike = [
        match.encoding
        for match in found
        if match.chaos <= best.chaos + 0.005 and match.coherence >= best.coherence - 0.05
    ]
    if best.coherence < _LEAST_COHERENCE:
        raise unsure
    if "cp1252" in alike:
        return "cp1252"
    if len(alike) > 1:
        raise unsure
    return best.encoding


def find_encoding(path: Path, encoding: str | None = None) -> Encoding:
    """The encoding of a list; `encoding` wins. Raises `ListError` for no list at all and for doubt."""
    head = _head(path)
    _refuse_other_kinds(path, head)
    if encoding is not None:
        try:
            name = codecs.lookup(encoding).name
        except LookupError as error:
            remedy = "use for instance utf-8, cp1252 or utf-16"
            raise ListError(f"there is no encoding {encoding!r}", file=path, remedy=remedy) from error
        return Encoding("utf-8-sig" if name == "utf-8" else name)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, marked=True)
    if b"\x00" in head:
        raise ListError("it is a binary file, not a list", file=path, remedy="export the list as CSV")
    sample = _strange_lines(path)
    return Encoding(_guess(path, sample), guessed=True) if sample else Encoding("utf-8")
