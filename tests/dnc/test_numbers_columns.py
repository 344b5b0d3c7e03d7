"""The column form is the scalar form, row by row."""

import random
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from dnc.numbers import Number, NumberCode, parse_lead_number, parse_lead_numbers
from dnc.numbers import columns as module
from dnc.numbers.columns import TYPES, read_lead_numbers
from dnc.numbers.nanp import Automaton, UnknownPattern, automaton
from dnc.numbers.values import TYPE_NAMES


def expected(text, region):
    found = parse_lead_number(text, region)
    if isinstance(found, Number):
        return (found.e164, True, "OK", "", found.type, found.region)
    return (None, False, str(found.code), found.detail, found.type, "")


def rows(frame):
    e164 = [None if pd.isna(value) else value for value in frame["e164"]]
    return list(zip(e164, frame["ok"], *(frame[c] for c in ("code", "detail", "type", "region")), strict=True))


def assert_identical(texts, regions):
    each = [regions] * len(texts) if isinstance(regions, str) or regions is None else list(regions)
    found = rows(parse_lead_numbers(texts, regions))
    for text, region, row in zip(texts, each, found, strict=True):
        assert row == expected(text, region), (text, region)


number_like = st.one_of(
    st.from_regex(r"[ (]?(\+?1)?[ .(-]?[2-9][0-9]{2}[) .-]{0,2}[0-9]{3}[ .-]?[0-9]{4}( |\.0|x1|\t)?", fullmatch=True),
    st.from_regex(r"\+?[0-9 ().\-]{0,24}", fullmatch=True),
    st.text(alphabet="0123456789+-(). x=\t\n３\u200bO", max_size=16),
    st.none(),
)


@given(st.lists(st.tuples(number_like, st.sampled_from(["US", "CA", "us", "GB", "BS", "", None, "XX"])), max_size=20))
@settings(max_examples=300)
def test_identical_to_the_scalar_form(pairs):
    assert_identical([text for text, _ in pairs], [region for _, region in pairs])
    assert_identical([text for text, _ in pairs], "US")


@pytest.mark.slow
def test_identical_over_every_area_code_and_a_sample_of_exchanges():
    rng = random.Random(20261122)
    texts = []
    for npa in range(200, 1000):
        for nxx in [*rng.sample(range(1000), 6), 555, 976, 100, 911]:
            texts.append(f"{npa}{nxx:03d}{rng.randrange(10000):04d}")
    assert_identical(texts, "US")
    assert_identical([f"+1{text}" for text in texts[::7]], "GB")
    assert_identical([f"1{text}" for text in texts[::9]], "CA")


@pytest.mark.slow
def test_identical_where_phonenumbers_looks_deep_into_the_number():
    """The Caribbean's patterns reach the seventh digit; walk one number for each path of the automaton."""
    table = automaton()
    paths = {0: ""}
    for state in range(len(table.step)):
        if state in paths and len(paths[state]) < 10:
            for digit, behind in enumerate(table.step[state]):
                paths.setdefault(int(behind), paths[state] + str(digit))
    texts = [path for path in paths.values() if len(path) == 10]
    rng = random.Random(7)
    near = [t[:p] + str(rng.randrange(10)) + t[p + 1 :] for t in texts for p in (3, 4, 5, 6, 7)]
    assert_identical([f"+1{text}" for text in [*texts, *near][:6000]], "US")


@pytest.mark.slow
def test_identical_for_every_length_that_a_short_number_may_have():
    rng = random.Random(11)
    texts = [str(n) for n in range(2, 1000)]
    texts += [f"{rng.randrange(2, 10)}{rng.randrange(10**k):0{k}d}" for k in range(2, 12) for _ in range(150)]
    texts += [f"{first}{rng.randrange(10**5):05d}" for first in ("30", "31", "310", "911", "555") for _ in range(20)]
    assert_identical(texts, "US")
    assert_identical([f"({text[:2]}) {text[2:]}" for text in texts[::5]], "CA")
    assert_identical([f"+{text}" for text in texts[::9]], "US")


