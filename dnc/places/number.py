"""What a number alone tells of its place.

For North America the area-code table answers with every zone of the code's territory: `phonenumbers` knows
one zone for 19 US area codes that have two, and would call Pensacola an hour early. Elsewhere a fixed line's
prefix is trusted as far as `phonenumbers` has data for it; a mobile may be anywhere in its country, so it
gets every zone of the country (an Indonesian mobile is not in Jakarta because its prefix is sold there).
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from dnc.numbers.lead import classify
from dnc.numbers.values import Number
from dnc.places.tables import all_country_zones, area_codes, country_zones, distinct_clocks
from dnc.values import Place
from dnc.zones import is_zone, same_clock

__all__ = ["jurisdictions_of", "place_of_area", "place_of_number"]

#: Country code 44 serves the Crown dependencies too; all of them keep London's clock and Great Britain's
#: rules.
_GREAT_BRITAIN = "44"


def jurisdictions_of(*names: str) -> tuple[str, ...]:
    """The names with their countries, each once, sorted: ("US-FL",) -> ("US", "US-FL")."""
    return tuple(sorted({*names, *(name.split("-")[0] for name in names)}))


@lru_cache(maxsize=1024)
def place_of_area(code: str) -> Place:
    """The place of a North American area code; no zones when the table does not have it."""
    area = area_codes().get(code)
    if area is None:
        return Place((), (), f"area code {code} is not in the table of US and Canadian places")
    where = ", ".join(area.jurisdictions)
    return Place(jurisdictions_of(*area.jurisdictions), area.zones, f"area code {code} is in {where}")


def _prefix_zones(digits: str, country_code: str) -> tuple[str, ...]:
    """The zones of the longest prefix in phonenumbers' data that says more than the country; else nothing."""
    for length in range(min(TIMEZONE_LONGEST_PREFIX, len(digits)), len(country_code), -1):
        found = TIMEZONE_DATA.get(digits[:length])
        if found is not None:
            return tuple(name for name in found if is_zone(name))
    return ()


def _abroad(found: Number, country_code: str) -> Place:
    """The place of a valid number outside North America's area codes."""
    region = found.region
    if country_code == _GREAT_BRITAIN:
        return Place(jurisdictions_of("GB", region), ("Europe/London",), f"number of {region} (+44)")
    everywhere = country_zones(region)
    if not everywhere:
        listed = TIMEZONE_DATA.get(country_code, ())
        everywhere = distinct_clocks(tuple(name for name in listed if is_zone(name)))
        if not everywhere:
            return Place((region,), (), f"no time zone is known for {region}")
    if len(everywhere) == 1:
        return Place((region,), everywhere, f"number of {region}, which has one time zone")
    if found.type == "fixed_line":
        prefix = _prefix_zones(found.e164[1:], country_code)
        known = all_country_zones(region)
        if prefix and all(any(same_clock(name, zone) for name in known) for zone in prefix):
            return Place((region,), distinct_clocks(prefix), f"fixed line of {region}, placed by its prefix")
    return Place((region,), everywhere, f"number of {region} that may be anywhere in the country")


@lru_cache(maxsize=65536)
def place_of_number(e164: str) -> Place:
    """The place of an E.164 number by its digits alone; no zones (not callable) when they tell none."""
    try:
        parsed = phonenumbers.parse(e164, None)
    except NumberParseException:
        return Place((), (), f"{e164!r} is not an E.164 number")
    found = classify(parsed)
    if not isinstance(found, Number):
        return Place((), (), f"no place: {found.detail}")
    if parsed.country_code == 1:
        if found.region in ("US", "CA") or found.e164[2:5] in area_codes():
            return place_of_area(found.e164[2:5])
        return _caribbean(found)
    return _abroad(found, str(parsed.country_code))


def _caribbean(found: Number) -> Place:
    """The place of a number of another country under country code 1."""
    zones = country_zones(found.region)
    return Place((found.region,), zones, f"number of {found.region} (area code {found.e164[2:5]})")
