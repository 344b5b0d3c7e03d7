"""What an address on a list tells of the person's place.

A US ZIP gives state and zones; a Canadian or Australian postal code gives the province or state; a state
gives all its zones; a country alone gives all of the country's. What the list says but no table knows is
named in `why` and not used, except overseas military mail: that person's clock is unknown, so the place has
no zones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from dnc.places.number import jurisdictions_of
from dnc.places.tables import State, country_zones, state_by_name, states, zip_table
from dnc.values import Address

__all__ = [
    "AddressPlace",
    "is_new_york_city",
    "is_unknown_state",
    "normal_zip",
    "place_of_address",
    "places_of_postal_code",
    "state_of",
]

#: US territories have ISO country codes of their own; lists use either.
_TERRITORIES = frozenset({"PR", "VI", "GU", "AS", "MP"})
#: Countries that the US mail serves with ZIP codes.
_ISLAND_STATES = frozenset({"FM", "MH", "PW"})
_MILITARY = frozenset({"AA", "AE", "AP"})

#: First letter of a Canadian postal code -> its provinces.
_CANADA: dict[str, tuple[str, ...]] = {
    **dict.fromkeys("A", ("NL",)), **dict.fromkeys("B", ("NS",)), **dict.fromkeys("C", ("PE",)),
    **dict.fromkeys("E", ("NB",)), **dict.fromkeys("GHJ", ("QC",)), **dict.fromkeys("KLMNP", ("ON",)),
    **dict.fromkeys("R", ("MB",)), **dict.fromkeys("S", ("SK",)), **dict.fromkeys("T", ("AB",)),
    **dict.fromkeys("V", ("BC",)), **dict.fromkeys("X", ("NT", "NU")), **dict.fromkeys("Y", ("YT",)),
}  # fmt: skip
#: First postcode of each run of Australian postcodes, and its states (Australia Post; border towns share).
_AUSTRALIA: tuple[tuple[int, tuple[str, ...]], ...] = (
    (200, ("ACT",)), (800, ("NT",)), (1000, ("NSW",)), (2600, ("ACT", "NSW")), (2621, ("NSW",)),
    (2900, ("ACT",)), (2921, ("NSW",)), (3000, ("VIC",)), (4000, ("QLD",)), (5000, ("SA",)), (6000, ("WA",)),
    (7000, ("TAS",)), (8000, ("VIC",)), (9000, ("QLD",)),
)  # fmt: skip
_AUSTRALIA_OWN = {2880: "Australia/Broken_Hill", 2898: "Australia/Lord_Howe"}

_CITY = frozenset(
    {
        "new york",
        "new york city",
        "nyc",
        "manhattan",
        "brooklyn",
        "bronx",
        "the bronx",
        "queens",
        "staten island",
    }
)
#: ZIP prefixes of New York City, and the ZIPs of Queens within Nassau's 110.
_CITY_PREFIXES = frozenset({"100", "101", "102", "103", "104", "111", "112", "113", "114", "116"})
_CITY_ZIPS = frozenset({"11001", "11004", "11005", "11040"})


@dataclass(frozen=True, slots=True)
class AddressPlace:
    """Jurisdictions and zones of an address, and how sure they are.

    `exact` "postal": the zones are those of the postal code; "state": of the state; "country": of the
    country. Empty zones: the address is known to be somewhere whose clock is not known.
    """

    jurisdictions: tuple[str, ...]
    zones: tuple[str, ...]
    exact: Literal["postal", "state", "country"]
    why: str


def normal_zip(text: str) -> str:
    """Five digits of a US ZIP or ZIP+4, or empty when the text has no such form."""
    found = re.fullmatch(r"\s*(\d{5})(?:[-\s]?\d{4})?\s*", text, re.ASCII)
    return found[1] if found else ""


def state_of(country: str, text: str) -> State | None:
    """A state by its code (`FL`, `US-FL`) or its name, in any case; None when it is unknown."""
    wanted = text.strip()
    code = wanted.upper().removeprefix(f"{country}-")
    return states().get((country, code)) or state_by_name().get((country, wanted.lower()))


def is_unknown_state(country: str, text: str) -> bool:
    """Whether a text names no state of a country whose states we know; blanks and military mail are none."""
    home = "US" if country in _TERRITORIES else country
    if not text.strip() or home not in {each for each, _ in states()}:
        return False
    return state_of(home, text) is None and not (home == "US" and text.strip().upper() in _MILITARY)


def is_new_york_city(city: str, zip_code: str) -> bool:
    """Whether a city of New York State, or a ZIP, lies in New York City (whose debt rules are its own)."""
    named = " ".join(city.lower().replace(",", " ").split()).removesuffix(" ny") in _CITY
    return named or zip_code[:3] in _CITY_PREFIXES or zip_code in _CITY_ZIPS


def _us_postal(zip_code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States and zones of a five-digit ZIP; two empty tuples when it is unknown."""
    table = zip_table()
    return table.answers[int(table.find(np.array([int(zip_code)]))[0])]


