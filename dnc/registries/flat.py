"""Full flat lists of North American numbers: the United States' and Canada's, and state lists.

`AAA,NNNNNNN` a line, no header (FTC full list; CRTC brochure); older wording of the FTC has ten digits a
line. Both are taken in any file, LF or CRLF.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dnc.registries.cleanlines import flat_table, lists_of
from dnc.registries.report import Sink
from dnc.registries.territory import foreign_area_codes
from dnc.registries.text import Line, nanp_number

__all__ = ["read_flat"]


def read_flat(blocks: Iterator[bytes], sink: Sink, *, country: str = "") -> None:
    """Read one flat full list; area codes of the other country than `country` are noted, and kept."""
    foreign = {int(npa): what for npa, what in foreign_area_codes(country).items()} if country else {}
    table = np.zeros(1000, dtype=bool)
    table[list(foreign)] = True
    for part in lists_of(blocks, sink, flat_table):
        if isinstance(part, Line):
            _careful(part, sink, foreign)
            continue
        if foreign:
            areas = (part.numbers // np.uint64(10**7)).astype(np.int64) - 1000
            hits = np.flatnonzero(table[areas])
            if len(hits):
                sink.note(foreign[int(areas[hits[0]])], part.number + int(hits[0]), len(hits))
        sink.add_many(part.numbers)


def _careful(line: Line, sink: Sink, foreign: dict[int, str]) -> None:
    sink.lines += 1
    number = nanp_number(line, line.text, sink)
    if number is None:
        return
    what = foreign.get(number // 10**7 - 1000)
    if what:
        sink.note(what, line.number)
    sink.add(number)
