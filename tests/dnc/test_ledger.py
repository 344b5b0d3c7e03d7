"""The ledger: canonical bodies, one chain, and the first row that was touched."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dnc.ledger
from dnc.ledger import GENESIS, Broken, Verified, canonical, chain, decision_body, entry_hash, verify
from dnc.values import Check, Code, Place, ProposedCall, Verdict

AT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
CALL = ProposedCall(
    "+19195550101", "telemarketing", "predictive", Place(("US", "US-NC"), ("America/New_York",)), campaign="C1"
)
VERDICT = Verdict(
    False,
    AT,
    (
        Check(Code.HOURS_FEDERAL, "US.tm.tsr", True, "16 CFR 310.4(c)", "12:00 in America/New_York"),
        Check(Code.DNC_INTERNAL, "internal", False, "47 CFR 64.1200(d)", "internal: listed"),
    ),
    None,
    {"rules": "abc", "tzdata": "2026.6"},
)
bodies = st.lists(
    st.dictionaries(st.text(max_size=5), st.text(max_size=8) | st.integers() | st.booleans(), max_size=4).map(
        canonical
    ),
    min_size=1,
    max_size=12,
)


def test_public_names():
    assert dnc.ledger.__all__ == [
        "GENESIS", "Broken", "Entry", "Verified", "canonical", "chain", "decision_body", "entry_hash", "verify",
    ]  # fmt: skip


def test_the_body_of_a_decision_is_exactly_this():
    assert canonical(decision_body(VERDICT, CALL, lead="7", attempt="A9")) == (
        '{"at":"2026-11-23T17:00:00+00:00","attempt":"A9","campaign":"C1","client":"",'
        '"failed":[["internal","DNC_INTERNAL","internal: listed"]],"lead":"7","mode":"predictive","next":null,'
        '"number":"+19195550101","ok":false,"passed":["US.tm.tsr"],"place":"US,US-NC|America/New_York",'
        '"scope":"telemarketing","v":{"rules":"abc","tzdata":"2026.6"}}'
    )
    with pytest.raises(ValueError, match="number is already a key"):
        decision_body(VERDICT, CALL, number="+1")


def test_hashes_are_pinned():
    assert GENESIS == "0" * 64
    assert entry_hash(GENESIS, 1, "{}") == "857ee6299d26533d1f5f46c02209ae8bc34dc4898a8a9545493946b4ea59d6f3"


def test_canonical_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"rate": float("nan")})
    with pytest.raises(TypeError):
        canonical({"at": AT})


@given(bodies)
def test_a_chain_verifies_and_can_be_continued(texts):
    entries = list(chain(texts))
    assert verify(entries) == Verified(len(texts), entries[-1].hash)
    more = list(chain(texts, prev_hash=entries[-1].hash, seq=len(texts) + 1))
    assert verify(entries + more) == Verified(2 * len(texts), more[-1].hash)
    assert verify(more, prev_hash=entries[-1].hash, seq=len(texts) + 1) == Verified(2 * len(texts), more[-1].hash)


def test_an_empty_chain_verifies():
    assert verify([]) == Verified(0, GENESIS)


@given(bodies, st.data())
def test_the_first_touched_row_is_named(texts, data):
    entries = list(chain(texts))
    i = data.draw(st.integers(0, len(entries) - 1))
    changed = [*entries[:i], replace(entries[i], body=entries[i].body + " "), *entries[i + 1 :]]
    assert verify(changed) == Broken(i + 1, f"row {i + 1} was changed after it was written")


@given(bodies, st.data())
def test_a_removed_row_is_missed(texts, data):
    entries = list(chain(texts))
    i = data.draw(st.integers(0, len(entries) - 1))
    rest = entries[:i] + entries[i + 1 :]
    found = verify(rest)
    if i == len(entries) - 1:
        assert isinstance(found, Verified) and found.seq == len(entries) - 1  # only the noted head tells
        noted = verify(rest, noted={len(entries): entries[-1].hash})
        assert noted == Broken(
            len(entries), f"row {len(entries)} is missing: the chain had {len(entries)} rows when its head was noted"
        )
    else:
        assert isinstance(found, Broken) and found.seq == i + 1


def test_a_rewritten_row_breaks_the_row_behind_it():
    entries = list(chain(["{}", '{"a":1}', '{"b":2}']))
    (forged,) = chain(['{"a":2}'], prev_hash=entries[0].hash, seq=2)
    assert verify([entries[0], forged, entries[2]]) == Broken(3, "row 3 does not continue row 2")


@given(bodies, st.data())
def test_a_chain_made_anew_does_not_pass_through_a_noted_head(texts, data):
    entries = list(chain(texts))
    i = data.draw(st.integers(0, len(entries) - 1))
    noted = {entry.seq: entry.hash for entry in entries[i:]}
    assert verify(entries, noted=noted) == Verified(len(entries), entries[-1].hash)
    forged = list(chain([*texts[:i], texts[i] + " ", *texts[i + 1 :]]))
    assert isinstance(verify(forged), Verified)
    assert verify(forged, noted=noted) == Broken(
        i + 1, f"row {i + 1} is not the one whose hash was noted: the chain was made anew"
    )


@pytest.mark.parametrize("number", [0, -1, -(2**31)])
def test_a_row_before_the_first_is_found(number):
    (slipped,) = chain(["{}"], seq=number)
    entries = list(chain(["{}", '{"a":1}']))
    assert verify([slipped, *entries]) == Broken(number, f"row {number} stands before the first row of the chain")
    assert verify([slipped]) == Broken(number, f"row {number} stands before the first row of the chain")


@given(bodies, st.data())
def test_a_row_that_stands_there_twice_is_found(texts, data):
    entries = list(chain(texts))
    i = data.draw(st.integers(0, len(entries) - 1))
    j = data.draw(st.integers(i + 1, len(entries)))
    found = verify([*entries[:j], entries[i], *entries[j:]])
    assert found == Broken(i + 1, f"row {i + 1} stands there a second time, behind row {j}")


@given(bodies.filter(lambda texts: len(texts) > 1), st.data())
def test_rows_in_another_order_are_found(texts, data):
    entries = list(chain(texts))
    i = data.draw(st.integers(0, len(entries) - 2))
    j = data.draw(st.integers(i + 1, len(entries) - 1))
    exchanged = list(entries)
    exchanged[i], exchanged[j] = replace(entries[j], seq=i + 1), replace(entries[i], seq=j + 1)
    found = verify(exchanged)
    assert isinstance(found, Broken) and found.seq == i + 1


def test_a_noted_head_from_before_the_first_expected_row_is_not_asked_for():
    entries = list(chain(["{}", '{"a":1}', '{"b":2}']))
    noted = {1: entries[0].hash, 3: entries[2].hash}
    assert verify(entries[1:], prev_hash=entries[0].hash, seq=2, noted=noted) == Verified(3, entries[2].hash)
