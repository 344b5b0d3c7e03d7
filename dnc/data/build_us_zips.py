"""Rebuild `us_zips.tsv`, in a throw-away venv that has `zipcodes` and `zip2info` (not needed at run time).

    python dnc/data/build_us_zips.py > dnc/data/us_zips.tsv

Both packages are MIT-licensed. A ZIP gets every zone that either package gives it, plus the zone (where both
packages agree) of each of its `NEIGHBOURS` nearest places in the same state within `NEAR_KM`: a ZIP is an
area, and one near a border may lie on both sides. Counting neighbours rather than kilometres alone follows
the size of ZIPs: small in a city, so that Chattanooga stays Eastern, and wide in the country. Neighbouring
numbers of the same answer are written as one range.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from math import cos, hypot, radians
from typing import Any

from dnc.zones import UnknownZone, clock

NEIGHBOURS = 6
NEAR_KM = 60.0
KM_PER_DEGREE = 111.2

#: The names used in the table: one for each clock.
NAMES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam",
    "Pacific/Pago_Pago", "Pacific/Palau", "Pacific/Chuuk", "Pacific/Pohnpei", "Pacific/Majuro",
)  # fmt: skip
#: Puerto Rico and the Virgin Islands share a clock, and so do Guam and Saipan; Saipan and St Thomas keep
#: their name.
OWN_NAME = {"America/St_Thomas", "Pacific/Saipan"}
MILITARY = {"AA", "AE", "AP"}
ISLANDS = {"FM": ("Pacific/Chuuk", "Pacific/Pohnpei"), "PW": ("Pacific/Palau",), "MH": ("Pacific/Majuro",)}


def canonical(name: str) -> str | None:
    """The table's name for the clock of `name`; None when it is no zone."""
    if name in OWN_NAME:
        return name
    try:
        mine = clock(name)
    except UnknownZone:
        return None
    return next(known for known in NAMES if clock(known) == mine)


def load() -> list[tuple[int, str, frozenset[str], float, float]]:
    """Every ZIP of both packages: number, state, zones, latitude and longitude (0, 0 when unknown)."""
    import zip2info  # type: ignore[import-not-found, unused-ignore]
    import zipcodes  # type: ignore[import-not-found, unused-ignore]

    rows: list[tuple[int, str, frozenset[str], float, float]] = []
    records: list[dict[str, Any]] = zipcodes.list_all()
    for record in records:
        number, state = record["zip_code"], record["state"]
        if record["city"] in ("Apo", "Dpo", "Fpo"):
            state = {"0": "AE", "3": "AA", "9": "AP"}[number[0]]
        if number.startswith("569"):  # parcel return service: nobody lives there
            continue
        if state in MILITARY:
            zones: frozenset[str] = frozenset()
        elif state in ISLANDS:
            zones = frozenset(ISLANDS[state])
        else:
            given = (record["timezone"], zip2info.timezone(number))
            zones = frozenset(name for name in map(canonical, filter(None, given)) if name)
        rows.append((int(number), state, zones, float(record["lat"]), float(record["long"])))
    return sorted(rows)


def widen(
    rows: list[tuple[int, str, frozenset[str], float, float]],
) -> list[tuple[int, str, tuple[str, ...]]]:
    """Add to each ZIP the zones of its nearest places in its state."""
    places: dict[str, dict[tuple[float, float], set[str]]] = defaultdict(lambda: defaultdict(set))
    for _, state, zones, lat, lon in rows:
        if len(zones) == 1 and (lat, lon) != (0.0, 0.0):
            places[state][round(lat, 2), round(lon, 2)] |= zones
    wide = []
    for number, state, zones, lat, lon in rows:
        found = set(zones)
        if (lat, lon) != (0.0, 0.0) and len(set().union(*places[state].values())) > 1:
            near = sorted(
                (
                    hypot((lat - y) * KM_PER_DEGREE, (lon - x) * KM_PER_DEGREE * cos(radians(lat))),
                    sorted(others),
                )
                for (y, x), others in places[state].items()
                if abs(lat - y) < 1
            )
            for km, others in near[: NEIGHBOURS + 1]:  # the first is the ZIP's own place
                if km <= NEAR_KM:
                    found.update(others)
        wide.append((number, state, tuple(sorted(found))))
    return wide


def main() -> None:
    """Write the table to standard output."""
    out = sys.stdout
    out.write("# US ZIP codes: first, last, state, zones (space-separated; none: overseas mail, zone unknown).\n")
    out.write("# Built by build_us_zips.py from the PyPI packages zipcodes 3.0.0 and zip2info 1.1.0 (MIT).\n")
    first = last = -1
    answer: tuple[str, tuple[str, ...]] = ("", ())
    for number, state, zones in [*widen(load()), (99_999_000, "", ())]:
        if (state, zones) == answer and number // 100 == last // 100:
            last = number
            continue
        if first >= 0:
            out.write(f"{first:05d}\t{last:05d}\t{answer[0]}\t{' '.join(answer[1])}\n")
        first = last = number
        answer = (state, zones)


if __name__ == "__main__":
    main()
