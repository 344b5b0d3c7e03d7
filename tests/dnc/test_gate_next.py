"""`next_allowed` and `hours`: the next lawful instant is lawful, and no earlier minute is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnc.gate import TIME_CODES, CampaignCap, Facts, Gate, MemoryFacts, Policy, clear_lists, evaluate
from dnc.places import place_of
from dnc.rules import load
from dnc.values import Block, Code, Consent, PastEvent, Place, ProposedCall, RndReply

BOOK = load()
CLEAR = clear_lists(BOOK)
START = datetime(2026, 9, 1, tzinfo=UTC)
#: Never out of date: what it is worth when is tested with the gate.
RND_NO = RndReply("no", date(2019, 1, 1), date(2099, 1, 1))
PEWC = Consent("pewc", given_at=datetime(2020, 1, 1, tzinfo=UTC))
NUMBERS = [
    "+19195550101", "+13055550106", "+18505550146", "+14015550108", "+15045550110", "+12155550129", "+18015550122",
    "+12075550125", "+16055550123", "+12065550120", "+12125550170", "+16175550113", "+19075550158", "+19285550156",
    "+16045550143", "+18075550161", "+442079460101", "+33199000101", "+61491570006", "+6281255550101", "+27115550101",
]  # fmt: skip
KINDS = ["attempt", "attempt", "attempt", "conversation", "abandoned", "amd_machine", "refusal"]

instants = st.integers(0, 200 * 86400).map(lambda s: START + timedelta(seconds=s))
blocks = st.sampled_from(
    [
        (),
        (Block(Code.INCONVENIENT_TIME, hours=("00:00-12:00",)),),
        (Block(Code.INCONVENIENT_TIME, hours=("21:00-10:30",), days=(1, 3, 5)),),
        (Block(Code.EMERGENCY_SUSPENSION, until=START + timedelta(days=40, seconds=17)),),
    ]
)
policies = st.sampled_from(
    [
        Policy(),
        Policy(guard_seconds=60),
        Policy(guard_seconds=45, caps=(CampaignCap(2, "days", 3), CampaignCap(1, "minutes", 50))),
    ]
)


@st.composite
def situations(draw):
    number = draw(st.sampled_from(NUMBERS))
    at = draw(instants)
    ages = draw(st.lists(st.integers(0, 70 * 86400), max_size=9))
    history = [
        PastEvent(at - timedelta(seconds=age), draw(st.sampled_from(KINDS)), number=number) for age in sorted(ages)
    ]
    call = ProposedCall(
        number,
        draw(st.sampled_from(["telemarketing", "debt_collection", "research"])),
        draw(st.sampled_from(["predictive", "manual", "prerecorded"])),
        place_of(number),
        consent=PEWC,
    )
    return call, Facts(CLEAR, history, blocks=draw(blocks), rnd=RND_NO), at, draw(policies)


@settings(max_examples=250, deadline=None)
@given(situations(), st.lists(st.floats(0, 1, exclude_max=True), min_size=6, max_size=6))
def test_the_next_lawful_instant_is_lawful_and_no_earlier_minute_is(situation, samples):
    call, facts, at, policy = situation
    verdict = evaluate(BOOK, call, facts, at, policy)
    if verdict.allowed:
        assert verdict.next_allowed == at
        return
    if verdict.next_allowed is None:
        assert not set(verdict.reasons) <= TIME_CODES or any(b.until is None and not b.hours for b in facts.blocks)
        return
    then = verdict.next_allowed
    assert then > at and then.second == then.microsecond == 0 and then.utcoffset() == timedelta(0)
    assert evaluate(BOOK, call, facts, then, policy).allowed
    first = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    minutes = int((then - first) / timedelta(minutes=1))
    earlier = {int(sample * minutes) for sample in samples} | {0, minutes - 1}
    for minute in earlier:
        if 0 <= minute < minutes:
            assert not evaluate(BOOK, call, facts, first + timedelta(minutes=minute), policy, with_next=False).allowed


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(NUMBERS),
    instants,
    st.sampled_from(["telemarketing", "debt_collection"]),
    st.sampled_from(["predictive", "manual"]),
    st.floats(0, 0.99),
)
def test_hours_says_what_check_says_until_it_changes(number, at, scope, mode, sample):
    place = place_of(number)
    gate = Gate(BOOK, MemoryFacts(standing=CLEAR))
    opening = gate.hours(place, scope, mode, at)
    call = ProposedCall(number, scope, mode, place, consent=PEWC)

    def lawful(when):
        return evaluate(BOOK, call, Facts(CLEAR, rnd=RND_NO), when, with_next=False).allowed

    assert opening.open == lawful(at) == (not opening.failed)
    assert opening.until is not None and opening.until > at
    between = at + (opening.until - at) * sample
    assert lawful(between) == opening.open
    if not opening.open:
        assert lawful(opening.until)
        assert not lawful(opening.until - timedelta(minutes=1)) or opening.until - timedelta(minutes=1) <= at


def test_hours_of_equal_places_are_equal_and_unknown_places_are_closed():
    gate = Gate(BOOK, MemoryFacts())
    at = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    one, other = place_of("+19195550101"), place_of("+19195550102")
    assert one.key == other.key
    assert gate.hours(one, "telemarketing", "predictive", at) == gate.hours(other, "telemarketing", "predictive", at)
    nowhere = gate.hours(Place((), ()), "telemarketing", "predictive", at)
    assert not nowhere.open and nowhere.until is None and nowhere.failed[0].code is Code.TZ_UNKNOWN
    bad = gate.hours(Place(("US",), ("Mars/Base",)), "telemarketing", "predictive", at)
    assert not bad.open and bad.failed[0].code is Code.DATA_UNREADABLE


def test_open_hours_end_at_the_first_closing_of_any_zone():
    gate = Gate(BOOK, MemoryFacts(), Policy(guard_seconds=60))
    at = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    opening = gate.hours(place_of("+18505550146"), "telemarketing", "predictive", at)
    assert opening.open and opening.until == datetime(2026, 11, 24, 0, 59, tzinfo=UTC)  # 20:00 Eastern - 60 s


@pytest.mark.parametrize(
    ("zone", "day", "opens"),
    [
        ("America/New_York", datetime(2027, 3, 14, 5, 0, tzinfo=UTC), datetime(2027, 3, 14, 12, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 4, 0, tzinfo=UTC), datetime(2026, 11, 1, 13, 0, tzinfo=UTC)),
        ("America/Havana", datetime(2027, 3, 14, 5, 0, tzinfo=UTC), datetime(2027, 3, 14, 12, 0, tzinfo=UTC)),
    ],
)
def test_the_next_opening_on_a_day_on_which_the_clock_jumps(zone, day, opens):
    place = Place(("US", "US-NC"), (zone,))
    assert Gate(BOOK, MemoryFacts()).hours(place, "telemarketing", "predictive", day).until == opens


def test_zones_that_never_open_together_never_open(tmp_path):
    (tmp_path / "own.toml").write_text(
        '[[window]]\nid = "US-NC.own"\njurisdiction = "US-NC"\nscope = "telemarketing"\nmon_fri = ["08:00-09:00"]\n'
        'sat = []\nsun = []\nholiday = "as_day"\ncitation = "test"\nstatus = "policy"\n'
    )
    place = Place(("US", "US-NC"), ("America/Los_Angeles", "America/New_York"))
    at = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    opening = Gate(load(tmp_path), MemoryFacts()).hours(place, "telemarketing", "predictive", at)
    assert not opening.open and opening.until is None
