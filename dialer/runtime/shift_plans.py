"""Agents' shifts as people write them: a CSV of dates or weekdays, clock times of a zone, and breaks.

Columns: `agent`; `date`, or `weekdays` with `from` and `until`; `start`, `end`; `zone`; `breaks` and `campaign` may be
left out. A time of the clock is that of the shift's zone, so a shift over midnight or over a jump of the clock is as
long as people are really there. An end that is not after the start is on the next day.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

from campaigns.files.calendar import WEEKDAYS
from campaigns.problems import OperatorError, Problem, did_you_mean
from dialer.store.shifts import Shift
from dnc import zones

__all__ = ["COLUMNS", "ShiftFileError", "read_shifts"]

COLUMNS = ("agent", "date", "weekdays", "from", "until", "start", "end", "zone", "breaks", "campaign")
_NEEDED = ("agent", "start", "end", "zone")
_LONGEST = timedelta(hours=16)
_MOST_DAYS = 370
_MOST_TOLD = 20
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


class ShiftFileError(OperatorError):
    """A file of shifts that cannot be used; every problem with its line."""


class _Wrong(ValueError):
    """A cell that cannot be read: `(column, what, what to do)`."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]

    def date(self, column: str) -> date:
        try:
            return date.fromisoformat(self.cells[column])
        except ValueError:
            raise _Wrong(column, f'"{self.cells[column]}" is not a date', "write it as 2026-12-01") from None


def read_shifts(path: Path, agents: Collection[str], campaigns: Collection[str]) -> list[Shift]:
    """All shifts of a file, patterns written out, in order.

    Args:
        path: CSV, UTF-8, separated by commas or semicolons.
        agents: the ids that exist.
        campaigns: the campaigns that exist.

    Raises:
        ShiftFileError: with everything that is wrong.
    """
    problems: list[Problem] = []
    found: list[tuple[int, Shift]] = []
    for row in _rows(path):
        try:
            _known("agent", row.cells["agent"], agents, "dialer agents list")
            if row.cells["campaign"]:
                _known("campaign", row.cells["campaign"], campaigns, "dialer campaigns check")
            found += [(row.line, each) for each in _shifts(row)]
        except _Wrong as wrong:
            column, what, do = wrong.args
            problems.append(Problem(path.name, what, do, key=column, line=row.line))
    found.sort(key=lambda each: (each[1].agent_id, each[1].starts_at))
    for (_, one), (line, other) in pairwise(found):
        if one.agent_id == other.agent_id and other.starts_at < one.ends_at:
            what = f"{other.agent_id} works twice at once on {other.day}"
            problems.append(Problem(path.name, what, "end the first shift before the second begins", line=line))
    if not problems and not found:
        problems.append(Problem(path.name, "it has no shifts", f"write a row with {', '.join(_NEEDED)} and date"))
    if problems:
        more = len(problems) - _MOST_TOLD
        if more > 0:
            problems[_MOST_TOLD:] = [Problem(path.name, f"{more} more problems of the kind", "mend those first")]
        raise ShiftFileError(problems)
    return [each for _, each in found]


def _rows(path: Path) -> Iterator[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ShiftFileError([Problem(path.name, f"it cannot be read: {error.strerror}", "check the name")]) from None
    except UnicodeDecodeError:
        raise ShiftFileError([Problem(path.name, "it is not UTF-8 text", "save it as UTF-8")]) from None
    head = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ",")
    header = [cell.strip().casefold() for cell in next(rows, [])]
    strange = [cell for cell in header if cell not in COLUMNS]
    missing = [cell for cell in _NEEDED if cell not in header]
    if strange or missing or len(set(header)) < len(header):
        what = f"column {strange[0]!r} is not known" if strange else f"it lacks the column {', '.join(missing)}"
        if not strange and not missing:
            what = "a column stands there twice"
        raise ShiftFileError([Problem(path.name, what, f"use {', '.join(COLUMNS)}", line=1)])
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        known = dict.fromkeys(COLUMNS, "") | dict(zip(header, (cell.strip() for cell in cells), strict=False))
        yield _Row(rows.line_num, known)


