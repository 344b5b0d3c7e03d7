"""A list that is judged and not loaded: the same numbers, people, places and refusals as one that is loaded."""

import random
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.lists import ContactList, cleaning
from campaigns.lists.blocks import blocks_of
from campaigns.lists.entries import ENTRY_FIELDS, REASONS, read_entries
from campaigns.lists.instants import instants
from campaigns.lists.notes import Notes
from campaigns.lists.reading import recognise
from campaigns.lists.seen import Seen
from dnc.places.columns import PlaceFinder

NOW = datetime(2026, 11, 22, tzinfo=UTC)
COLUMNS = (
    "external_id", "account_id", "phone", "phone_type", "phone2", "phone2_type", "phone_code", "city", "state",
    "province", "postal_code", "country", "timezone", "consent_basis", "consent_at", "attorney", "cease",
)  # fmt: skip
CELLS = {
    "external_id": ["", "p1", " p2 ", "p3"],
    "account_id": ["", "a1"],
    "phone": [
        "",
        "212-555-0123",
        "(850) 555-0146",
        "+12425550123",
        " 8505550147 ",
        "5550123",
        "212555O123",
        "020 7946 0123",
    ],
    "phone_type": ["", "mobile", " work "],
    "phone2": ["", "2125550123", "3055550101", "x"],
    "phone2_type": ["", "home"],
    "phone_code": ["", "1", "44", "999"],
    "city": ["", "Brooklyn", "Boston"],
    "state": ["", "FL", "ny", "Quebec"],
    "province": ["", "QC"],
    "postal_code": ["", "11201", "8068", "32301-0001", "K1A 0B6", "90012.0", "nonsense"],
    "country": ["", "US", "usa", "Canada", "Nowhere"],
    "timezone": ["", "America/Chicago", "EST"],
    "consent_basis": ["", "PEWC", "none", "revoked", "express"],
    "consent_at": [
        "",
        "2026-05-01T10:00:00Z",
        "2026-05-01",
        "2027-01-01T00:00:00Z",
        "yesterday",
        " 2026-05-01T10:00+02:00 ",
    ],
    "attorney": ["", "no", "Mr Law"],
    "cease": ["", "0", "Y"],
}
rows = st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()})


