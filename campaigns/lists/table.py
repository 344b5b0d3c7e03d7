"""Some rows of a list as columns of text, asked for by field."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from campaigns.lists.reading import Record, Source

__all__ = ["Table"]

#: What is trimmed from both ends of a cell: ASCII white space only, so that a special space is seen and told.
_SPACE = " \t\r\n\f\v"


class Table:
    """Some rows of the file as columns of trimmed text."""

    def __init__(self, rows: list[Record], source: Source) -> None:
        self.source = source
        self.lines: NDArray[np.int64] = np.array([line for line, _ in rows], dtype=np.int64)
        width = source.width
        cells = [row if len(row) == width else (row + [""] * width)[:width] for _, row in rows]
        self._columns: list[tuple[str, ...]] = list(zip(*cells, strict=True)) if cells else [()] * width
        self._texts: dict[int, pd.Series] = {}
        self._blank = pd.Series(pa.array([""] * len(rows), type=pa.large_string()), dtype="str")

    def __len__(self) -> int:
        return len(self.lines)

    def _column(self, position: int) -> pd.Series:
        if position not in self._texts:
            trimmed = pc.utf8_trim(pa.array(self._columns[position], type=pa.large_string()), _SPACE)
            self._texts[position] = pd.Series(trimmed, dtype="str")
        return self._texts[position]

    def text(self, name: str) -> pd.Series:
        """The texts of a field; empty ones where the file has no such column."""
        position = self.source.layout.fields.get(name)
        return self._blank if position is None else self._column(position)

    def has(self, name: str) -> bool:
        """Whether the file has a column for the field."""
        return name in self.source.layout.fields

    def heading(self, name: str) -> str:
        """What the file calls a field's column."""
        position = self.source.layout.fields.get(name)
        return name if position is None else self.source.layout.names[position].strip()

    def custom(self, keep: NDArray[np.intp]) -> dict[str, list[str]]:
        """The custom columns of the rows at these positions."""
        columns = self.source.layout.custom.items()
        return {name: self._column(position).iloc[keep].tolist() for name, position in columns}
