"""On which line of a TOML text each key stands.

`tomllib` forgets lines. This reads just enough of a text that `tomllib` has already accepted: table headers,
keys before an equals sign, and where a value of several lines ends. A key inside an inline table has the line
of the key that holds it; whoever asks for an unknown path gets the line of its nearest parent.
"""

from __future__ import annotations

import re

__all__ = ["Path", "find_lines", "line_of"]

Path = tuple[str | int, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
#: What can open, close or hide a bracket: comments, the four kinds of string, brackets and braces.
_TOKEN = re.compile(r"""\#.*|\"\"\"|'''|"(?:[^"\\]|\\.)*"|'[^']*'|[\[\]{}]""")


def find_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every table header and key, by its path from the top."""
    lines: dict[Path, int] = {}
    table: Path = ()
    arrays: dict[Path, int] = {}
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        rest = line
        if not quote and depth == 0:
            if header := _HEADER.match(line):
                table = _resolve(_parts(header[2]), arrays)
                if header[1] == "[[":
                    arrays[table] = arrays.get(table, -1) + 1
                    table = (*table, arrays[table])
                for length in range(1, len(table) + 1):
                    lines.setdefault(table[:length], number)
                continue
            key = _KEY.match(line)
            if key is None:
                continue
            path = table
            for part in _parts(key[1]):
                path = (*path, part)
                lines.setdefault(path, number)
            rest = line[key.end() :]
        depth, quote = _after(rest, depth, quote)
    return lines


def line_of(path: Path, lines: dict[Path, int]) -> int | None:
    """The line of `path` or of its nearest parent that has one."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _parts(dotted: str) -> list[str]:
    """The names of a dotted key, without quotes."""
    return [part.strip("\"'") for part in re.findall(_PART, dotted)]


def _resolve(parts: list[str], arrays: dict[Path, int]) -> Path:
    """A header's path, where the names of arrays of tables are followed by the index of their last table."""
    path: Path = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if path in arrays and position < len(parts) - 1:
            path = (*path, arrays[path])
    return path


def _after(text: str, depth: int, quote: str) -> tuple[int, str]:
    """The depth of brackets and the open multi-line quote after a piece of a value on one line."""
    position = 0
    while position < len(text):
        if quote:
            end = text.find(quote, position)
            if end < 0:
                return depth, quote
            position, quote = end + 3, ""
            continue
        token = _TOKEN.search(text, position)
        if token is None:
            return depth, quote
        position = token.end()
        found = token.group()
        if found in ('"""', "'''"):
            quote = found
        elif found in "[{":
            depth += 1
        elif found in "]}":
            depth -= 1
    return depth, quote
