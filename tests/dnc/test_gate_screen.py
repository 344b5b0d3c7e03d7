"""Columns and single calls agree row by row; each distinct situation is evaluated once."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dnc.gate.screener
from dnc.coding import Ids
from dnc.gate import CampaignCap, Facts, Gate, MemoryFacts, Policy, clear_lists, evaluate
from dnc.gate.columns import LISTED, Contacts
from dnc.gate.evaluate import refusals
from dnc.gate.screen import screen
from dnc.gate.screener import Screener, Told
from dnc.places import place_of
from dnc.rules import load
from dnc.values import Block, Code, ListEvidence, PastEvent, RndReply

BOOK = load()
LISTS = clear_lists(BOOK)
START = datetime(2026, 11, 1, tzinfo=UTC)
NUMBERS = [
    "+19195550101", "+13055550106", "+18505550146", "+12075550125", "+12015550182", "+14055550186", "+16175550113",
    "+12065550167", "+442079460101", "+33199000101", "+27115550101", "+18005550123", "garbage", "",
]  # fmt: skip
PERSONS = ["", "P", "Q"]

moments = st.one_of(st.none(), st.integers(-400, 60).map(lambda d: START + timedelta(days=d)))
days = st.one_of(st.none(), st.integers(-600, 40).map(lambda d: date(2026, 11, 1) + timedelta(days=d)))
rows = st.fixed_dictionaries(
    {
        "number": st.sampled_from(NUMBERS),
        "scope": st.sampled_from(["telemarketing", "debt_collection", "informational"]),
        "mode": st.sampled_from(["predictive", "progressive", "manual", "preview", "prerecorded"]),
        "person": st.sampled_from(PERSONS),
        "debt": st.sampled_from(["", "D1"]),
        "subject": st.sampled_from(["", "S1"]),
        "campaign": st.sampled_from(["", "C1"]),
        "line_type": st.sampled_from(["", "mobile", "fixed"]),
        "number_kind": st.sampled_from(["", "home", "work"]),
        "agent_guaranteed": st.booleans(),
        "consent_basis": st.sampled_from(["pewc", "pewc", "express", "none", "revoked", "existing_contract"]),
        "consent_waives": st.sampled_from(["", "written_permission", "prior_express_consent,written_permission"]),
        "consent_given_at": moments,
        "consent_revoked_at": st.one_of(st.none(), st.none(), moments),
        "last_transaction": days,
        "last_inquiry": days,
        "sector": st.sampled_from(["", "", "claims_management", "pensions", "medicare_plans", "home_energy"]),
        "authorisation": st.sampled_from(["", "FRN 123456"]),
        "rnd": st.sampled_from(["", "no", "no", "no", "yes", "no_data"]),
        "rnd_since": days,
        "rnd_obtained": st.one_of(st.none(), st.integers(-30, 22).map(lambda d: date(2026, 11, 1) + timedelta(days=d))),
        **{f"listed_{kind}": st.sampled_from([False, False, False, True]) for kind in LISTED},
    }
)
past = st.fixed_dictionaries(
    {
        "at": st.integers(0, 70 * 86400).map(lambda s: START + timedelta(days=22, seconds=-s)),
        "kind": st.sampled_from(["attempt", "attempt", "text", "conversation", "abandoned", "amd_machine", "refusal"]),
        "number": st.sampled_from(NUMBERS[:-2]),
        "person": st.sampled_from(PERSONS),
        "debt": st.sampled_from(["", "D1", "D2"]),
        "subject": st.sampled_from(["", "S1", "S2"]),
        "campaign": st.sampled_from(["", "C1", "C2"]),
        "number_kind": st.sampled_from(["", "work"]),
        "counts": st.booleans(),
    }
)


def frame_of(contacts):
    frame = pd.DataFrame(contacts)
    frame["place_key"] = [place_of(n).key for n in frame["number"]]
    return frame


def facts_of(contacts, position, history, blocks):
    """What a port that answers from the same columns would say of one row."""
    call = contacts.call(position)
    events = [
        PastEvent(**e) for e in history if e["number"] == call.number or (call.person and e["person"] == call.person)
    ]
    answer = contacts.value("rnd", position)
    dates = (contacts.day(name, position) for name in ("rnd_since", "rnd_obtained"))
    rnd = RndReply(answer, *dates) if answer else None
    return call, Facts(contacts.lists(position, LISTS), events, blocks=blocks.get(call.number, ()), rnd=rnd)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(rows, min_size=1, max_size=12),
    st.lists(past, max_size=25),
    st.integers(0, 21 * 86400),
    st.booleans(),
)
def test_screen_agrees_with_check_row_by_row(contacts, history, second, strict):
    at = START + timedelta(days=1, seconds=second)
    policy = Policy(guard_seconds=60, caps=(CampaignCap(2, "days"), CampaignCap(3, "lifetime", per="number")))
    policy = policy if strict else Policy()
    blocks = {NUMBERS[1]: [Block(Code.INCONVENIENT_TIME, hours=("00:00-12:00",))]}
    frame = frame_of(contacts)
    frame.index = pd.Index(range(100, 100 + len(frame)))
    events = pd.DataFrame(history) if history else None
    got = screen(BOOK, frame, at, lists=LISTS, history=events, blocks=blocks, policy=policy)
    assert list(got.index) == list(frame.index)
    digits = [int(n[1:]) if n[1:].isdigit() else 0 for n in frame["number"]]
    known = frame[[number > 0 for number in digits]].drop(columns="number").assign(digits=[d for d in digits if d])
    again = screen(BOOK, known, at, lists=LISTS, history=events, policy=policy)
    free = ~frame.loc[known.index, "number"].isin(blocks)
    assert (again["codes"].astype("str") == got.loc[known.index, "codes"].astype("str"))[free].all()
    columns = Contacts(frame)
    for position in range(len(frame)):
        call, facts = facts_of(columns, position, history, blocks)
        verdict = evaluate(BOOK, call, facts, at, policy, with_next=False)
        assert got["codes"].iat[position] == ",".join(verdict.reasons)
        assert got["allowed"].iat[position] == verdict.allowed


def test_each_distinct_situation_is_evaluated_once():
    numbers = [f"+1919555{i:04}" for i in range(100, 200)] + [f"+1305555{i:04}" for i in range(100, 200)]
    frame = pd.DataFrame({"number": numbers, "scope": "telemarketing", "mode": "manual"})
    frame["place_key"] = [place_of(n).key for n in numbers]
    with patch.object(dnc.gate.screener, "refusals", wraps=refusals) as counted:
        got = screen(BOOK, frame, datetime(2026, 11, 23, 17, 0, tzinfo=UTC), lists=LISTS)
    assert counted.call_count == 8  # for each place: the rules of place and time, own lists, registries, consent
    assert got["codes"].value_counts().to_dict() == {"ALLOW": 200}


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=2, max_size=24), st.integers(1, 23), st.integers(0, 21 * 86400))
def test_a_list_judged_in_parts_is_judged_alike(contacts, cut, second):
    """What a screener remembers of one part holds for the next, whatever codes the columns have there."""
    at = START + timedelta(days=1, seconds=second)
    frame = frame_of(contacts)
    whole = Screener(BOOK, at)
    columns = Contacts(frame)
    at_once = [whole.answers.codes[n] for n in whole.judge(columns, told(columns)).answer.tolist()]
    kept = Screener(BOOK, at)
    in_parts = []
    for part in (frame.iloc[:cut], frame.iloc[cut:], frame.iloc[::-1]):
        columns = Contacts(part)
        in_parts += [kept.answers.codes[n] for n in kept.judge(columns, told(columns)).answer.tolist()]
    assert in_parts == [*at_once, *at_once[::-1]]


def told(contacts):
    """What the columns say of lists, under codes that mean the same in every part: the evidence itself."""
    said = [tuple(contacts.lists(row, LISTS)) for row in range(contacts.size)]
    return Told(KNOWN.of(said), 10**6, lambda row: said[row])


KNOWN = Ids()


def test_opens_tells_when_a_closed_place_opens():
    frame = frame_of([{"number": "+19195550101"}, {"number": "+12135550102"}]).assign(
        scope="telemarketing", mode="manual"
    )
    got = Gate(BOOK, MemoryFacts()).screen(frame, datetime(2026, 11, 23, 13, 0, tzinfo=UTC), lists=LISTS)
    assert got["codes"].tolist() == ["ALLOW", "HOURS_FEDERAL"]
    assert got["opens"].isna().tolist() == [True, False]
    assert got["opens"].iat[1] == pd.Timestamp("2026-11-23T16:00Z")


def test_jurisdictions_and_zones_may_stand_in_two_columns():
    frame = pd.DataFrame(
        {
            "number": ["+18505550146", "+19195550101", None],
            "jurisdictions": ["US,US-FL", "US,US-NC", None],
            "zones": ["America/Chicago,America/New_York", "America/New_York", None],
            "scope": "telemarketing",
            "mode": "manual",
        }
    )
    got = screen(BOOK, frame, datetime(2026, 11, 23, 13, 30, tzinfo=UTC), lists=LISTS)
    assert got["codes"].iloc[:2].tolist() == ["HOURS_FEDERAL,HOURS_STATE,TZ_AMBIGUOUS", "ALLOW"]
    assert got["codes"].iat[2].startswith("NUMBER_INVALID,TZ_UNKNOWN")


def test_lists_that_nobody_mentions_are_missing():
    frame = frame_of([{"number": "+19195550101"}]).assign(scope="telemarketing", mode="manual")
    at = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert screen(BOOK, frame, at)["codes"].tolist() == ["DNC_MISSING"]
    old = [
        *(e for e in LISTS if e.kind != "national"),
        ListEvidence("national", "US.ndnc", age_days=32, jurisdiction="US"),
    ]
    assert screen(BOOK, frame, at, lists=old)["codes"].tolist() == ["DNC_STALE"]


def test_an_empty_frame_gives_an_empty_frame():
    frame = pd.DataFrame({"number": [], "place_key": [], "scope": [], "mode": []}, dtype="str")
    got = screen(BOOK, frame, datetime(2026, 11, 23, tzinfo=UTC), lists=LISTS)
    assert list(got.columns) == ["allowed", "codes", "opens"] and len(got) == 0


def test_mistakes_of_the_caller_raise():
    at = datetime(2026, 11, 23, tzinfo=UTC)
    with pytest.raises(ValueError, match="has no column place_key, scope, mode"):
        screen(BOOK, pd.DataFrame({"number": ["+19195550101"]}), at)
    frame = frame_of([{"number": "+19195550101"}]).assign(scope="telemarketing", mode="manual")
    with pytest.raises(ValueError, match="has no time zone"):
        screen(BOOK, frame, datetime(2026, 11, 23))  # noqa: DTZ001
    with pytest.raises(ValueError, match="names neither a number nor a person"):
        screen(BOOK, frame, at, lists=LISTS, history=pd.DataFrame({"at": [at], "kind": ["attempt"]}))
