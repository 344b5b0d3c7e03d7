"""Closed days by columns: Parquet files beside the database, so that millions of calls are counted in seconds.

Theory of operation. The database is the truth; the files are a copy that can be deleted at any time. One campaign's
UTC day is three files (calls, agents' changes, refusals), written once the day has been over for some hours and all
its calls have ended. Whatever is not in a file comes from the database, so a report is never older than its facts.

A file is used only while it holds what the database holds. For each day the number of rows is compared (the
database's indexes count them without reading a row), which finds calls removed by an erasure and calls written late;
and every disposition given since the last look names the day of its call, which is then written anew. The manifest
says what was seen, and of which database.

No number, no name, no id of a person, account or debt is in the files, and no key of a call: a call is its lead's
row number and its instants. What a lead says (its list, its language) is asked of the database when it is needed.

Instants are int64 microseconds since the epoch, UTC; text is a dictionary column.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, text

from dialer.store.errors import StoreError
from dialer.store.frames import frame_of
from dialer.store.schema import UtcDateTime
from dialer.store.schema import agent_change as _agent_change
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import ledger as _ledger
from dialer.store.schema import run as _run
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FLAG_BITS", "KINDS", "Parts", "drop_days", "refresh"]

#: The three kinds of files.
KINDS = ("calls", "changes", "refusals")
#: Flags of a call's last disposition, each a bit of the column `flags`, from the lowest.
FLAG_BITS = ("contact", "right_party", "conversion", "promise", "opt_out", "machine")
_VERSION = 1
#: How long a day is over before it is written: no call that was placed in it lasts longer.
_SETTLES = timedelta(hours=6)
#: PostgreSQL gives ids before the commit: so many dispositions are looked at again (see `settled_before`).
_OVERLAP = 1000

_BEGIN, _END = (bindparam(name, type_=UtcDateTime()) for name in ("begin", "end"))


def _span(table: Any, instant: str) -> list[Any]:
    return [table.c.campaign == bindparam("name"), table.c[instant] >= _BEGIN, table.c[instant] < _END]


_COUNTS = {
    kind: Prepared(select(func.count()).select_from(table).where(*_span(table, instant)))
    for kind, table, instant in (
        ("calls", _attempt, "placed_at"),
        ("changes", _agent_change, "at"),
        ("refusals", _ledger, "at"),
    )
}


def _bounds(table: Any, instant: str) -> Prepared:
    """The first and the last instant, each found at one end of the index."""
    own = table.c.campaign == bindparam("name")
    ends = (select(end(table.c[instant])).where(own).scalar_subquery() for end in (func.min, func.max))
    return Prepared(select(*ends))


_BOUNDS = tuple(_bounds(*each) for each in ((_attempt, "placed_at"), (_agent_change, "at"), (_ledger, "at")))
_OPEN = Prepared(
    select(func.min(_attempt.c.placed_at)).where(
        _attempt.c.campaign == bindparam("name"),
        text("attempt.state != 'ended'"),  # the words of its index
    )
)
_NEWEST = Prepared(select(func.max(_attempt.c.placed_at)).where(_attempt.c.campaign == bindparam("name")))
_LATE = Prepared(
    select(_attempt.c.campaign, _attempt.c.placed_at, _disposition.c.disposition_id)
    .join(_attempt, _attempt.c.call_id == _disposition.c.call_id)
    .where(_disposition.c.disposition_id > bindparam("after"))
)
_LAST_SAID = Prepared(select(func.max(_disposition.c.disposition_id)))
_FIRST_RUN = Prepared(select(func.min(_run.c.run_id), func.min(_run.c.started_at)))


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the rows of some campaigns are.

    Attributes:
        files: Parquet files by kind.
        rows: tables by kind, read from the database for what is in no file.
    """

    files: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    rows: dict[str, list[pa.Table]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


def refresh(tx: Reading, folder: Path, names: list[str], now: datetime) -> Parts:
    """Bring the files of these campaigns up to date and say where all of their rows are.

    Args:
        tx: the transaction to read in; files and rows are of its one state of the database.
        folder: of the files; made when it is missing. It is nobody else's: another database's files are removed.
        names: the campaigns.
        now: on the wall clock.

    Raises:
        StoreError: the folder cannot be written.
    """
    parts = Parts()
    try:
        manifest = _manifest(folder, _identity(tx))
        _forget_late(tx, manifest)
        for name in names:
            _campaign(tx, folder, manifest, name, now, parts)
        _save(folder, manifest)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}; reports keep closed days there") from error
    return parts


