"""Prompts that the carrier plays, and recordings that it hands out: lengths read, silence written."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from dialer.carriers.emulator.callbacks import Courier, Request

__all__ = ["Prompts", "wav_of_silence", "wav_seconds"]

_RATE = 8000  # Hz, 16 bit: what the carrier's own WAV files are


class Prompts:
    """Lengths of the files that documents play; each is fetched once.

    Args:
        courier: fetches them.
        otherwise: s, for a file whose length cannot be told (it is no WAV).
    """

    def __init__(self, courier: Courier, otherwise: float) -> None:
        self._courier = courier
        self._otherwise = otherwise
        self._known: dict[str, float] = {}

    async def seconds(self, url: str) -> float | None:
        """Return the length of a file, or None when it cannot be fetched."""
        known = self._known.get(url)
        if known is not None:
            return known
        answer = await self._courier.fetch(Request("media", url, "GET", {}))
        if not answer.ok:
            return None
        length = wav_seconds(answer.body)
        self._known[url] = self._otherwise if length is None else length
        return self._known[url]


def wav_seconds(data: bytes) -> float | None:
    """Return the length of a WAV file of any encoding with a constant rate, or None when it is none."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    at, byte_rate = 12, 0
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt " and at + 20 <= len(data):
            byte_rate = struct.unpack_from("<I", data, at + 16)[0]
        elif name == b"data":
            size = min(size, len(data) - at - 8)
            return size / byte_rate if byte_rate else None
        at += 8 + size + size % 2
    return None


def wav_of_silence(seconds: float, channels: int) -> Iterator[bytes]:
    """Yield a WAV file of silence: what a recording of simulated people sounds like.

    Args:
        seconds: its length.
        channels: 1, or 2 for a dual-channel recording.
    """
    block = 2 * channels
    size = int(seconds * _RATE) * block
    yield struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        _RATE,
        _RATE * block,
        block,
        16,
        b"data",
        size,
    )
    for left in range(size, 0, -65_536):
        yield bytes(min(left, 65_536))
