"""The port to any carrier, and the adapters behind it. A carrier never decides anything."""

from dialer.carriers.port import Carrier, Deliver, PlaceRequest

__all__ = ["Carrier", "Deliver", "PlaceRequest"]