def _australian(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States and zones of a four-digit Australian postcode."""
    found = re.fullmatch(r"\s*(\d{3,4})\s*", text, re.ASCII)
    if not found or int(found[1]) < _AUSTRALIA[0][0]:
        return (), ()
    number = int(found[1])
    names = next(names for first, names in reversed(_AUSTRALIA) if number >= first)
    if number in _AUSTRALIA_OWN:
        return names, (_AUSTRALIA_OWN[number],)
    zones = {zone for name in names for zone in states()["AU", name].zones}
    return names, tuple(sorted(zones - set(_AUSTRALIA_OWN.values()) if "NSW" in names else zones))


@lru_cache(maxsize=65536)
def places_of_postal_code(country: str, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States and zones of a postal code; two empty tuples when it tells nothing."""
    if country == "US":
        zip_code = normal_zip(text)
        return _us_postal(zip_code) if zip_code else ((), ())
    if country == "CA":
        names = _CANADA.get(text.strip()[:1].upper(), ())
        return names, tuple(sorted({zone for name in names for zone in states()["CA", name].zones}))
    if country == "AU":
        return _australian(text)
    return (), ()


@lru_cache(maxsize=65536)
def place_of_address(address: Address, default_country: str = "US") -> AddressPlace | None:
    """Where the list says the person lives; None when it says nothing that any table knows.

    `default_country` is the number's country: it reads a state or postal code that comes without a country.
    """
    country = (address.country or default_country).upper()
    state_text = address.state
    if country in _TERRITORIES:
        country, state_text = "US", state_text or country
    if country == "US" and state_text.strip().upper() in _MILITARY:
        return AddressPlace(("US",), (), "postal", "military mail overseas: the person's clock is not known")

    names, zones = places_of_postal_code(country, address.postal_code)
    if country == "US" and set(names) & _MILITARY:
        return AddressPlace(("US",), (), "postal", "military mail overseas: the person's clock is not known")
    state = state_of(country, state_text) if state_text.strip() else None
    islands = [name for name in names if name in _ISLAND_STATES]
    found = {name if name in islands else f"{country}-{name}" for name in names}
    ignored = f"; state {state_text!r} is not known" if state_text.strip() and not state else ""
    if address.postal_code.strip() and not names:
        ignored += "; the postal code is not known"

    city = address.city
    new_york = country == "US" and (state is None or state.code == "NY") and ("NY" in names or state is not None)
    zip_code = normal_zip(address.postal_code) if country == "US" and "NY" in names else ""
    extra = {"US-NY-NYC"} if new_york and is_new_york_city(city, zip_code) else set()

    if names:
        where = ", ".join(sorted(found))
        if state is not None and state.code not in names:
            joined = tuple(sorted({*zones, *state.zones}))
            why = f"postal code of {where} but state {state.code}: both apply"
            return AddressPlace(jurisdictions_of(*found, state.jurisdiction, *extra), joined, "postal", why)
        exact: Literal["postal", "state"] = "state" if country == "CA" else "postal"
        return AddressPlace(jurisdictions_of(*found, *extra), zones, exact, f"postal code of {where}{ignored}")
    if state is not None:
        place = jurisdictions_of(state.jurisdiction, *extra)
        return AddressPlace(place, state.zones, "state", f"state {state.jurisdiction}{ignored}")
    if address.country and (everywhere := country_zones(country)):
        return AddressPlace((country,), everywhere, "country", f"country {country}{ignored}")
    return None
