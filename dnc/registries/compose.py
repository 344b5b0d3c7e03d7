"""A new version from a file that was read and the version in use: what replaces what, and whether it may.

Rules:

* A full list of +1 numbers kept per area code replaces the area codes it contains and keeps all others with
  the dates they were obtained on (downloads come per area code). With `replace_all` it replaces everything;
  with `merge` it only adds, and an area code keeps its older date.
* A handful of numbers of an area code in a large file (a stray line) is not that area code's list: it would
  count as downloaded, and everybody else in it as not registered. Such numbers are added, nothing more.
* Any other full list replaces its predecessor whole. Answers of a wash replace those for the same numbers.
* A change list applies to area codes that are there, and never to an older state than the one in use.
* An area code, or a whole list, that loses more than the drop limit is refused: half a download looks whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from dnc.registries.asked import asked_since
from dnc.registries.bindings import Binding
from dnc.registries.bitmap import PAGE_BYTES, BitmapBuilder, NanpBitmap
from dnc.registries.formats import Reading
from dnc.registries.keyed import Keyed, KeyedCollector, Tag, merge
from dnc.registries.ordered import distinct, holds
from dnc.registries.report import Numbers
from dnc.registries.snapshot import Coverage, Snapshot

__all__ = ["Draft", "Mode", "Terms", "compose"]

Mode = Literal["replace", "replace_all", "merge"]

_LARGE: Final = 100_000  # numbers in a file from which stray lines are looked for
_STRAY: Final = 100  # an area code with fewer numbers than this in a large file is stray lines
_EMPTY_NUMBERS: Final = np.zeros(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a file becomes a version. `old` is the version in use, None when there is none."""

    binding: Binding
    old: Snapshot | None
    obtained_at: datetime
    mode: Mode
    drop_limit: float


@dataclass(slots=True)
class Draft:
    """A version not yet written. `problems` forbid it; `warnings` go into its manifest and report."""

    shape: Literal["nanp", "keyed"]
    level: Literal["full", "change", "wash"]
    sections: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    rows: int = 0
    problems: list[str] = field(default_factory=list)
    drops: list[str] = field(default_factory=list)  # problems that an operator may overrule with a reason
    warnings: list[str] = field(default_factory=list)


def compose(reading: Reading, terms: Terms) -> Draft:
    """The draft of the next version."""
    old, obtained_at, mode = terms.old, terms.obtained_at, terms.mode
    form, collector = reading.format, reading.collector
    assert form is not None
    if form.shape == "changes":
        assert isinstance(collector, KeyedCollector)
        return _changed(reading, collector, terms)
    if form.shape == "bitmap":
        assert isinstance(collector, BitmapBuilder)
        return _full_nanp(NanpBitmap(*collector.finish()), terms)
    assert isinstance(collector, KeyedCollector)
    numbers, codes = collector.columns()
    if form.shape == "blocks":
        builder = BitmapBuilder()
        for start in range(0, len(numbers), 1024):
            firsts = numbers[start : start + 1024, None]
            builder.add(_expanded(firsts))
        return _full_nanp(NanpBitmap(*builder.finish()), terms)
    wash = form.shape == "wash"
    before = old.index if old is not None and isinstance(old.index, Keyed) else _no_columns()
    columns = merge(
        before,
        numbers,
        codes,
        obtained_at.toordinal(),
        keep_old=(wash and mode != "replace_all") or mode == "merge",
    )
    draft = Draft("keyed", "wash" if wash else "full")
    draft.sections = dict(zip(("numbers", "codes", "days"), columns, strict=True))
    if form.name == "us_rnd.response":
        draft.sections |= {"since": asked_since(before, columns[0], (fields for _, fields in reading.rows))}
    draft.rows = len(columns[0])
    since = obtained_at
    if mode == "merge" and old is not None and not wash:
        since = min(since, old.oldest)
    draft.coverage = {"*": Coverage(draft.rows, since)}
    if not wash and old is not None:
        _judge_drop(draft, {"*": len(before)}, {"*": draft.rows}, terms.drop_limit)
    if not draft.rows:
        draft.problems.append("nothing would be left on the list: the version in use is kept")
    return draft


def _full_nanp(new: NanpBitmap, terms: Terms) -> Draft:
    draft = Draft("nanp", "full")
    old, obtained_at, mode = terms.old, terms.obtained_at, terms.mode
    in_file = new.rows_by_area_code()
    before, old_coverage = _old_bitmap(old)
    apart = terms.binding.by == "area_code"
    stray = _stray(in_file) if apart else set()
    for npa in sorted(stray):
        draft.warnings.append(
            f"area code {npa} has only {in_file[npa]} of {sum(in_file.values()):,} numbers: added, but not "
            "taken as that area code's list"
        )
    everything = mode == "replace_all" or (not apart and mode == "replace")
    replaced = (set(old_coverage) - {"*"}) | _areas(before) if everything else set()
    if mode == "replace":
        replaced |= set(in_file) - stray
    after = _overlay(before, new, replaced)
    rows = after.rows_by_area_code()
    if apart:
        kept = {} if everything else dict(old_coverage)
        for npa in set(in_file) - stray:
            since = obtained_at
            if mode == "merge" and npa in old_coverage:
                since = min(since, old_coverage[npa].obtained_at)
            kept[npa] = Coverage(0, since)
        draft.coverage = {npa: Coverage(rows.get(npa, 0), part.obtained_at) for npa, part in kept.items()}
        was = {npa: part.rows for npa, part in old_coverage.items() if npa in replaced}
        _judge_drop(draft, was, rows, terms.drop_limit)
    else:
        since = obtained_at if old is None or mode != "merge" else min(obtained_at, old.oldest)
        draft.coverage = {"*": Coverage(sum(rows.values()), since)}
        if old is not None:
            _judge_drop(draft, {"*": old.manifest.rows}, {"*": sum(rows.values())}, terms.drop_limit)
    if old is not None and obtained_at < old.manifest.obtained_at:
        draft.warnings.append("the file was obtained before the version in use")
    return _with_bitmap(draft, after, rows)


