"""Counted randomness: the same seed and name give the same numbers, in any order, on every machine.

In an ordinary stream each draw depends on all earlier ones, so that one call placed more changes every call
after it, and two dialing policies can never be compared on the same people. Here nothing is drawn in order:
a `Stream` hashes a name (a call, a phone number, an agent) under its own key with BLAKE2b and reads the
32 bytes as eight uniform numbers. That costs about 2 µs.

The uniforms are exact everywhere. What `distributions` makes of them is rounded to the microsecond, which
hides the last-bit differences between C libraries' `log` and `exp`.
"""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct

__all__ = ["Draws", "Stream"]

#: Eight uniforms, each strictly between 0 and 1 (resolution 2**-32).
Draws = tuple[float, float, float, float, float, float, float, float]

_SCALE = 2.0**-32
_words = Struct("<8I").unpack


class Stream:
    """One independent family of numbers.

    Args:
        seed: any whole number.
        purpose: what the numbers are for; streams of one seed and different purposes have nothing in common.
    """

    __slots__ = ("_keyed",)

    def __init__(self, seed: int, purpose: str) -> None:
        key = blake2b(f"{seed}/{purpose}".encode(), digest_size=16).digest()
        self._keyed = blake2b(digest_size=32, key=key)

    def draws(self, name: str) -> Draws:
        """Return the eight uniforms of `name`."""
        digest = self._keyed.copy()
        digest.update(name.encode())
        a, b, c, d, e, f, g, h = _words(digest.digest())
        return (
            (a + 0.5) * _SCALE,
            (b + 0.5) * _SCALE,
            (c + 0.5) * _SCALE,
            (d + 0.5) * _SCALE,
            (e + 0.5) * _SCALE,
            (f + 0.5) * _SCALE,
            (g + 0.5) * _SCALE,
            (h + 0.5) * _SCALE,
        )
