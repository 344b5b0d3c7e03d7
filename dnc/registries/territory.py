"""Which area code belongs to which country and states, from the floor's own table of area codes."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["area_codes_of", "foreign_area_codes", "jurisdictions_of"]

_COUNTRY_NAMES: Final = {"US": "US", "CA": "Canadian"}


@cache
def _table() -> dict[str, tuple[str, ...]]:
    text = files("dnc").joinpath("data/npa_zones.toml").read_text(encoding="utf-8")
    return {row["npa"]: tuple(row["jurisdictions"]) for row in tomllib.loads(text)["npa"]}


@cache
def area_codes_of(country: str) -> frozenset[str]:
    """Every geographic area code of a country (`US`, `CA`)."""
    return frozenset(
        npa for npa, places in _table().items() if any(place.startswith(f"{country}-") for place in places)
    )


@cache
def foreign_area_codes(country: str) -> dict[str, str]:
    """Area codes of the other country of +1 that has a register -> what a report says of them."""
    home = _COUNTRY_NAMES[country]
    return {
        code: f"{_COUNTRY_NAMES[other]} area code in a {home} list"
        for other in _COUNTRY_NAMES
        if other != country
        for code in area_codes_of(other)
    }


def jurisdictions_of(npa: str) -> tuple[str, ...]:
    """The states or provinces an area code lies in (`("US-FL",)`); empty when it is not geographic."""
    return _table().get(npa, ())
