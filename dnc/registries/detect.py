"""Which layout of a family a file has, by its first lines. A guess that is wrong is refused by the reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["detect"]

_HEAD: Final = 4096
_TEN: Final = re.compile(r"[2-9]\d{9}", re.ASCII)
_DELIMITER: Final = re.compile(r"[,;\t]")
_CHANGE: Final = re.compile(r'(?:^|,)[ "]*[AD][ "]*(?:,|$)')


def detect(family: str, head: bytes, layouts: Sequence[str]) -> str:
    """The name of the layout, one of `layouts`; the family's first when nothing tells."""
    if len(layouts) == 1:
        return layouts[0]
    text = head[:_HEAD].decode("utf-8", errors="replace").removeprefix("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()][:20]
    guess = _GUESSES[family](lines) if lines and family in _GUESSES else ""
    name = f"{family}.{guess}"
    return name if name in layouts else layouts[0]


def _list(lines: Sequence[str], full: str, xml: str) -> str:
    first = lines[0].lstrip()
    if first.startswith("<"):
        said = re.search(r"<list\b[^>]*?\btype\s*=\s*['\"](\w+)", "\n".join(lines))
        return "xml_change" if said and said[1] == "change" else xml
    if sum(line.count(",") > 1 or bool(_CHANGE.search(line)) for line in lines) * 2 > len(lines):
        return "flat_change"
    if full == "flat_full" and all(_TEN.fullmatch(line.strip()) for line in lines[:1]):
        return "flat_full_10"
    return full


def _au(lines: Sequence[str]) -> str:
    return "result" if _DELIMITER.search(lines[0]) else "input"


def _vicidial(lines: Sequence[str]) -> str:
    fields = _DELIMITER.split(lines[0])
    number_alone = len(fields) == 1 or re.fullmatch(r"\W*\d{3}\W*", fields[0])  # `919,5550101`
    return "dnc" if number_alone else "campaign_dnc"


def _sg(lines: Sequence[str]) -> str:
    header = lines[0].lower()
    return "errors" if "error" in header else "result" if _DELIMITER.search(header) else "upload"


_GUESSES: Final[dict[str, Callable[[Sequence[str]], str]]] = {
    "us_ndnc": lambda lines: _list(lines, "flat_full", "xml_full"),
    "ca_dncl": lambda lines: _list(lines, "flat", "xml"),
    "gb_tps": lambda lines: "fixed12_spaces" if any(" " in line.strip() for line in lines) else "fixed12",
    "au_dncr": _au,
    "sg_dnc": _sg,
    "us_wireless": lambda lines: "blocks" if len(re.sub(r"\D", "", lines[0])) == 7 else "ported",
    "us_rnd": lambda lines: "response" if len(_DELIMITER.findall(lines[0])) > 1 else "query",
    "vicidial": _vicidial,
}