def _shifts(row: _Row) -> Iterator[Shift]:
    """The shifts of one row: one, or one for each day of its pattern."""
    cells = row.cells
    if not zones.is_zone(cells["zone"]):
        raise _Wrong("zone", f'"{cells["zone"]}" is no time zone of a place', "use an IANA name such as Asia/Jakarta")
    start, end = _clock("start", cells["start"]), _clock("end", cells["end"])
    breaks = [_span(each) for each in re.split(r"[;,]", cells["breaks"]) if each.strip()]
    for day in _days(row):
        begins, ends = _instants(day, start, end, cells["zone"])
        if not timedelta() < ends - begins <= _LONGEST:
            raise _Wrong("end", f"the shift of {day} would last {(ends - begins)}", "a shift lasts up to 16 hours")
        off = []
        for one, other in breaks:
            # A break of a night shift may lie behind midnight.
            later = timedelta(days=1) if one < start else timedelta()
            gone, back = _instants(day + later, one, other, cells["zone"])
            if gone < begins or back > ends:
                what = f"the break {_text(one)}-{_text(other)} is not inside the shift of {day}"
                raise _Wrong("breaks", what, "write it as 12:00-12:30 on the clock of the shift's zone")
            off.append((gone, back))
        off.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(off)):
            raise _Wrong("breaks", "two breaks overlap", "join them into one")
        yield Shift(cells["agent"], cells["campaign"], day, cells["zone"], begins, ends, tuple(off))


def _days(row: _Row) -> list[date]:
    cells = row.cells
    if bool(cells["date"]) == bool(cells["weekdays"]):
        raise _Wrong("date", "it needs a date, or weekdays with from and until", "fill in one of the two")
    if cells["date"]:
        return [row.date("date")]
    wanted = _weekdays(cells["weekdays"])
    first, last = row.date("from"), row.date("until")
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise _Wrong("until", f"{first} to {last} is no span of up to {_MOST_DAYS} days", "change from or until")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = [day for day in days if day.weekday() in wanted]
    if not found:
        raise _Wrong("weekdays", f"no such day lies between {first} and {last}", "change weekdays, from or until")
    return found


def _weekdays(text: str) -> set[int]:
    """`mon-fri`, `mon wed fri`, `fri-mon`: numbers of weekdays."""
    found: set[int] = set()
    for part in re.split(r"[\s,;]+", text.casefold()):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise _Wrong("weekdays", f'"{text}" is no list of weekdays', 'write it as "mon-fri" or "mon wed fri"')
        begin = WEEKDAYS.index(first)
        found |= {(begin + n) % 7 for n in range((WEEKDAYS.index(last or first) - begin) % 7 + 1)}
    return found


def _clock(column: str, text: str) -> int:
    """Minutes from midnight."""
    form = _CLOCK.fullmatch(text)
    if form is None or int(form[1]) * 60 + int(form[2]) > 24 * 60:
        raise _Wrong(column, f'"{text}" is no time of the day', "write it as 08:30")
    return int(form[1]) * 60 + int(form[2])


def _span(text: str) -> tuple[int, int]:
    begin, _, end = text.strip().partition("-")
    return _clock("breaks", begin.strip()), _clock("breaks", end.strip())


def _instants(day: date, start: int, end: int, zone: str) -> tuple[datetime, datetime]:
    """Both ends in UTC; an end that is not after the start is on the next day."""
    here, midnight = zones.zone(zone), datetime.combine(day, time())
    later = end if end > start else end + 24 * 60
    begins, ends = (
        (midnight + timedelta(minutes=minute)).replace(tzinfo=here).astimezone(UTC) for minute in (start, later)
    )
    return begins, ends


def _known(column: str, name: str, known: Collection[str], command: str) -> None:
    if name not in known:
        close = did_you_mean(name, known)
        hint = f"did you mean {close!r}? See {command}" if close else f"see {command}"
        raise _Wrong(column, f'there is no {column} "{name}"' if name else "it is empty", hint)


def _text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
