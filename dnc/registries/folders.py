"""The folders of a store: versions, the pointer to the one in use, the history, the lock.

    root/.lock                           one import at a time (flock; falls with its process)
    root/US.ndnc/CURRENT                 the name of the version in use, replaced atomically
    root/US.ndnc/HISTORY                 what became current when, by which action and why
    root/US.ndnc/000007-20261122T150405Z/{manifest.json,data.bin}
    root/US.ndnc/.building-*             a version being built; rubbish when nobody holds the lock

A version is built in a `.building-` folder, forced to disk, renamed to its name and only then pointed to: every
file and every folder is on the disk before the name that leads to it. A process that dies, or a disk that is
full, at any point leaves the pointer at the old, whole version. A version newer than the one in use that never
became current is rubbish too; the history tells it from one that was rolled back.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

__all__ = ["RegistryError", "RegistryFolder", "StoreBusy", "store_lock"]

_VERSION: Final = re.compile(r"\d{6}-\d{8}T\d{6}Z", re.ASCII)
_BUILDING: Final = ".building-"


class RegistryError(Exception):
    """The operator's mistake; the message is one line that says what to do."""


class StoreBusy(RegistryError):
    """Another import holds the store."""


@contextlib.contextmanager
def store_lock(root: Path) -> Iterator[None]:
    """Hold the store against other imports, in this process and in others. Raises StoreBusy at once."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        file = (root / ".lock").open("a+")
    except OSError as error:
        raise RegistryError(f"the lists in {root} cannot be changed: {error.strerror or error}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusy("another import is running: wait until it has finished, then try again") from error
        yield


class RegistryFolder:
    """The versions of one list."""

    def __init__(self, root: Path, registry: str) -> None:
        self.path = root / registry
        self.registry = registry
        self.pointer = self.path / "CURRENT"
        self._history = self.path / "HISTORY"

    def current(self) -> str:
        """The name of the version in use; empty when there is none. Raises RegistryError when unreadable."""
        try:
            name = self.pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise RegistryError(f"{self.registry}: CURRENT is not readable; roll back or import again") from error
        if not _VERSION.fullmatch(name):
            raise RegistryError(f"{self.registry}: CURRENT names no version; roll back or import again")
        return name

    def versions(self) -> list[str]:
        """The names of all versions, oldest first."""
        if not self.path.is_dir():
            return []
        return sorted(entry.name for entry in self.path.iterdir() if _VERSION.fullmatch(entry.name))

    def history(self) -> list[tuple[str, str, str, str]]:
        """What became current: `(instant, action, version, reason)`, oldest first."""
        if not self._history.exists():
            return []
        text = self._history.read_text(encoding="utf-8", errors="replace")
        rows = [line.split("\t") for line in text.splitlines()]
        return [(row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4]

    def next_version(self, at: datetime) -> str:
        """A name that sorts behind all others."""
        last = max((int(name[:6]) for name in self.versions()), default=0)
        return f"{last + 1:06d}-{at:%Y%m%dT%H%M%SZ}"

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """An empty folder for a new version; gone afterwards unless it was published."""
        if not self.path.is_dir():
            self.path.mkdir()
            _sync(self.path.parent)
        folder = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=self.path))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            if folder.exists():
                shutil.rmtree(folder)

    def publish(self, folder: Path, version: str, at: datetime, reason: str = "") -> None:
        """Give a built version its name and point to it."""
        _sync(folder)
        folder.rename(self.path / version)
        _sync(self.path)
        self.point(version, at, "import", reason)

    def adopt(self, folder: Path, version: str, at: datetime, reason: str = "") -> None:
        """Publish a version that was built elsewhere in the same file system."""
        if not self.path.is_dir():
            self.path.mkdir()
            _sync(self.path.parent)
        self.publish(folder, version, at, reason)

    def point(self, version: str, at: datetime, action: str, reason: str = "") -> None:
        """Make a version the one in use, atomically, and write it into the history."""
        fresh = self.path / f"{_BUILDING}pointer"
        with fresh.open("w", encoding="ascii") as file:
            file.write(f"{version}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.pointer)
        _sync(self.path)
        self._record(version, at, action, reason)

    def tidy(self, at: datetime) -> None:
        """Remove what a killed import left. Only under the lock. Raises RegistryError when that cannot be done."""
        try:
            self._tidy(at)
        except OSError as error:
            raise RegistryError(
                f"{self.registry}: what an earlier import left cannot be cleared away: {error.strerror or error}"
            ) from error

    def _tidy(self, at: datetime) -> None:
        if not self.path.is_dir():
            return
        for entry in list(self.path.iterdir()):
            if entry.name.startswith(_BUILDING):
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        try:
            current = self.current()
        except RegistryError:  # a damaged pointer is told to whoever dials; nothing is thrown away then
            return
        known = {version for _, _, version, _ in self.history()}
        if current and current not in known:
            self._record(current, at, "import", "finished by the import after it")
            known.add(current)
        for name in self.versions():
            if name not in known and name > current:
                shutil.rmtree(self.path / name)

    def thin(self, keep: int) -> None:
        """Drop the data of all but the newest `keep` versions and the one in use; manifests stay as proof."""
        current = self.current()
        for name in self.versions()[:-keep] if keep else []:
            if name != current:
                (self.path / name / "data.bin").unlink(missing_ok=True)

    def _record(self, version: str, at: datetime, action: str, reason: str) -> None:
        line = "\t".join((at.isoformat(), action, version, " ".join(reason.split())))
        with self._history.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a line that power failed in must not swallow this one
                    line = "\n" + line
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        _sync(self.path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
