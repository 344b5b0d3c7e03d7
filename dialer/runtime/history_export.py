"""Leads and calls of campaigns into a file, a row at a time: CSV or Parquet, with VICIdial's codes where wanted."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from campaigns.history import code_of
from campaigns.lists.notes import safe_cell
from dialer.store import history_rows
from dialer.store.database import Store

__all__ = ["CALL_COLUMNS", "LEAD_COLUMNS", "What", "export_history"]

What = Literal["calls", "leads"]

#: The columns of calls; `dialer history import` reads them.
CALL_COLUMNS: tuple[str, ...] = (
    "campaign", "client", "system", "call_id", "number", "at", "result", "code", "agent", "talk_seconds", "called",
    "conversation", "refusal", "opt_out", "external_id", "person_id", "debt_id", "subject", "caller_id",
)  # fmt: skip
#: The columns of leads.
LEAD_COLUMNS: tuple[str, ...] = (
    "campaign", "client", "list", "line", "lead_id", "external_id", "person_id", "debt_id", "first_name", "last_name",
    "number", "other_numbers", "status", "status_why", "next_at", "priority", "owner", "attempts", "conversations",
    "last_at", "last_result", "last_agent", "last_code", "code",
)  # fmt: skip
_ROWS = 20_000
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def export_history(
    store: Store,
    campaigns: Sequence[tuple[str, str]],
    out: Path,
    *,
    what: What = "calls",
    format: Literal["csv", "parquet"] = "csv",
    vicidial: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write leads or calls; return how many rows. The file appears whole or not at all.

    Args:
        store: where from.
        campaigns: name and client of each.
        out: the file; one that is there is replaced.
        what: a row for each call, or for each lead.
        format: CSV, whose cells no spreadsheet runs as formulas, or Parquet.
        vicidial: `code` is VICIdial's; else it is the house's disposition.
        since: of the calls; None: from the first on.
        until: of the calls, itself left out.
        progress: called with the number of rows written so far.

    Raises:
        OSError: the file cannot be written.
    """
    span = (since or _FIRST, until or _LAST)
    make, columns = (_calls, CALL_COLUMNS) if what == "calls" else (_leads, LEAD_COLUMNS)
    rows = chain.from_iterable(make(store, name, client, *span, vicidial) for name, client in campaigns)
    written = 0
    with _whole(out) as partial, (_csv if format == "csv" else _parquet)(partial, columns) as write:
        while some := list(islice(rows, _ROWS)):
            write(some)
            written += len(some)
            if progress is not None:
                progress(written)
    return written


def _calls(
    store: Store, name: str, client: str, since: datetime, until: datetime, vicidial: bool
) -> Iterator[dict[str, Any]]:
    for call in history_rows.calls(store, name, since, until):
        code = call["code"]
        if vicidial and call["system"] == "own":
            code = code_of(call["result"] or "", call["flags"])
        at, result = call["placed_at"], call["result"] or ""
        yield {**call, "campaign": name, "client": client, "at": at, "result": result, "code": code}


def _leads(
    store: Store, name: str, client: str, since: datetime, until: datetime, vicidial: bool
) -> Iterator[dict[str, Any]]:
    for lead in history_rows.leads(store, name, since, until):
        code = lead["last_code"]
        if vicidial:
            code = code_of(lead["last_result"], lead["flags"], status=lead["status"])
        first, *others = lead["numbers"] or [""]
        yield {
            **lead, "campaign": name, "client": client, "code": code,
            "number": first, "other_numbers": " ".join(others),
        }  # fmt: skip


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A name to write under; the file takes its own name when all went well."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(out)
    except BaseException:
        with suppress(FileNotFoundError):
            partial.unlink()
        raise


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return safe_cell(value) if isinstance(value, str) else str(value)


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Sequence[dict[str, Any]]], None]]:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        yield lambda rows: writer.writerows([_text(row[name]) for name in columns] for row in rows)


@contextmanager
def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Sequence[dict[str, Any]]], None]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    instant, text = pa.timestamp("us", tz="UTC"), pa.string()
    kinds = {
        **dict.fromkeys(("at", "next_at", "last_at"), instant),
        **dict.fromkeys(("called", "conversation", "refusal", "opt_out"), pa.bool_()),
        **dict.fromkeys(("line", "lead_id", "priority", "attempts", "conversations"), pa.int64()),
        "talk_seconds": pa.float64(),
    }
    schema = pa.schema([(name, kinds.get(name, text)) for name in columns])

    def write(rows: Sequence[dict[str, Any]]) -> None:
        writer.write_table(pa.table({name: [row[name] for row in rows] for name in columns}, schema=schema))

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield write