def write(path, columns, people):
    lines = [",".join(columns), *(",".join(person[name] for name in columns) for person in people)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return recognise(path)


def loaded(path):
    """What a load makes of it: of each number line, slot, person and place; and every refusal."""
    with ContactList(path, now=NOW) as contacts:
        chunks = list(contacts)
    numbers, refusals = {}, {}
    for chunk in chunks:
        leads = chunk.leads
        for number in chunk.phones.itertuples():
            lead = leads.iloc[number.lead]
            stop = "ATTORNEY" if lead.attorney else "CEASE" if lead.cease else "OK"
            at = None if pd.isna(lead.consent_at) else lead.consent_at.isoformat()
            numbers[number.line, number.slot] = (
                number.e164, stop, number.kind or "home", number.place_key, lead.consent_basis, at, lead.person_id,
                lead.debt_id,
            )  # fmt: skip
        for reject in chunk.rejects:
            refusals.setdefault(reject.line, set()).add(reject.code)
    return numbers, refusals


def judged(source, size):
    """The same of its entries."""
    numbers, refusals, seen, finder = {}, {}, Seen(), PlaceFinder(reasons=False)
    for block in blocks_of(source, size):
        entries = read_entries(block.read(ENTRY_FIELDS), "US", NOW)
        words = [REASONS[n].code for n in entries.reason.tolist()]
        fit = np.flatnonzero(np.isin(words, ["OK", "ATTORNEY", "CEASE"]))
        again = dict(zip(fit.tolist(), seen.repeated(entries.numbers.digits[fit]).tolist(), strict=True))
        of = entries.row[fit]
        address = {
            name: pd.Series([column.names[n] for n in column.codes[of]])
            if isinstance(column, tuple)
            else column.take(pa.array(of))
            for name, column in entries.address.items()
        }
        place = dict(zip(fit.tolist(), finder.find(entries.numbers.take(fit), address).tolist(), strict=True))
        persons, debts = entries.persons().to_pylist(), entries.debts()
        for n, word in enumerate(words):
            line, row = int(entries.line[n]), int(entries.row[n])
            if n not in again or again[n]:
                refusals.setdefault(line, set()).add(word if n not in again else "DUPLICATE")
                continue
            given = entries.consent_at[row]
            numbers[line, int(entries.slot[n])] = (
                f"+{entries.numbers.digits[n]}", word, entries.kind.names[entries.kind.codes[n]],
                finder.keys[place[n]], entries.consent_basis.names[entries.consent_basis.codes[row]],
                None if np.isnat(given) else pd.Timestamp(given, tz="UTC").isoformat(), persons[row],
                "" if debts is None else debts[row].as_py(),
            )  # fmt: skip
    return numbers, refusals


SAME = {"COUNTRY": "COUNTRY_UNKNOWN", "HOUSEHOLD": "DUPLICATE"}


@given(
    st.lists(rows, min_size=1, max_size=12),
    st.lists(st.sampled_from(COLUMNS), max_size=12, unique=True),
    st.sampled_from([30, 1 << 20]),
)
@settings(max_examples=60, deadline=None)
def test_identical_to_a_load(tmp_path_factory, people, columns, size):
    columns = ["phone", *(name for name in columns if name != "phone")]
    path = tmp_path_factory.mktemp("list") / "list.csv"
    source = write(path, columns, people)
    numbers, refusals = judged(source, size)
    want_numbers, want_refusals = loaded(path)
    assert numbers == want_numbers
    for line, codes in want_refusals.items():
        assert {SAME.get(code, code) for code in codes} <= refusals[line], line
    told = {line for line, _ in numbers} | set(refusals)
    assert told == set(range(2, 2 + len(people)))  # every row has its say


def test_wide_rows_are_refused_and_short_ones_are_filled(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("phone,state\n2125550123\n2125550124,NY,more\n2125550125,NY,\n\n")
    ((block,), source) = (list(blocks_of(recognise(path))), recognise(path))
    entries = read_entries(block.read(ENTRY_FIELDS), "US", NOW)
    assert [REASONS[n].code for n in entries.reason.tolist()] == ["OK", "COLUMNS", "OK", "EMPTY"]
    assert entries.line.tolist() == [2, 3, 4, 5] and source.width == 2


dates = st.builds(
    "{}{}{}".format,
    st.sampled_from(["2026-05-01", "2026-13-01", "20260501", "2026-5-1", "1969-12-31", "9999-12-31", ""]),
    st.sampled_from(["", "T10:00", " 10:00:59", "T24:00", "T10:00:00.123456789", "T10"]),
    st.sampled_from(["", "Z", "+05:30", "-0500", "+05", "z", " "]),
)


@given(st.lists(dates, max_size=6))
def test_instants_are_those_of_a_load(texts):
    found = instants(pa.array(texts, type=pa.large_string()))
    basis = pd.Series(["pewc"] * len(texts), dtype="str")
    far = datetime.max.replace(tzinfo=UTC)
    _, at = cleaning.consents(basis, pd.Series(texts, dtype="str"), far, np.arange(len(texts)), Notes())
    want = [None if pd.isna(each) else each.tz_localize(None) for each in at]
    assert [None if np.isnat(each) else pd.Timestamp(each) for each in found] == want


def test_numbers_that_came_before():
    rng = random.Random(8)
    seen, known = Seen(), set()
    pool = [12_125_550_000 + n for n in range(60)] + [442_079_460_000 + n for n in range(30)] + [6_512_345_678]
    for _ in range(40):
        numbers = [rng.choice(pool) for _ in range(rng.randrange(12))]
        want = []
        for number in numbers:
            want.append(number in known)
            known.add(number)
        assert seen.repeated(np.array(numbers, dtype=np.uint64)).tolist() == want


@pytest.mark.parametrize("slot", [0, 1])
def test_an_empty_cell_is_told_once(tmp_path, slot):
    path = tmp_path / "list.csv"
    path.write_text(f"phone,phone2\n{',' if slot else ''}2125550123{'' if slot else ','}\n,\n")
    (block,) = blocks_of(recognise(path))
    entries = read_entries(block.read(ENTRY_FIELDS), "US", NOW)
    told = zip(entries.line.tolist(), entries.slot.tolist(), entries.reason.tolist(), strict=True)
    assert [(line, at, REASONS[n].code) for line, at, n in told] == [(2, slot, "OK"), (3, 0, "EMPTY")]