def test_ten_digits_in_one_table_are_ten_digits_one_by_one():
    """The table of exchanges answers as the automaton does, the exchanges where the line decides among them."""
    table = automaton()
    rng = np.random.default_rng(5)
    numbers = rng.integers(2 * 10**9, 10**10, 200_000)
    depends = np.flatnonzero(table._by_exchange == -1)
    depends = depends[depends >= 200_000]
    assert 0 < len(depends) < 100
    numbers = np.concatenate([numbers, np.repeat(depends, 10_000) * 10_000 + np.tile(np.arange(10_000), len(depends))])
    assert (table.run(numbers) == table._walked(numbers)).all()


@given(st.lists(st.tuples(number_like, st.integers(0, 60)), min_size=1, max_size=8))
@settings(max_examples=150)
def test_long_cells_between_others_spoil_none(pairs):
    """A count that runs over its field stays in its own cell."""
    texts = [each for text, length in pairs for each in (text, "9" * length, "." * (5 * length), "x" * (9 * length))]
    assert_identical(texts, "US")


def test_arrow_pandas_and_lists_are_taken_alike():
    texts = ["2125550123", None, "+442079460123", "x"]
    want = rows(parse_lead_numbers(texts))
    assert rows(parse_lead_numbers(pa.array(texts))) == want
    assert rows(parse_lead_numbers(pa.chunked_array([texts[:2], texts[2:]]))) == want
    assert rows(parse_lead_numbers(pa.array(["zz", *texts])[1:])) == want
    assert rows(parse_lead_numbers(pd.Series(texts, dtype="str", index=[4, 5, 6, 7]))) == want
    assert rows(parse_lead_numbers(pd.Series(texts, dtype=object))) == want
    assert rows(parse_lead_numbers(np.array(texts, dtype=object))) == want
    assert rows(parse_lead_numbers(pd.Series([2125550123]))) == want[:1]
    hidden = pa.Array.from_buffers(  # text may stand behind a missing value
        pa.string(),
        2,
        [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([0, 10, 20], np.int32)), pa.py_buffer(b"2125550123" * 2)],
    )
    assert rows(parse_lead_numbers(hidden)) == want[:2]


def test_empty_columns():
    assert len(parse_lead_numbers([])) == 0
    assert rows(parse_lead_numbers(["", None]))[0][2] == "EMPTY"


def test_regions_must_fit():
    with pytest.raises(ValueError, match="2 numbers but 1 regions"):
        parse_lead_numbers(["1", "2"], ["US"])


def test_a_pattern_beyond_us_falls_back_to_the_library(monkeypatch):
    monkeypatch.setattr(module, "automaton", lambda length: None)
    assert_identical(["2125550123", "8005550123", "5550123", "x", None], "US")


def test_an_unknown_construct_is_said(monkeypatch):
    monkeypatch.setattr("dnc.numbers.nanp._patterns", lambda length: [r"(?=2)\d{10}"])
    with pytest.raises(UnknownPattern):
        Automaton.compile()


def test_our_type_names_are_the_librarys():
    for value in PhoneNumberType.values():
        assert TYPE_NAMES[value] == PhoneNumberType.to_string(value).lower()


def test_the_arrays_say_what_the_frame_says():
    found = read_lead_numbers(["2125550123", "x", "+442079460123", ""])
    assert found.digits.tolist() == [12125550123, 0, 442079460123, 0]
    assert found.ok.tolist() == [True, False, True, False] and len(found) == 4
    assert found.e164().to_pylist() == ["+12125550123", None, "+442079460123", None]
    last = found.take(np.array([2]))
    assert (last.digits.tolist(), last.regions[last.region[0]], TYPES[last.type[0]]) == (
        [442079460123],
        "GB",
        "fixed_line",
    )


def test_a_hundred_thousand_mixed_rows_take_well_under_three_seconds():
    rng = random.Random(5)
    shapes = [
        "{0}{1}{2}",
        "({0}) {1}-{2}",
        "+1 {0} {1} {2}",
        "{0}.{1}.{2}",
        "{0}{1}{2} x9",
        "+44 20 7946 0{1}",
    ]
    texts = [
        rng.choice(shapes).format(rng.randint(201, 989), rng.randint(200, 999), f"{rng.randrange(10000):04d}")
        for _ in range(100_000)
    ]
    began = time.perf_counter()
    found = parse_lead_numbers(texts)
    assert time.perf_counter() - began < 3
    assert set(found["code"].unique()) >= {"OK", "INVALID", "EXTENSION"}
    assert [str(c) for c in found["code"].cat.categories] == [str(c) for c in NumberCode]
