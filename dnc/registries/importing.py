"""How a file becomes the version in use: read, judged, composed, written beside the old one, and swapped in.

Nothing that goes wrong on the way touches the version in use: a file that is not what it says, a list that shrinks
sharply, a disk that is full. What is in use afterwards is told by the pointer, never by how far the import came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as distribution_version
from pathlib import Path

from dnc.registries.bindings import binding_of
from dnc.registries.compose import Draft, Mode, Terms, compose
from dnc.registries.folders import RegistryError, RegistryFolder
from dnc.registries.formats import Format, Reading, read_into
from dnc.registries.report import ImportReport, ReadOptions
from dnc.registries.snapshot import Manifest, Snapshot, SnapshotError, write_snapshot

__all__ = ["ImportJob"]


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One import, step by step.

    `current` opens the version of a list that is in use; the newest `keep` versions keep their data. With `staged`, a
    folder that is there, the version is left in it instead of being made the one in use. The rest is what
    `RegistryStore.import_file` was told.
    """

    root: Path
    keep: int
    current: Callable[[str], Snapshot | None]
    path: Path
    format_name: str
    obtained_at: datetime | None
    registry: str
    mode: Mode
    level: str
    allow_drop: str
    drop_limit: float
    options: ReadOptions
    staged: Path | None = None

    def run(self, progress: Callable[[int], None] | None, *, write: bool) -> ImportReport:
        """Do it; without `write` only judge. Raises RegistryError for the caller's mistakes."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            hashing = pool.submit(_hash_file, self.path)
            reading = read_into(self.path, self.format_name, self.options, progress)
            form = reading.format
            assert form is not None
            registry = self._registry(form)
            report = replace(reading.report, registry=registry)
            if not report.accepted or form.shape in ("sent", "rows"):
                return report
            if self.level and (self.level == "change") != (form.shape == "changes"):
                return _refused(report, f"the file is not a {self.level} list but {form.name}")
            return self._become(reading, report, registry, hashing, write)

    def _registry(self, form: Format) -> str:
        """The list the file is for. Raises RegistryError when the format does not feed it."""
        if form.registry and self.registry not in ("", form.registry):
            raise RegistryError(f"format {form.name} feeds {form.registry}, not {self.registry}")
        if form.registry or form.shape == "rows":
            return form.registry
        if not self.registry:
            raise RegistryError(f"format {form.name} serves several lists: say which with --registry")
        expected = binding_of(self.registry).format
        if expected.partition(".")[0] != form.family:
            raise RegistryError(f"{self.registry} is imported with --format {expected}, not {form.name}")
        return self.registry

    def _become(
        self, reading: Reading, report: ImportReport, registry: str, hashing: Future[str], write: bool
    ) -> ImportReport:
        """Compose the next version and, with `write`, publish it."""
        now = self.options.now
        folder = RegistryFolder(self.root, registry)
        if write:
            folder.tidy(now)
        try:
            old = self.current(registry)
        except SnapshotError as error:
            if self.mode != "replace_all":
                return _refused(report, f"{error}: roll back, or import a whole list with --replace-all")
            old = None
        if old is None and not write and reading.format is not None and reading.format.shape == "changes":
            return report  # a trial run judges the file; there is no list yet that it could change
        source_hash = hashing.result()
        obtained_at, again = self._obtained(folder, source_hash)
        draft = compose(reading, Terms(binding_of(registry), old, obtained_at, self.mode, self.drop_limit))
        if again:
            draft.warnings.insert(0, again)
        if draft.drops and not self.allow_drop:
            draft.problems += draft.drops
        elif draft.drops:
            draft.warnings.append(f"sharp drop accepted: {self.allow_drop}")
        report = _with_warnings(report, draft.warnings)
        previous = old.version if old is not None else ""
        report = replace(report, previous=previous)
        if draft.problems:
            return _refused(report, *draft.problems)
        if not write:
            return report
        version = folder.next_version(now.astimezone(UTC))
        try:
            self._write(draft, report, folder, version, obtained_at, source_hash)
        except OSError as error:
            why = error.strerror or error
            if self.staged is not None or folder.current() != version:
                return _refused(report, f"the new version could not be written ({why}): the one in use is kept")
            report = _with_warnings(
                report, [f"the new version is in use; what follows failed ({why}) and is done by the next import"]
            )
        except SnapshotError as error:
            return _refused(report, f"the new version could not be read back: {error}")
        return replace(report, version=version)

    def _write(
        self,
        draft: Draft,
        report: ImportReport,
        folder: RegistryFolder,
        version: str,
        obtained_at: datetime,
        source_hash: str,
    ) -> None:
        now = self.options.now
        manifest = {
            "registry": folder.registry,
            "version": version,
            "shape": draft.shape,
            "level": draft.level,
            "format": report.format,
            "source_file": report.file,
            "source_sha256": source_hash,
            "obtained_at": obtained_at,
            "imported_at": now,
            "lines": report.counts.lines,
            "rows": draft.rows,
            "coverage": draft.coverage,
            "previous": report.previous,
            "code_version": _code_version(),
            "warnings": report.warnings,
            "note": self.allow_drop,
        }
        if self.staged is not None:
            write_snapshot(self.staged, manifest, draft.sections)
            Snapshot(self.staged, verify=False)
            return
        with folder.building() as building:
            write_snapshot(building, manifest, draft.sections)
            Snapshot(building, verify=False)  # its shape; the hash was taken of the bytes written
            folder.publish(building, version, now, self.allow_drop)
        folder.thin(self.keep)

    def _obtained(self, folder: RegistryFolder, source_hash: str) -> tuple[datetime, str]:
        """When the list was obtained, and what to say when these bytes were imported before."""
        if self.obtained_at is not None:
            return self.obtained_at, ""
        seen = []
        for name in folder.versions():
            try:
                seen.append(Manifest.load(folder.path / name))
            except SnapshotError:  # an old version that is damaged says nothing of this file
                continue
        same = [manifest for manifest in seen if manifest.source_sha256 == source_hash]
        if not same:
            return self.options.now, ""
        first = min(same, key=lambda manifest: manifest.obtained_at)
        return first.obtained_at, (
            f"the same bytes were imported as version {first.version}: their age counts from "
            f"{first.obtained_at.isoformat(timespec='seconds')}, unless --obtained says otherwise"
        )


def _refused(report: ImportReport, *sentences: str) -> ImportReport:
    return replace(report, outcome="reject_file", warnings=(*sentences, *report.warnings))


def _with_warnings(report: ImportReport, sentences: list[str]) -> ImportReport:
    if not sentences:
        return report
    return replace(report, outcome="accept_with_warnings", warnings=(*report.warnings, *sentences))


def _hash_file(path: Path) -> str:
    """SHA-256 of the file as it lies there, packed or not; empty when unreadable (the reader tells)."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # reported by the reader, which opens the same file
        return ""


@cache
def _code_version() -> str:
    try:
        return distribution_version("predictive-dialer")
    except PackageNotFoundError:
        return "not installed"