def drop_days(folder: Path, days: Iterable[tuple[str, date]]) -> None:
    """Remove the files of some days, by campaign and UTC day: somebody in them was erased. Reports write them anew.

    Raises:
        StoreError: they cannot be removed.
    """
    try:
        for name, day in days:
            for kind in KINDS:
                (folder / "days" / name / f"{day.isoformat()}.{kind}.parquet").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}; remove it by hand") from error


def _identity(tx: Reading) -> str:
    """What tells this database from another: its first run."""
    return sha256(repr(_FIRST_RUN.first(tx)).encode()).hexdigest()


def _manifest(folder: Path, identity: str) -> dict[str, Any]:
    """What was written so far; empty for a new folder, or one of another database or version."""
    fresh: dict[str, Any] = {"version": _VERSION, "database": identity, "said": 0, "days": {}}
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        found = {}
    if found.get("version") == _VERSION and found.get("database") == identity:
        return dict(found)
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / "days")
    return fresh


def _save(folder: Path, manifest: dict[str, Any]) -> None:
    _write(folder / "manifest.json", lambda path: path.write_text(json.dumps(manifest), encoding="utf-8"))


def _write(target: Path, fill: Any) -> None:
    """Write a file whole or not at all, for its owner only."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        fill(draft)
        draft.chmod(0o600)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _forget_late(tx: Reading, manifest: dict[str, Any]) -> None:
    """Days with a disposition that no file has are written anew."""
    seen = int(manifest["said"])
    for name, placed, said in _LATE.rows(tx, after=max(0, seen - (0 if tx.sqlite else _OVERLAP))):
        written = manifest["days"].get(name, {}).get(placed.date().isoformat())
        if (written is not None and said > written["said"]) or (
            written is not None and not tx.sqlite and said not in written["young"]
        ):
            del manifest["days"][name][placed.date().isoformat()]
    manifest["said"] = _LAST_SAID.value(tx) or 0


def _campaign(tx: Reading, folder: Path, manifest: dict[str, Any], name: str, now: datetime, parts: Parts) -> None:
    """Add one campaign's rows: its closed days as files, the rest from the database."""
    found = [bounds.first(tx, name=name) for bounds in _BOUNDS]
    instants = [each for row in found if row is not None for each in row if each is not None]
    if not instants:
        return
    closed_before = _closed_before(tx, name, now)
    known = manifest["days"].setdefault(name, {})
    rest: tuple[datetime, datetime] | None = None
    last = max(instants)
    for day, begin, end in _days(min(instants), last):
        if end > closed_before:
            rest = (begin, last + timedelta(microseconds=1))
            break
        span = {"name": name, "begin": begin, "end": end}
        counts = {kind: int(_COUNTS[kind].value(tx, **span)) for kind in KINDS}
        home = folder / "days" / name
        key = day.isoformat()
        entry = known.get(key)
        files = {kind: home / f"{key}.{kind}.parquet" for kind in KINDS}
        if entry is None or entry["counts"] != counts or not all(files[k].exists() for k in KINDS if entry["rows"][k]):
            entry = known[key] = _export(tx, files, span, counts)
        for kind in KINDS:
            if entry["rows"][kind]:
                parts.files[kind].append(str(files[kind]))
    if rest is not None:
        span = {"name": name, "begin": rest[0], "end": rest[1]}
        for kind in KINDS:
            table, _ = _read(tx, kind, span)
            if table.num_rows:
                parts.rows[kind].append(table)


def _closed_before(tx: Reading, name: str, now: datetime) -> datetime:
    """Days that end up to here are over, and all their calls have ended."""
    newest = _NEWEST.value(tx, name=name)
    settled = max(now, newest) if newest is not None else now  # a simulated month may run ahead of the wall
    unended = _OPEN.value(tx, name=name)
    return min(settled - _SETTLES, unended) if unended is not None else settled - _SETTLES


