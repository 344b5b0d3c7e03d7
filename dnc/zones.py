"""The time-zone database, which is a compliance dependency.

A call is lawful or not by the clock on the called person's wall, and that clock comes from the IANA database.
Governments change it at short notice: release 2026f has British Columbia, Alberta and Manitoba on year-round
time from November 2026, and a computer whose operating system still carries 2025b dials them an hour late.

Python's `zoneinfo` prefers the operating system's copy. Importing this module turns that off for the whole
process (search path emptied, cache cleared), so that every `ZoneInfo` comes from the pinned PyPI package
`tzdata`, and refuses to go on when that package is older than `MINIMUM_TZDATA`. `TZDATA_VERSION` belongs in
every recorded decision.

Arrow's own time-zone functions read the operating system's copy and cannot be told otherwise: convert
instants to local time only with this module or with pandas (which uses `zoneinfo`).
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped, unused-ignore]

__all__ = [
    "IANA_VERSION",
    "MINIMUM_TZDATA",
    "TZDATA_VERSION",
    "TzdataTooOld",
    "UnknownZone",
    "clock",
    "is_zone",
    "local",
    "same_clock",
    "zone",
]

#: The oldest PyPI `tzdata` release that may decide a call: 2026.6 is IANA 2026f.
MINIMUM_TZDATA = "2026.6"


class TzdataTooOld(RuntimeError):
    """The installed time-zone data is older than the law it has to know."""


class UnknownZone(ValueError):
    """A name that is no time zone of the IANA database."""


def _release(version: str) -> tuple[int, int]:
    """Year and serial of a tzdata version: `2026.6.post1` -> (2026, 6); (0, 0) for any other form."""
    found = re.match(r"(\d{4})\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _require(version: str, minimum: str = MINIMUM_TZDATA) -> str:
    """Return `version`, or raise `TzdataTooOld` when it is below `minimum`."""
    if _release(version) < _release(minimum):
        raise TzdataTooOld(
            f"The time-zone data installed is tzdata {version}, older than {minimum}: calls would go out an "
            f"hour early or late; run `pip install 'tzdata>={minimum}'`."
        )
    return version


#: The PyPI release in use, such as "2026.6", and its IANA name, such as "2026f".
TZDATA_VERSION: str = _require(tzdata.__version__)
IANA_VERSION: str = tzdata.IANA_VERSION

zoneinfo.reset_tzpath(to=[])
ZoneInfo.clear_cache()


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as `America/Chicago`; raises `UnknownZone`.

    Abbreviations that the database happens to carry (`EST`, `MST7MDT`), bare offsets and `Etc/` names are
    refused: they are no place's clock.
    """
    if "/" not in name or name.startswith(("Etc/", "posix/", "right/", "SystemV/")):
        raise UnknownZone(f"{name!r} is not a time zone of a place; use an IANA name such as America/Chicago.")
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{name!r} is not in the IANA database {IANA_VERSION}; use a name such as America/Chicago."
        raise UnknownZone(message) from error


def is_zone(name: str) -> bool:
    """Whether `zone(name)` would succeed."""
    try:
        zone(name)
    except UnknownZone:
        return False
    return True


def local(at: datetime, name: str) -> datetime:
    """The zone-aware instant `at` on the wall clock of zone `name`; raises `ValueError` for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; every instant must carry one.")
    return at.astimezone(zone(name))


@lru_cache(maxsize=1024)
def clock(name: str) -> tuple[int, ...]:
    """The UTC offsets (seconds) of a zone, sampled daily at 00:30 UTC from November 2026 for four years.

    Two zones with equal clocks are one for every decision: America/Detroit reads as America/New_York does.
    """
    here = zone(name)
    start = datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
    offsets = (here.utcoffset((start + timedelta(days=day)).astimezone(here)) for day in range(1461))
    return tuple(int(offset.total_seconds()) for offset in offsets if offset is not None)


@lru_cache(maxsize=65536)
def same_clock(one: str, other: str) -> bool:
    """Whether two zones show the same time on every day that can still be dialed; raises `UnknownZone`."""
    return one == other or clock(one) == clock(other)
