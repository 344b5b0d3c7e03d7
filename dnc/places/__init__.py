"""Where a call would land: every jurisdiction whose rules bind it and every clock it may meet.

A number is a hint (people keep it when they move), an address is a claim (lists are old). The default policy
lets a call pass only when it is lawful at every place that either of them names; `address_first` believes the
address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dnc.places.address import AddressPlace, place_of_address
from dnc.places.combine import Policy, combine, place_of
from dnc.places.number import place_of_number
from dnc.places.tables import PLACES_VERSION

if TYPE_CHECKING:
    from dnc.places.columns import Places, places_of

__all__ = [
    "PLACES_VERSION",
    "AddressPlace",
    "Places",
    "Policy",
    "combine",
    "place_of",
    "place_of_address",
    "place_of_number",
    "places_of",
]


def __getattr__(name: str) -> Any:
    """Load the column form only where it is used: it brings pandas with it."""
    if name in ("Places", "places_of"):
        from dnc.places import columns

        return getattr(columns, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
