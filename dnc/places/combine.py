"""Number and address together: the call must be lawful wherever either says the person may be.

Policy `intersect` (the default; Regulation F's comment on conflicting location information asks for a time
that is convenient at every place the collector knows of):

* the postal code's zones, when the number's territory has them all; both sets, in conflict, when it has not, or
when the two are in different countries;
* a state without postal code: the zones it shares with the number's territory, or both sets when it shares
none;
* the rules of every jurisdiction that number or address names.

Policy `address_first`: a postal code or state that resolves is believed alone.

A time zone that the list itself gives can only narrow these candidates. One that is not among them is one
more place the person may be, so it is added and the place is in conflict; it never replaces anything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from dnc.places.address import AddressPlace, place_of_address
from dnc.places.number import place_of_number
from dnc.values import Address, Place
from dnc.zones import UnknownZone, same_clock, zone

__all__ = ["Policy", "combine", "home_of", "place_at", "place_of", "place_with"]

Policy = Literal["intersect", "address_first"]


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """All zones of both, a clock that both name only once."""
    extra = [name for name in other if not any(same_clock(name, known) for known in one)]
    return tuple(sorted({*one, *extra}))


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The zones of `one` whose clock is also in `other`."""
    return tuple(name for name in one if any(same_clock(name, known) for known in other))


def _same_country(number: Place, address: AddressPlace) -> bool:
    """Whether the number names every country that the address names: Toronto's clock is no proof of Kentucky."""
    return {name for name in address.jurisdictions if "-" not in name} <= set(number.jurisdictions)


def _apart(number: Place, address: AddressPlace) -> bool:
    """Whether the address names a country or state that the number, where it names any, does not."""
    claimed = {name for name in address.jurisdictions if name.count("-") == 1}
    hinted = {name for name in number.jurisdictions if name.count("-") == 1}
    return not _same_country(number, address) or bool(hinted and not claimed <= hinted)


def combine(number: Place, address: AddressPlace | None, policy: Policy = "intersect") -> Place:
    """One place from what the number tells and what the address tells; see the module's rules."""
    if address is None:
        return number
    if not address.zones:
        return Place(_join(number, address), (), address.why)
    if policy == "address_first" and address.exact != "country":
        return Place(address.jurisdictions, address.zones, f"{address.why} (the address is believed first)")
    if not number.zones:
        return number
    why = f"{number.why}; {address.why}"
    if address.exact == "country":
        if set(address.jurisdictions) <= set(number.jurisdictions):
            return number
        return Place(_join(number, address), _union(number.zones, address.zones), f"{why}: both apply", conflict=True)
    apart = _apart(number, address)
    shared = _shared(address.zones, number.zones)
    enough = len(shared) == len(address.zones) if address.exact == "postal" else bool(shared)
    if enough and _same_country(number, address):
        return Place(_join(number, address), shared, f"{why}: both rules apply" if apart else why, conflict=apart)
    zones = _union(address.zones, number.zones)
    return Place(_join(number, address), zones, f"{why}: the clocks of both apply", conflict=True)


def _join(number: Place, address: AddressPlace) -> tuple[str, ...]:
    return tuple(sorted({*number.jurisdictions, *address.jurisdictions}))


def _narrow(place: Place, name: str) -> Place:
    """The candidates that the list's own time zone leaves; unknown names leave none."""
    try:
        zone(name)
    except UnknownZone:
        return Place(place.jurisdictions, (), f"the list's time zone {name!r} is not an IANA name")
    if not place.zones:
        return place
    kept = tuple(candidate for candidate in place.zones if same_clock(candidate, name))
    if kept:
        return Place(place.jurisdictions, kept, f"{place.why}; the list's time zone is {name}", place.conflict)
    why = f"{place.why}; the list's time zone {name} is not one of these: all apply"
    return Place(place.jurisdictions, tuple(sorted({*place.zones, name})), why, conflict=True)


@lru_cache(maxsize=65536)
def place_of(number_e164: str, address: Address | None = None, policy: Policy = "intersect") -> Place:
    """Every jurisdiction and zone a call to this number may meet, given the address its list has.

    Never raises for bad data: a place without zones is not callable, and its `why` says the reason. `why` is
    one sentence for a compliance officer.
    """
    return place_with(place_of_number(number_e164), address, policy)


def place_with(number: Place, address: Address | None, policy: Policy) -> Place:
    """As `place_of`, with the number's own place already known."""
    if address is None:
        return number
    return place_at(number, place_of_address(address, home_of(number)), address.timezone.strip(), policy)


def home_of(number: Place) -> str:
    """The country in which an address without country is read."""
    return number.jurisdictions[0].split("-")[0] if number.jurisdictions else "US"


def place_at(number: Place, address: AddressPlace | None, timezone: str, policy: Policy) -> Place:
    """As `place_of`, with the places of number and address already known; `timezone` as the list has it, or ""."""
    place = combine(number, address, policy)
    return _narrow(place, timezone) if timezone else place
