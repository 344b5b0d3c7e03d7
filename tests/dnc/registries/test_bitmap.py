"""The bitmap and the sorted columns answer exactly as a Python set would."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dnc.registries.bitmap import BitmapBuilder, NanpBitmap
from dnc.registries.keyed import Keyed, KeyedCollector, Tag, merge

# Few exchanges, so that pages are shared and numbers repeat.
exchange = st.sampled_from([200_200, 212_555, 919_555, 919_556, 999_999])
nanp = st.builds(lambda e, n: 10**10 + e * 10_000 + n, exchange, st.integers(0, 9_999))
batches = st.lists(st.lists(nanp, max_size=60), max_size=5)
anything = st.one_of(nanp, st.integers(0, 10**15), st.integers(10**10, 2 * 10**10 - 1))


def built(parts):
    builder = BitmapBuilder()
    for part in parts:
        builder.add(np.array(part, dtype=np.uint64))
    return builder, NanpBitmap(*builder.finish())


@given(batches, st.lists(anything, max_size=80))
@settings(max_examples=60, deadline=None)
def test_a_bitmap_contains_what_a_set_contains(parts, asked):
    builder, bitmap = built(parts)
    whole = {number for part in parts for number in part}
    lines = sum(map(len, parts))
    assert builder.tally() == (len(whole), lines - len(whole), 0)
    assert bitmap.numbers().tolist() == sorted(whole)
    assert len(bitmap) == len(whole)
    questions = [*asked, *whole]
    wanted = [number in whole for number in questions]
    assert [bitmap.contains(number) for number in questions] == wanted
    assert bitmap.contains_many(np.array(questions, dtype=np.uint64)).tolist() == wanted


@given(batches)
@settings(max_examples=30, deadline=None)
def test_rows_are_counted_per_area_code(parts):
    _, bitmap = built(parts)
    rows: dict[str, int] = {}
    for number in {n for part in parts for n in part}:
        rows[str(number)[1:4]] = rows.get(str(number)[1:4], 0) + 1
    assert bitmap.rows_by_area_code() == rows


def test_a_large_unsorted_batch_is_counted_exactly():
    numbers = (10**10 + np.random.default_rng(7).integers(919_555_0000, 919_565_0000, 300_000)).astype(np.uint64)
    builder = BitmapBuilder()
    builder.add(numbers)
    builder.add(numbers[::-1])
    distinct = len(np.unique(numbers))
    assert builder.tally() == (distinct, 600_000 - distinct, 0)


tagged = st.lists(st.tuples(st.integers(1, 40), st.sampled_from(list(Tag))), max_size=60)


@given(tagged, tagged, st.lists(st.integers(0, 45), max_size=30))
@settings(max_examples=80, deadline=None)
def test_sorted_columns_keep_the_stricter_meaning_and_the_newer_answer(old, new, asked):
    def collected(rows):
        collector = KeyedCollector()
        for number, tag in rows:
            collector.add(np.array([number], dtype=np.uint64), tag)
        return collector.columns()

    def model(rows):
        found: dict[int, Tag] = {}
        for number, tag in rows:
            found[number] = min(tag, found.get(number, tag))
        return found

    empty = Keyed(np.zeros(0, np.uint64), np.zeros(0, np.uint8), np.zeros(0, np.uint32))
    first = Keyed(*merge(empty, *collected(old), 1, keep_old=True))
    both = Keyed(*merge(first, *collected(new), 2, keep_old=True))
    before = {n: t for n, t in model(old).items() if t is not Tag.REMOVED}
    wanted = {n: (t, 1) for n, t in before.items()} | {n: (t, 2) for n, t in model(new).items()}
    wanted = {n: v for n, v in wanted.items() if v[0] is not Tag.REMOVED}
    assert both.numbers.tolist() == sorted(wanted)
    assert [both.find(n) for n in asked] == [wanted.get(n) for n in asked]
    listed = [n in wanted and wanted[n][0] <= Tag.BLOCKED for n in asked]
    assert [both.contains(n) for n in asked] == listed
    assert both.contains_many(np.array(asked, dtype=np.uint64)).tolist() == listed
