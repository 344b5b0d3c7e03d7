"""Versioned Do-Not-Call lists on disk: import, roll back, compare, judge their age, and answer for a number.

Theory of operation. Every list has immutable versions and one pointer (`folders.py`). An import reads the
whole file, composes the next version, writes it beside the one in use, opens it, and swaps the pointer
(`importing.py`); nothing that goes wrong on the way touches the version in use. Processes that have a
version mapped finish with it; `current` looks at the pointer's inode at every call (about a microsecond), so
the next dial of every process uses the new one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from dnc.registries.asked import Answer, answer_of
from dnc.registries.bindings import all_bindings, binding_of, bindings_for, number_area
from dnc.registries.compare import Difference, compare
from dnc.registries.compose import Mode
from dnc.registries.evidence import EvidenceColumn, evidence
from dnc.registries.evidence_columns import evidence_columns
from dnc.registries.folders import RegistryError, RegistryFolder, store_lock
from dnc.registries.importing import ImportJob
from dnc.registries.keyed import Keyed
from dnc.registries.report import ImportReport, Numbers, ReadOptions
from dnc.registries.snapshot import Manifest, Snapshot, SnapshotError
from dnc.registries.status import RegistryStatus, status_of
from dnc.values import ListEvidence

__all__ = ["DROP_LIMIT", "RegistryStore"]

#: A list or area code that loses more than this part of its numbers is refused without a reason given.
DROP_LIMIT = 0.10

_CLOCK_SKEW = timedelta(hours=1)
_PointerKey = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Live:
    key: _PointerKey
    snapshot: Snapshot | None
    error: str = ""


class RegistryStore:
    """The lists under `root` (created by the first import).

    `required` names lists that must be there beyond those the data requires (`US-TX.state`, `US.litigator`).
    `verify` reads each version whole when it is first opened, to prove its hash. `keep` versions keep their
    data; manifests are kept for good, as proof.
    """

    def __init__(self, root: Path, *, required: Iterable[str] = (), verify: bool = True, keep: int = 10) -> None:
        self.root = Path(root)
        self._required = frozenset(required)
        for name in self._required:
            _known(name)
        self._verify = verify
        self._keep = max(2, keep)
        self._live: dict[str, _Live] = {}
        self._pointers: dict[str, str] = {}

    # Import

    def import_file(
        self,
        path: Path,
        format_name: str,
        *,
        obtained_at: datetime | None = None,
        registry: str = "",
        mode: Mode = "replace",
        level: Literal["", "full", "change"] = "",
        dry_run: bool = False,
        allow_drop: str = "",
        drop_limit: float = DROP_LIMIT,
        options: ReadOptions | None = None,
        progress: Callable[[int], None] | None = None,
        staged: Path | None = None,
    ) -> ImportReport:
        """Read a file and, unless it is refused or `dry_run`, make it the version in use.

        With `staged`, an empty folder in the same file system, the new version is written there and nothing else
        changes: `adopt` makes it the one in use, whoever wants none of it removes the folder.

        `obtained_at` (zone-aware, now by default) is when the list was fetched: its age counts from there.
        The same bytes imported again do not become younger unless `obtained_at` says so. `allow_drop` is the
        reason why a sharp drop is right. `registry` is needed for formats that serve several lists. Formats
        that feed no list (what is sent to be washed, internal lists) are read and reported only.

        Raises RegistryError for the caller's mistakes and StoreBusy while another import runs; whatever is
        wrong with the file is in the report.
        """
        options = options or ReadOptions()
        if obtained_at is not None and obtained_at.tzinfo is None:
            raise RegistryError("the time obtained needs a zone, such as 2026-11-20T09:00:00-05:00")
        if obtained_at is not None and obtained_at > options.now + _CLOCK_SKEW:
            raise RegistryError("the time obtained is in the future")
        if registry:
            _known(registry)
        terms = (obtained_at, registry, mode, level, allow_drop, drop_limit, options)
        job = ImportJob(self.root, self._keep, self.current, Path(path), format_name, *terms, staged=staged)
        if dry_run:
            return replace(job.run(progress, write=False), dry_run=True)
        with store_lock(self.root):
            return job.run(progress, write=True)

    def adopt(self, staged: Path, *, reason: str = "", at: datetime | None = None) -> Manifest:
        """Make a version that `import_file` left in `staged` the one in use; the folder is moved.

        Raises RegistryError, changing nothing, when another version came into use meanwhile: what was compared with
        is not what would be replaced. Raises StoreBusy, and SnapshotError for a folder that was damaged.
        """
        now = at or datetime.now(UTC)
        with store_lock(self.root):
            manifest = Snapshot(staged, verify=True).manifest
            folder = RegistryFolder(self.root, manifest.registry)
            folder.tidy(now)
            if folder.current() != manifest.previous or manifest.version in folder.versions():
                raise RegistryError(
                    f"{manifest.registry}: another version came into use since this one was prepared: prepare it again"
                )
            try:
                folder.adopt(staged, manifest.version, now, reason)
            except OSError as error:
                state = "it is in use" if folder.current() == manifest.version else "nothing was changed"
                why = error.strerror or error
                raise RegistryError(f"{manifest.registry}: making it the one in use failed ({why}); {state}") from error
            folder.thin(self._keep)
            return manifest

    # Versions

    def before(self, registry: str) -> str:
        """The version that a rollback would go back to; empty when there is none."""
        return _before(RegistryFolder(self.root, registry))

    def versions(self, registry: str) -> list[Manifest]:
        """The manifests of a list's versions, oldest first. Raises SnapshotError when one is damaged."""
        folder = RegistryFolder(self.root, registry)
        return [Manifest.load(folder.path / name) for name in folder.versions()]

    def history(self, registry: str) -> list[tuple[str, str, str, str]]:
        """What became current when: `(instant, action, version, reason)`, oldest first."""
        return RegistryFolder(self.root, registry).history()

    def open_version(self, registry: str, version: str) -> Snapshot:
        """Open one version, whichever is in use. Raises RegistryError or SnapshotError."""
        folder = RegistryFolder(self.root, registry)
        if version not in folder.versions():
            raise RegistryError(f"{registry} has no version {version}: see `dialer dnc status`")
        return Snapshot(folder.path / version, verify=self._verify)

    def current(self, registry: str) -> Snapshot | None:
        """The version in use, mapped; None when there is none. Raises SnapshotError when unreadable."""
        pointer = self._pointers.get(registry)
        if pointer is None:
            pointer = self._pointers[registry] = str(self.root / registry / "CURRENT")
        live = self._live.get(registry)
        if live is None and not os.access(pointer, os.F_OK):  # cheaper than an exception for optional lists
            return None
        try:
            seen = os.stat(pointer)  # noqa: PTH116 - half the time of Path.stat, on the way of every dial
        except FileNotFoundError:
            self._live.pop(registry, None)
            return None
        except OSError as error:
            raise SnapshotError(f"{registry}: CURRENT is not readable ({error.strerror})") from error
        key = (seen.st_ino, seen.st_mtime_ns)
        if live is None or live.key != key:
            live = self._live[registry] = self._open(registry, key)
        if live.error:
            raise SnapshotError(live.error)
        return live.snapshot

    def rollback(
        self, registry: str, *, to: str = "", instead_of: str = "", reason: str = "", at: datetime | None = None
    ) -> Manifest:
        """Make an older version the one in use: `to`, or the one that was in use before.

        Its age is its own: a list rolled back to turns stale on its own day. Raises RegistryError when there
        is none, or another than `instead_of` is in use; SnapshotError when it cannot be read.
        """
        _known(registry)
        now = at or datetime.now(UTC)
        with store_lock(self.root):
            folder = RegistryFolder(self.root, registry)
            folder.tidy(now)
            if instead_of and folder.current() != instead_of:
                raise RegistryError(f"{registry}: another version came into use meanwhile: look again")
            target = to or _before(folder)
            if target not in folder.versions():
                raise RegistryError(f"{registry} has no version {target or 'to roll back to'}")
            snapshot = Snapshot(folder.path / target, verify=True)
            try:
                folder.point(target, now, "rollback", reason)
            except OSError as error:
                state = "the history could not be written" if folder.current() == target else "nothing was changed"
                raise RegistryError(f"{registry}: rolling back failed ({error.strerror or error}); {state}") from error
            return snapshot.manifest

    def diff_staged(self, staged: Path, *, samples: int = 10) -> Difference:
        """What a version that `import_file` left in `staged` has that the one before has not, and the reverse."""
        new = Snapshot(staged, verify=False)
        previous = new.manifest.previous
        old = self.open_version(new.manifest.registry, previous) if previous else None
        return compare(old, new, samples)

    def diff(self, registry: str, old: str, new: str, *, samples: int = 10) -> Difference:
        """What `new` has that `old` has not, and the reverse: counts and the first few of each."""
        return compare(self.open_version(registry, old), self.open_version(registry, new), samples)

    def status(self, at: datetime, countries: Iterable[str] | None = None) -> list[RegistryStatus]:
        """Every list that is there or required, with age and days left at an instant (zone-aware).

        With `countries` (ISO 3166-1), required lists of other countries are shown only when they are there.
        """
        asked = None if countries is None else frozenset(countries)
        there = {entry.name for entry in self.root.iterdir() if entry.is_dir()} if self.root.is_dir() else set()
        names = {name for name in all_bindings() if "*" not in name}
        names |= {f"{state}.state" for binding in all_bindings().values() for state in binding.states}
        names |= self._required | {name for name in there if _is_known(name)}
        shown = []
        for name in sorted(names):
            binding = binding_of(name)
            required = name in self._required or binding.requires(at.date())
            wanted = required and (asked is None or binding.country in asked or name in self._required)
            if name in there or wanted:
                shown.append(status_of(self, binding, required, at))
        return shown

    # Evidence

    def evidence(self, number: str, at: datetime, jurisdictions: Iterable[str] = ()) -> list[ListEvidence]:
        """What each list that binds an E.164 number says of it at an instant (zone-aware).

        `jurisdictions` (`US-TX` ...) adds the state lists of where the person lives to those of the number's
        area code. About 10 microseconds once the lists are open.
        """
        area = number_area(number)
        return evidence(
            self,
            bindings_for(area, jurisdictions),
            needed=self._required,
            number=number,
            area=area,
            at=at,
        )

    def evidence_columns(
        self,
        numbers: Numbers,
        at: datetime,
        homes: Sequence[Iterable[str]] = ((),),
        home: np.ndarray[tuple[int], np.dtype[np.intp]] | None = None,
    ) -> list[EvidenceColumn]:
        """`evidence` for uint64 E.164 digits of shape (n,), one column a list; the two agree row by row.

        `homes[home[i]]` are the jurisdictions of where person i lives; without `home` all live in `homes[0]`.
        """
        return evidence_columns(self, needed=self._required, numbers=numbers, at=at, homes=homes, home=home)

    def answer(self, registry: str, number: str) -> Answer | None:
        """The last answer of a register that is asked (`US.rnd`, `AU.dncr`) about an E.164 number.

        None when the number was never asked for. Raises SnapshotError.
        """
        snapshot = self.current(registry)
        if snapshot is None or not isinstance(snapshot.index, Keyed):
            return None
        return answer_of(snapshot.index, int(number[1:]))

    def _open(self, registry: str, key: _PointerKey) -> _Live:
        folder = RegistryFolder(self.root, registry)
        try:
            return _Live(key, Snapshot(folder.path / folder.current(), verify=self._verify))
        except (RegistryError, SnapshotError) as error:
            return _Live(key, None, str(error))


def _before(folder: RegistryFolder) -> str:
    """The version that was in use before the one in use now."""
    current = folder.current()
    order = [version for _, _, version, _ in folder.history()]
    older = [name for name in folder.versions() if name < current] if current else []
    return next((name for name in reversed(order) if name in older), "")


def _known(name: str) -> None:
    if not _is_known(name):
        raise RegistryError(f"nobody knows a list called {name!r}: such as US.ndnc, GB.tps or US-TX.state")


def _is_known(name: str) -> bool:
    try:
        binding_of(name)
    except KeyError:
        return False
    return "*" not in name