def _days(first: datetime, last: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """The UTC days from one instant to another, each with its beginning and end."""
    begin = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while begin <= last:
        end = begin + timedelta(days=1)
        yield begin.date(), begin, end
        begin = end


def _export(tx: Reading, files: dict[str, Path], span: dict[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    """Write one day; the manifest's entry of it."""
    import pyarrow.parquet as pq

    rows, said = {}, [0]
    for kind in KINDS:
        table, heard = _read(tx, kind, span)
        rows[kind] = table.num_rows
        said += heard
        if table.num_rows:
            _write(files[kind], lambda path, table=table: pq.write_table(table, path, compression="zstd"))
        else:
            files[kind].unlink(missing_ok=True)
    last = max(said)
    return {
        "counts": counts,
        "rows": rows,
        "said": last,
        "young": [] if tx.sqlite else [each for each in said if each > last - 2 * _OVERLAP],
    }


def _read(tx: Reading, kind: str, span: dict[str, Any]) -> tuple[pa.Table, list[int]]:
    """Rows of one kind from the database, and the ids of the dispositions among them."""
    import pyarrow as pa

    name, begin, end = span["name"], span["begin"], span["end"]
    if kind == "calls":
        return _read_calls(tx, name, begin, end)
    if kind == "changes":
        t = _agent_change
        query = select(t.c.change_id, t.c.agent_id, t.c.state, t.c.at).where(
            t.c.campaign == name, t.c.at >= begin, t.c.at < end
        )
        frame = frame_of(tx, query.order_by(t.c.change_id))
        columns = {
            "campaign": _repeated(name, len(frame)),
            "agent_id": _words(frame["agent_id"]),
            "state": _words(frame["state"]),
            "at": _micros(frame["at"]),
            "change_id": pa.array(frame["change_id"], pa.int64()),
        }
        return pa.table(columns), []
    frame = frame_of(
        tx,
        select(_ledger.c.at, _ledger.c.code).where(
            _ledger.c.campaign == name, _ledger.c.at >= begin, _ledger.c.at < end, ~_ledger.c.allowed
        ),
    )
    columns = {"campaign": _repeated(name, len(frame)), "at": _micros(frame["at"]), "code": _words(frame["code"])}
    return pa.table(columns), []


def _read_calls(tx: Reading, name: str, begin: datetime, end: datetime) -> tuple[pa.Table, list[int]]:
    """Calls placed in [begin, end), each with the flags of its last disposition."""
    import numpy as np
    import pyarrow as pa

    t = _attempt
    instants = ("placed_at", "ringing_at", "answered_at", "bridged_at", "ended_at")
    inside = (t.c.campaign == name, t.c.placed_at >= begin, t.c.placed_at < end)
    wanted = ("call_id", "lead_id", "result", "agent_id", "caller_id", "amd_machine", "message_played", *instants)
    frame = frame_of(tx, select(*(t.c[each] for each in wanted)).where(*inside).order_by(t.c.placed_at, t.c.call_id))
    said = frame_of(
        tx,
        select(_disposition.c.disposition_id, _disposition.c.call_id, _disposition.c.flags, _disposition.c.at)
        .join(t, t.c.call_id == _disposition.c.call_id)
        .where(*inside),
    ).sort_values(["at", "disposition_id"], kind="stable")
    last = said.drop_duplicates("call_id", keep="last").set_index("call_id")["flags"]
    bits = last.map(lambda flags: sum(1 << n for n, flag in enumerate(FLAG_BITS) if flag in flags)).astype("float64")
    heard = frame["call_id"].map(bits).to_numpy(dtype="float64")
    columns = {
        "campaign": _repeated(name, len(frame)),
        "lead_id": pa.array(frame["lead_id"], pa.int64()),
        **{each.removesuffix("_id"): _words(frame[each]) for each in ("result", "agent_id")},
        "caller_id": _words(frame["caller_id"]),
        "amd_machine": pa.array(frame["amd_machine"], pa.bool_()),
        "message_played": pa.array(frame["message_played"], pa.bool_()),
        "flags": pa.array(np.nan_to_num(heard).astype("int8"), pa.int8(), mask=np.isnan(heard)),
        **{each.removesuffix("_at"): _micros(frame[each]) for each in instants},
    }
    return pa.table(columns), [int(each) for each in said["disposition_id"]]


def _micros(column: Any) -> pa.Array:
    """Instants as microseconds since the epoch; null where there is none."""
    import pyarrow as pa

    gone = column.isna().to_numpy()
    whole = column.dt.tz_convert("UTC").dt.tz_localize(None).dt.as_unit("us").to_numpy(dtype="datetime64[us]")
    return pa.array(whole.astype("int64"), pa.int64(), mask=gone)


def _words(column: Any) -> pa.Array:
    """Text that repeats itself; null for missing and empty text."""
    import pyarrow as pa

    text = column.astype("object").where(column.notna() & (column != ""), None)
    return pa.array(list(text), pa.string()).dictionary_encode()


def _repeated(name: str, times: int) -> pa.Array:
    """One name, as often as there are rows."""
    import numpy as np
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(times, dtype="int32")), pa.array([name], pa.string()))