def _changed(reading: Reading, collector: KeyedCollector, terms: Terms) -> Draft:
    draft = Draft("nanp", "change")
    obtained_at = terms.obtained_at
    before, old_coverage = _old_bitmap(terms.old)
    missing = sorted(reading.area_codes - set(old_coverage))
    if missing:
        draft.problems.append(
            f"a change list for area code {', '.join(missing[:5])}, of which there is no full list: import that first"
        )
        return draft
    late = [npa for npa in sorted(reading.area_codes) if old_coverage[npa].obtained_at > obtained_at]
    if late:
        draft.problems.append(f"the change list is older than the list in use for area code {', '.join(late[:5])}")
        return draft
    numbers, codes = collector.columns()
    added, removed = numbers[codes != Tag.REMOVED], numbers[codes == Tag.REMOVED]
    known = int(before.contains_many(added).sum()) if len(added) else 0
    unknown = int((~before.contains_many(removed)).sum()) if len(removed) else 0
    if known:
        draft.warnings.append(f"{known:,} additions were on the list already: was this change list applied before?")
    if unknown:
        draft.warnings.append(f"{unknown:,} removals were not on the list: is a change list before this one missing?")
    builder = BitmapBuilder()
    builder.add(added)
    after = _overlay(before, NanpBitmap(*builder.finish()), set())
    builder = BitmapBuilder()
    builder.add(removed)
    exchanges, pages = builder.finish()
    slots = np.searchsorted(after.exchanges, exchanges)
    found = holds(after.exchanges, exchanges)
    after.pages[1 + slots[found]] &= ~pages[1:][found]
    rows = after.rows_by_area_code()
    draft.coverage = {
        npa: Coverage(rows.get(npa, 0), obtained_at if npa in reading.area_codes else part.obtained_at)
        for npa, part in old_coverage.items()
    }
    _judge_drop(draft, {npa: part.rows for npa, part in old_coverage.items()}, rows, terms.drop_limit)
    return _with_bitmap(draft, after, rows)


def _with_bitmap(draft: Draft, bitmap: NanpBitmap, rows: Mapping[str, int]) -> Draft:
    draft.sections = {"exchanges": bitmap.exchanges, "pages": bitmap.pages}
    draft.rows = sum(rows.values())
    if not draft.rows:
        draft.problems.append("nothing would be left on the list: the version in use is kept")
    return draft


def _old_bitmap(old: Snapshot | None) -> tuple[NanpBitmap, Mapping[str, Coverage]]:
    if old is not None and isinstance(old.index, NanpBitmap):
        return old.index, old.manifest.coverage
    empty = np.zeros(0, dtype=np.uint32), np.zeros((1, PAGE_BYTES), dtype=np.uint8)
    return NanpBitmap(*empty), {}


def _no_columns() -> Keyed:
    return Keyed(_EMPTY_NUMBERS, np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.uint32))


def _areas(bitmap: NanpBitmap) -> set[str]:
    return {f"{npa:03d}" for npa in distinct(bitmap.exchanges // 1000).tolist()}


def _stray(in_file: Mapping[str, int]) -> set[str]:
    if sum(in_file.values()) < _LARGE:
        return set()
    return {npa for npa, rows in in_file.items() if rows < _STRAY}


def _overlay(before: NanpBitmap, new: NanpBitmap, replaced: set[str]) -> NanpBitmap:
    """`before` without the replaced area codes, and all of `new`; always pages of its own."""
    areas = np.array(sorted(int(npa) for npa in replaced), dtype=np.uint32)
    kept = ~np.isin(before.exchanges // 1000, areas)
    if not bool(kept.any()):
        return new
    exchanges = distinct(np.concatenate([before.exchanges[kept], new.exchanges]))
    pages = np.zeros((len(exchanges) + 1, PAGE_BYTES), dtype=np.uint8)
    pages[1 + np.searchsorted(exchanges, before.exchanges[kept])] = before.pages[1:][kept]
    pages[1 + np.searchsorted(exchanges, new.exchanges)] |= new.pages[1:]
    return NanpBitmap(exchanges, pages)


def _judge_drop(draft: Draft, was: Mapping[str, int], now: Mapping[str, int], limit: float) -> None:
    for part, rows in sorted(was.items()):
        left = now.get(part, 0)
        if left < rows * (1 - limit):
            what = "the list" if part == "*" else f"area code {part}"
            draft.drops.append(
                f"{what} would shrink from {rows:,} to {left:,} numbers, more than {limit:.0%}: half a "
                "download? The version in use is kept; if the drop is right, say why with --allow-drop"
            )


def _expanded(firsts: Numbers) -> Numbers:
    """The thousand numbers of each block, from its first number; (n, 1) in, (n * 1000,) out."""
    within = np.arange(1000).astype(np.uint64)
    blocks: Numbers = firsts + within
    return blocks.reshape(-1)
