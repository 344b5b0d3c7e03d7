"""Codes of text columns, look-ups of keys, numbers as text: each is what the plain way says."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnc.coding import Coded, Ids, coded, constant, grouped
from dnc.lookup import Lookup, fingerprints
from dnc.numbers.cells import e164_digits
from dnc.numbers.writing import e164_texts, line_texts

texts = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b", "é", "a longer text than a word"])), max_size=12)


@given(texts)
def test_every_form_of_a_column_has_the_same_texts(column):
    want = ["" if text is None else text for text in column]
    array = pa.array(column, type=pa.string())
    forms = [
        array,
        array.dictionary_encode(),
        pa.chunked_array([array, array[:0]]),
        array.cast(pa.large_string()),
        pd.Series(column, dtype="str"),
        pd.Series(column, dtype=object),
        pd.Series(column, dtype="str").astype("category"),
        Coded(np.arange(len(want)), want),
    ]
    for form in forms:
        codes, names = coded(form)
        assert [names[code] for code in codes.tolist()] == want
    assert constant("x", 3).codes.tolist() == [0, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 0), st.integers(0, 2**40)), max_size=30))
def test_groups_are_equal_rows(rows):
    parts = [np.array([row[k] for row in rows], dtype=np.int64) for k in range(3)]
    group, first = grouped((parts[0], 4), (parts[1], 1), (parts[2], 2**40 + 1), (parts[2], 2**40 + 1))
    assert len(first) == len(set(rows)) == len(set(group.tolist()))
    assert [rows[first[g]] for g in group.tolist()] == rows
    assert first.tolist() == sorted(first.tolist())


def test_groups_of_what_never_varies():
    same = np.zeros(3, dtype=np.int64)
    group, first = grouped((same, 1), (same, 1))
    assert (group.tolist(), first.tolist()) == ([0, 0, 0], [0])
    group, first = grouped((same[:0], 1))
    assert (len(group), len(first)) == (0, 0)


def test_ids_last():
    ids: Ids[str] = Ids()
    assert ids.of(["a", "b", "a"]).tolist() == [0, 1, 0]
    assert ids.of(["c", "b"]).tolist() == [2, 1]
    assert ids.values == ["a", "b", "c"]


keys = st.lists(st.one_of(st.integers(1, 6), st.integers(1, 2**64 - 1)), max_size=40)


@given(keys, keys)
def test_a_lookup_finds_every_pair(column, wanted):
    lookup = Lookup(np.array(column, dtype=np.uint64))
    asked = np.array(wanted, dtype=np.uint64)
    row, position = lookup.pairs(asked)
    assert sorted(zip(row.tolist(), position.tolist(), strict=True)) == [
        (i, k) for i, one in enumerate(wanted) for k, other in enumerate(column) if one == other
    ]
    assert row.tolist() == sorted(row.tolist())
    assert lookup.holds(asked).tolist() == [one in column for one in wanted]


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=20), st.integers(0, 5))
def test_equal_texts_have_equal_fingerprints(column, cut):
    array = pa.array(column, type=pa.large_string())[cut:]
    found = fingerprints(array).tolist()
    for text, mark in zip(array.to_pylist(), found, strict=True):
        assert (mark == 0) == (not text)
        assert mark == fingerprints(pa.array([text], type=pa.large_string()))[0]
    assert len(set(found)) == len({text or "" for text in array.to_pylist()})


def test_fingerprints_see_every_byte():
    near = ["a" * length for length in range(1, 40)] + ["a" * k + "b" + "a" * (38 - k) for k in range(39)]
    assert len(set(fingerprints(pa.array(near, type=pa.large_string())).tolist())) == len(set(near))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+12125550123", 12125550123), ("+442079460123", 442079460123), ("+6512345", 6512345), ("+651234", 0),
        ("+1234567890123456", 0), ("12125550123", 0), ("+1 2125550123", 0), ("+02125550123", 0), ("", 0), (None, 0),
        ("+1212555012x", 0), ("++12125550123", 0),
    ],
)  # fmt: skip
def test_what_is_written_as_e164(text, digits):
    assert e164_digits(pa.array([text], type=pa.large_string())).tolist() == [digits]


numbers = st.one_of(st.just(0), st.integers(10**10, 2 * 10**10 - 1), st.integers(10**6, 10**15 - 1))


@given(st.lists(numbers, max_size=20))
def test_numbers_as_text(digits):
    found = e164_texts(np.array(digits, dtype=np.uint64))
    assert found.to_pylist() == [f"+{number}" if number else "" for number in digits]
    assert found.validate(full=True) is None


@given(st.lists(st.integers(0, 10**9), max_size=20), st.sampled_from([10, 10**4, 10**9]))
def test_lines_as_text(lines, most):
    rising = sorted(line % most for line in lines)
    found = line_texts(np.array(rising, dtype=np.int64))
    assert found.to_pylist() == [str(line) for line in rising]
