"""An examiner of `dialer dnc import`: a variant of a file, and what the rules say must become of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from registry_kit import at_now

from dnc.registries import ImportReport, read

A, W, R = "accept", "accept_with_warnings", "reject_file"


@dataclass(frozen=True)
class Variant:
    """`layout` is `--format`; `numbers` and `bad` are not looked at when None; `says` is a word of some warning."""

    name: str
    layout: str
    data: bytes
    outcome: str
    numbers: list[str] | None = None
    bad: list[int] | None = None
    says: str = ""
    beside: Mapping[str, bytes] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.layout}: {self.name}"


def variants(layouts: Iterable[str], rows: Iterable[tuple], **beside: bytes) -> list[Variant]:
    """Rows `(name, data, outcome[, numbers[, bad[, says]]])` for each layout; `beside` are files next to it."""
    files = {name.replace("__", "."): data for name, data in beside.items()}
    return [
        Variant(name, layout, data.encode() if isinstance(data, str) else data, *rest, beside=files)
        for layout in layouts
        for name, data, *rest in rows
    ]


def judge(folder: Path, data: bytes, layout: str, beside: Mapping[str, bytes] | None = None) -> ImportReport:
    """The report on one file, with everything checked that holds for any."""
    files = {"download": data, **(beside or {})}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    report = read(folder / "download", layout, at_now())
    for name in files:
        (folder / name).unlink()
    shown = json.loads(json.dumps(report.as_dict()))
    assert shown["bad_lines"] == [line["line"] for line in shown["bad_line_details"]]
    assert all(line > 0 for line in shown["bad_lines"])
    assert all(line["reason"] for line in shown["bad_line_details"])
    assert all(warning and "\n" not in warning for warning in shown["warnings"])
    assert (shown["outcome"] == A) == (not shown["warnings"])
    counts = report.counts
    if report.accepted:  # nothing vanishes, and no more than one line in a thousand is bad
        assert counts.lines == counts.numbers + counts.duplicates + counts.bad
        assert counts.numbers > 0
        assert counts.bad <= counts.lines / 1000
    return report


def examine(folder: Path, variant: Variant) -> None:
    """Read the variant and compare."""
    report = judge(folder, variant.data, variant.layout, variant.beside)
    said = report.warnings
    assert report.outcome == variant.outcome, said
    if variant.numbers is not None:
        assert list(report.numbers or ()) == variant.numbers, said
    if variant.bad is not None:
        assert [bad.line for bad in report.bad_lines] == variant.bad, said
    assert not variant.says or any(variant.says in sentence for sentence in said), said


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A zip of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()
