"""A contact list that cannot be read at all: one sentence that says where and what to do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

__all__ = ["ListError"]


class ListError(ValueError):
    """The file as a whole is refused; nothing of it was loaded.

    `str()` is the whole sentence: file, line and column where they are known, what is wrong, and the remedy.
    """

    def __init__(
        self, message: str, *, file: Path | str = "", line: int = 0, column: str = "", remedy: str = ""
    ) -> None:
        self.message = message
        self.file = str(file)
        self.line = line
        self.column = column
        self.remedy = remedy
        where = ", ".join(
            part for part in (self.file, f"line {line}" if line else "", f"column {column}" if column else "") if part
        )
        text = f"{where}: {message}" if where else message
        super().__init__(f"{text}; {remedy}." if remedy else f"{text}.")

    def __reduce__(self) -> tuple[object, ...]:
        """As its parts, so that a worker process can hand it on."""
        made = partial(ListError, file=self.file, line=self.line, column=self.column, remedy=self.remedy)
        return made, (self.message,)
