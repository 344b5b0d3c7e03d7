"""Columns of evidence and evidence row by row are one: for any numbers, anywhere people may live."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_kit import NOW, SAMPLES, at_now, e164, flat_text

from dnc.registries import STATUSES, RegistryStore

DAY = timedelta(days=1)
RALEIGH, DALLAS, TORONTO = 919_555_0100, 214_555_0100, 416_555_0100

#: Where people live: nowhere known, one state, another than their number's, two, another country.
HOMES: tuple[tuple[str, ...], ...] = (
    (), ("US", "US-NC"), ("US", "US-TX"), ("US", "US-NC", "US-TX"), ("US", "US-IN"), ("CA", "CA-ON"), ("GB",), ("US",),
)  # fmt: skip

american = st.builds(
    lambda npa, n: f"+1{npa}55501{n:02d}",
    st.sampled_from([919, 214, 212, 416, 684, 800, 500, 787]),
    st.integers(0, 12),
)
abroad = st.sampled_from(
    ["+442079460101", "+441632960199", "+61255500101", "+61255500102", "+61491570006", "+61491570156", "+6561234567",
     "+911155550101", "+33145550100", "+393331234567", "+358401234567", "+5215512345678", "+27115550100"],
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registries")
    store = RegistryStore(folder / "r", required=["US.litigator", "US-NC.state"])

    def add(numbers, layout, days=0, **options):
        path = folder / "list.txt"
        path.write_text(flat_text(numbers))
        at = NOW - days * DAY
        report = store.import_file(path, layout, obtained_at=at, options=at_now(), **options)
        assert report.version, report

    add([RALEIGH, RALEIGH + 5, DALLAS], "us_ndnc", days=40)
    add([RALEIGH, RALEIGH + 6], "us_ndnc", allow_drop="a test")
    add([TORONTO], "ca_dncl", days=10)
    add([DALLAS, RALEIGH + 1], "us_state", registry="US-TX.state", days=32)
    add([RALEIGH + 2], "us_state", registry="US-IN.state")
    for sample, layout in [
        ("gb_tps/full_with_spaces.txt", "gb_tps"),
        ("au_dncr/warn_result_invalid_flag.csv", "au_dncr"),
        ("us_wireless/wireless_blocks.txt", "us_wireless"),
    ]:
        assert store.import_file(SAMPLES / sample, layout, obtained_at=NOW, options=at_now()).version
    (store.root / "US.wireless.ported").mkdir()
    (store.root / "US.wireless.ported" / "CURRENT").write_text("damaged")
    return store


def rows_of(store, numbers, homes, at):
    return [
        {
            (e.name, e.status, e.listed, -1 if e.age_days is None else e.age_days)
            for e in store.evidence(number, at, home)
        }
        for number, home in zip(numbers, homes, strict=True)
    ]


def columns_of(store, numbers, at, *places):
    columns = store.evidence_columns(np.array([int(n[1:]) for n in numbers], dtype=np.uint64), at, *places)
    return [
        {
            (c.binding.name, STATUSES[c.status[row]], bool(c.listed[row]), int(c.age_days[row]))
            for c in columns
            if c.bound[row]
        }
        for row in range(len(numbers))
    ]


@given(
    st.lists(st.tuples(st.one_of(american, abroad), st.integers(0, len(HOMES) - 1)), min_size=1, max_size=30),
    st.sampled_from([0, 20, 31, 33, 400]),
)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_columns_say_of_each_number_and_home_what_evidence_says(store, people, days):
    numbers = [number for number, _ in people]
    home = np.array([code for _, code in people], dtype=np.intp)
    at = NOW + days * DAY
    rows = rows_of(store, numbers, [HOMES[code] for code in home], at)
    assert columns_of(store, numbers, at, HOMES, home) == rows


@given(st.lists(st.one_of(american, abroad), min_size=1, max_size=30), st.sampled_from(HOMES))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_without_a_code_for_each_all_live_in_the_one_place(store, numbers, home):
    assert columns_of(store, numbers, NOW, [home]) == rows_of(store, numbers, [home] * len(numbers), NOW)


def test_the_list_of_the_state_of_an_address_is_seen_for_a_number_of_another_state(store):
    number = e164(RALEIGH + 1)  # on the Texan list only
    at_home = columns_of(store, [number], NOW)[0]
    moved = columns_of(store, [number], NOW, [("US", "US-TX")])[0]
    assert not any(name == "US-TX.state" for name, *_ in at_home)
    assert ("US-TX.state", "stale", True, 32) in moved
