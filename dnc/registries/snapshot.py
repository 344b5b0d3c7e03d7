"""One version of one list on disk: an immutable, memory-mapped `data.bin` and the `manifest.json` about it.

`data.bin` is a sequence of arrays, each at a multiple of 64 bytes; the manifest says which and where, and has
the SHA-256 of the whole file and a seal over itself. +1 lists hold `exchanges` and `pages` (see `bitmap.py`);
all others hold `numbers`, `codes` and `days`, and `since` where questions have a date (see `keyed.py`).

Nothing is trusted: a manifest that does not parse, a size or a hash that differs, or a section that leaves
the file makes the version unreadable (`SnapshotError`), and what is unreadable is not dialed.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from dnc.registries.bitmap import PAGE_BYTES, NanpBitmap
from dnc.registries.keyed import Keyed
from dnc.registries.report import Numbers

__all__ = ["Coverage", "Manifest", "Snapshot", "SnapshotError", "write_snapshot"]

_MAGIC: Final = b"DNCSNAP1".ljust(64, b"\0")
_ALIGN: Final = 64
_PIECE: Final = 2**24
_DTYPES: Final = {"exchanges": "<u4", "pages": "u1", "numbers": "<u8", "codes": "u1", "days": "<u4", "since": "<u4"}

#: Files whose hash this process has seen: (device, inode, size, mtime, ctime) -> sha256.
_HASHED: dict[tuple[int, int, int, int, int], str] = {}


class SnapshotError(Exception):
    """A version that cannot be trusted; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many numbers a part of a list has and when that part was obtained."""

    rows: int
    obtained_at: datetime


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a version. `coverage` is by area code for lists kept so, else one part `*`."""

    registry: str
    version: str
    shape: Literal["nanp", "keyed"]
    level: Literal["full", "change", "wash"]
    format: str
    source_file: str
    source_sha256: str
    obtained_at: datetime
    imported_at: datetime
    lines: int
    rows: int
    coverage: Mapping[str, Coverage]
    previous: str
    code_version: str
    warnings: tuple[str, ...] = ()
    note: str = ""
    sha256: str = ""
    size: int = 0
    sections: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # name -> (offset, items)

    def to_json(self) -> str:
        """The text of `manifest.json`."""
        shown: dict[str, Any] = asdict(self)
        for key in ("obtained_at", "imported_at"):
            shown[key] = shown[key].isoformat()
        shown["coverage"] = {
            part: {"rows": c.rows, "obtained_at": c.obtained_at.isoformat()}
            for part, c in sorted(self.coverage.items())
        }
        shown["seal"] = _seal(shown)
        return json.dumps(shown, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read `manifest.json`. Raises SnapshotError when it is not there or not whole."""
        try:
            raw = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            if raw.pop("seal") != _seal(raw):
                raise ValueError("the manifest was changed")
            raw["obtained_at"] = _instant(raw["obtained_at"])
            raw["imported_at"] = _instant(raw["imported_at"])
            raw["coverage"] = {
                part: Coverage(int(c["rows"]), _instant(c["obtained_at"])) for part, c in raw["coverage"].items()
            }
            raw["warnings"] = tuple(raw["warnings"])
            raw["sections"] = {name: (int(start), int(n)) for name, (start, n) in raw["sections"].items()}
            return cls(**raw)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SnapshotError(f"the manifest of {folder.parent.name} {folder.name} is not readable") from error


def _seal(values: dict[str, Any]) -> str:
    """SHA-256 of the manifest's values, so that a flipped bit in a date does not make a list younger."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant without a zone")
    return at


class Snapshot:
    """A version opened for look-ups. Whoever holds it finishes with it, whatever is imported meanwhile."""

    def __init__(self, folder: Path, *, verify: bool = True) -> None:
        """Map the version in `folder`; `verify` reads it whole once to prove its SHA-256."""
        self.manifest = Manifest.load(folder)
        where = f"{self.manifest.registry} {folder.name}"
        try:
            with (folder / "data.bin").open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size != self.manifest.size or status.st_size < len(_MAGIC):
                    raise SnapshotError(f"{where}: data.bin has not the size its manifest tells")
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise SnapshotError(f"{where}: data.bin is not readable ({error.strerror})") from error
        if self._map[: len(_MAGIC)] != _MAGIC:
            raise SnapshotError(f"{where}: data.bin is not a snapshot")
        if verify and _hash_of(self._map, status) != self.manifest.sha256:
            raise SnapshotError(f"{where}: data.bin does not have the hash its manifest tells")
        try:
            sections = {name: self._section(name) for name in self.manifest.sections}
            self.index: NanpBitmap | Keyed
            if self.manifest.shape == "nanp":
                pages = sections["pages"].reshape(-1, PAGE_BYTES)
                if len(pages) != len(sections["exchanges"]) + 1:
                    raise ValueError("pages and exchanges differ")
                self.index = NanpBitmap(sections["exchanges"], pages)
            else:
                self.index = Keyed(sections["numbers"], sections["codes"], sections["days"], sections.get("since"))
        except (KeyError, ValueError, IndexError) as error:
            raise SnapshotError(f"{where}: the manifest does not fit data.bin") from error

    @property
    def version(self) -> str:
        """The version's name."""
        return self.manifest.version

    @cached_property
    def oldest(self) -> datetime:
        """When the oldest part of the list was obtained."""
        parts = self.manifest.coverage.values()
        return min((part.obtained_at for part in parts), default=self.manifest.obtained_at)

    def contains(self, number: int) -> bool:
        """Whether a number (E.164 digits as an integer) is listed. Below 2 microseconds."""
        return self.index.contains(number)

    def contains_many(self, numbers: Numbers) -> npt.NDArray[np.bool_]:
        """`contains` for uint64 E.164 digits of shape (n,)."""
        return self.index.contains_many(numbers)

    def _section(self, name: str) -> npt.NDArray[Any]:
        offset, items = self.manifest.sections[name]
        return np.frombuffer(self._map, dtype=_DTYPES[name], count=items, offset=offset)


def write_snapshot(folder: Path, manifest: dict[str, Any], sections: Mapping[str, npt.NDArray[Any]]) -> Manifest:
    """Write `data.bin` and `manifest.json` into an existing folder and force both to the disk.

    `manifest` has the fields of `Manifest` but those that describe `data.bin`. Raises OSError (disk full).
    """
    digest = hashlib.sha256(_MAGIC)
    places: dict[str, tuple[int, int]] = {}
    size = len(_MAGIC)
    with (folder / "data.bin").open("xb") as file:
        file.write(_MAGIC)
        for name, array in sections.items():
            flat = np.ascontiguousarray(array, dtype=_DTYPES[name]).reshape(-1)
            places[name] = (size, len(flat))
            raw = flat.view(np.uint8).data
            for start in range(0, len(raw), _PIECE):
                file.write(raw[start : start + _PIECE])
                digest.update(raw[start : start + _PIECE])
            padding = bytes(-len(raw) % _ALIGN)
            file.write(padding)
            digest.update(padding)
            size += len(raw) + len(padding)
        file.flush()
        os.fsync(file.fileno())
    whole = Manifest(**manifest, sha256=digest.hexdigest(), size=size, sections=places)
    with (folder / "manifest.json").open("x", encoding="utf-8") as text:
        text.write(whole.to_json())
        text.flush()
        os.fsync(text.fileno())
    return whole


def _hash_of(mapped: mmap.mmap, status: os.stat_result) -> str:
    """SHA-256 of the mapped file; read once per process as long as the file is the same."""
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if key not in _HASHED:
        digest = hashlib.sha256()
        with memoryview(mapped) as view:
            for start in range(0, len(view), _PIECE):
                digest.update(view[start : start + _PIECE])
        _HASHED[key] = digest.hexdigest()
    return _HASHED[key]
