"""A report's table on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialer.reports.values import Table

__all__ = ["print_table"]


def print_table(table: Table, without: frozenset[str] = frozenset()) -> None:
    """Print a table with its title and its note, leaving out the columns with these keys."""
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(highlight=False)
    shown = RichTable(title=table.title, title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    kept = [n for n, column in enumerate(table.columns) if column.key not in without]
    for column in [table.columns[n] for n in kept]:
        shown.add_column(column.label, justify="left" if column.unit == "text" else "right", no_wrap=True)
    for texts in table.texts():
        shown.add_row(*[Text(texts[n]) for n in kept])
    console.print(shown)
    if table.note:
        console.print(Text(table.note, style="dim"))
