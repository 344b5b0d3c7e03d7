"""Registry files from the office: prepared beside the version in use, compared with it, made live, taken back.

Run by `dialer.runtime.worker`, so that a national list costs the dialing loop nothing. What is prepared lies in a
folder of its own and binds nobody; what goes live is exactly what was compared.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaigns.workspace import Workspace
from dialer.runtime.delisted import offer_delisted
from dnc.registries import Difference, ImportReport, RegistryStore
from dnc.registries.compose import Mode

__all__ = ["Asked", "Changed", "Prepared", "formats_offered", "go_live", "prepare", "roll_back"]

#: How many numbers that come and go are shown.
_SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody said of a file: as the options of `dialer dnc import`."""

    format_name: str
    registry: str = ""
    mode: Mode = "replace"
    obtained_at: datetime | None = None
    allow_drop: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the file came to; `difference` and `staged` are None when it was refused."""

    report: ImportReport
    difference: Difference | None
    staged: Path | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A version that is in use now, and how many leads are offered again because of it."""

    registry: str
    version: str
    offered: int


def formats_offered() -> tuple[str, ...]:
    """The formats that a browser can bring: those that feed a list and need no second file."""
    from dnc.registries import FORMATS

    good = {name: form for name, form in FORMATS.items() if form.shape not in ("rows", "sent")}
    alone = [name for name, form in good.items() if not form.sent_first]
    families = {form.family for form in good.values()} - {form.family for form in FORMATS.values() if form.sent_first}
    return tuple(sorted({*alone, *families}))


def prepare(progress: Callable[[int, int], None], root: Path, file: Path, asked: Asked, staged: Path) -> Prepared:
    """Read a file and write the version it would become into the new folder `staged`. Raises RegistryError."""
    workspace = Workspace.load(root)
    registries = RegistryStore(workspace.registries_dir)
    read = 0

    def told(size: int) -> None:
        nonlocal read
        read += size
        progress(read, 0)

    staged.mkdir()
    report = registries.import_file(
        file,
        asked.format_name,
        obtained_at=asked.obtained_at,
        registry=asked.registry,
        mode=asked.mode,
        allow_drop=asked.allow_drop,
        progress=told,
        staged=staged,
    )
    if not report.accepted or not report.version:
        shutil.rmtree(staged)
        return Prepared(report, None, None)
    return Prepared(report, registries.diff_staged(staged, samples=_SAMPLES), staged)


def go_live(progress: Callable[[int, int], None], root: Path, staged: Path, reason: str) -> Changed:
    """Make a prepared version the one in use. Raises RegistryError when another came into use meanwhile."""
    workspace = Workspace.load(root)
    registries = RegistryStore(workspace.registries_dir)
    manifest = registries.adopt(staged, reason=reason)
    progress(1, 2)
    offered = offer_delisted(workspace, registries) if manifest.previous else 0  # a first version takes nobody off
    return Changed(manifest.registry, manifest.version, offered)


def roll_back(progress: Callable[[int, int], None], root: Path, registry: str, instead_of: str, reason: str) -> Changed:
    """Make the version before the one in use again. Raises RegistryError when there is none, or `instead_of` is old."""
    workspace = Workspace.load(root)
    registries = RegistryStore(workspace.registries_dir)
    manifest = registries.rollback(registry, instead_of=instead_of, reason=reason)
    progress(1, 2)
    return Changed(registry, manifest.version, offer_delisted(workspace, registries))
