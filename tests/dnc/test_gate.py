"""The gate: every rule consulted, in order, with evidence; what nobody knows, and what fails, refuses."""

from datetime import datetime, timedelta

import pytest
from gate_world import BOOK, CLEAR, FL, NC, NOON, RND_NO, call, facts, reasons

import dnc.gate
from dnc.gate import CampaignCap, Gate, MemoryFacts, Policy, evaluate
from dnc.places import place_of
from dnc.rules import load
from dnc.values import Block, Code, Consent, ListEvidence, PastEvent, Place, RndReply


def test_public_names():
    assert dnc.gate.__all__ == [
        "TIME_CODES", "CampaignCap", "Facts", "FactsPort", "Gate", "MemoryFacts", "Opening", "Policy",
        "clear_lists", "evaluate",
    ]  # fmt: skip


def test_an_ordinary_call_is_allowed_and_every_rule_consulted_is_in_the_verdict():
    verdict = evaluate(BOOK, call(FL), facts(), NOON)
    assert verdict.allowed and verdict.next_allowed == NOON
    assert [c.rule for c in verdict.checks] == [
        "number.valid", "place.known", "US.tm.tsr", "US-FL.tm", "internal", "US.ndnc", "US-FL.list",
        "consent.revoked", "US.state.pewc", "US-FL.tm.3in24",
    ]  # fmt: skip
    assert all(c.citation and c.saw and c.status for c in verdict.checks)
    assert verdict.checks[3].saw == "12:00 Mon in America/New_York; open 08:00-20:00"
    assert verdict.versions["rules"] == BOOK.version and verdict.versions["tzdata"]


def test_number_valid():
    for number in ("+19110000000", "+12120550123", "+19005550123", "+18005550123", "2125550123", "", "+1919555010"):
        assert "NUMBER_INVALID" in reasons(call(number, place=place_of(NC)))


def test_an_unknown_place_is_not_callable():
    assert reasons(call(place=Place(("US", "US-NC"), ()))) == ["TZ_UNKNOWN"]
    assert "TZ_UNKNOWN" in reasons(call(place=Place((), ("America/New_York",))))


def test_a_zone_that_does_not_exist_refuses():
    assert reasons(call(place=Place(("US", "US-NC"), ("America/Nowhere",)))) == ["DATA_UNREADABLE"]


def test_a_country_without_a_rule_is_not_callable():
    china = Place(("CN",), ("Asia/Shanghai",))
    verdict = evaluate(BOOK, call("+8613812345678", place=china), facts(), NOON)
    assert verdict.reasons == (Code.DATA_UNREADABLE,) and verdict.next_allowed is None
    assert "add a [[window]] row" in next(c for c in verdict.checks if not c.passed).saw


def test_what_nobody_knows_is_no_value():
    with pytest.raises(ValueError, match="is no kind of list"):
        ListEvidence("guests", "US.guests")
    with pytest.raises(ValueError, match="is no kind of past event"):
        PastEvent(NOON, "wave")
    with pytest.raises(ValueError, match="A block is INCONVENIENT_TIME"):
        Block(Code.DNC_INTERNAL)


def test_a_mode_nobody_knows_is_bound_by_the_rules_of_every_mode():
    maine = call("+12075550125", mode="autodialler", consent=Consent())
    six_in_the_evening = NOON.replace(hour=23)
    assert reasons(maine, facts(rnd=RND_NO), at=six_in_the_evening) == ["HOURS_STATE", "CONSENT_REQUIRED"]


def test_a_place_in_no_country_is_not_callable():
    nowhere = call(place=Place(("ZZ",), ("America/New_York",)))
    assert reasons(nowhere) == ["DATA_UNREADABLE"]


def test_a_text_counts_where_the_rule_counts_messages():
    texts = [PastEvent(NOON - timedelta(hours=n), "text", number="+15035550116") for n in range(1, 4)]
    oregon = call("+15035550116")
    assert reasons(oregon, facts(history=texts), NOON.replace(hour=20)) == ["FREQ_24H"]
    assert reasons(oregon, facts(history=texts[:2]), NOON.replace(hour=20)) == ["ALLOW"]
    # Regulation F counts telephone calls.
    debt = call(scope="debt_collection")
    seven = [PastEvent(NOON - timedelta(hours=n), "text", number=NC) for n in range(1, 8)]
    assert reasons(debt, facts(history=seven)) == ["ALLOW"]


class Broken:
    """A source of facts that answers nothing."""

    def _fail(self, *_):
        raise OSError("disk on fire")

    suppressions = history = consent = blocks = rnd = _fail


def test_facts_that_cannot_be_read_refuse_the_call_and_say_so():
    verdict = Gate(BOOK, Broken()).check(call(), NOON)
    assert not verdict.allowed and verdict.next_allowed is None
    assert [c.rule for c in verdict.checks if c.code is Code.DATA_UNREADABLE] == [
        "facts.suppressions", "facts.history", "facts.consent", "facts.blocks", "facts.rnd",
    ]  # fmt: skip
    assert "make its source readable" in verdict.checks[0].saw


def test_an_exception_inside_a_rule_refuses_the_call_and_never_escapes():
    naive = facts(history=[PastEvent(datetime(2026, 11, 23), "attempt")])  # noqa: DTZ001
    verdict = evaluate(BOOK, call(FL), naive, NOON)
    assert verdict.reasons == (Code.DATA_UNREADABLE,) and "TypeError" in verdict.checks[-1].saw
    undated = Consent("pewc", given_at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert reasons(call(consent=undated)) == ["DATA_UNREADABLE"]


def test_a_calendar_that_cannot_be_computed_refuses(tmp_path):
    (tmp_path / "own.toml").write_text(
        '[[calendar]]\nid = "OWN"\nbase = "holidays.QQ()"\n[[window]]\nid = "US-NC.own"\njurisdiction = "US-NC"\n'
        'scope = "telemarketing"\nmon_fri = ["08:00-21:00"]\nsat = []\nsun = []\nholiday = "banned"\n'
        'holiday_calendar = "OWN"\ncitation = "test"\nstatus = "policy"\n'
    )
    verdict = evaluate(load(tmp_path), call(), facts(), NOON)
    assert verdict.reasons == (Code.DATA_UNREADABLE,)
    assert "the library knows no country QQ" in next(c for c in verdict.checks if not c.passed).saw


def test_an_instant_without_a_zone_is_a_programming_error():
    gate = Gate(BOOK, MemoryFacts())
    for ask in (
        lambda at: gate.check(call(), at),
        lambda at: gate.hours(place_of(NC), "telemarketing", "predictive", at),
    ):
        with pytest.raises(ValueError, match="has no time zone"):
            ask(datetime(2026, 11, 23, 12, 0))  # noqa: DTZ001


def test_the_gate_asks_the_port_and_memory_answers():
    memory = MemoryFacts(standing=CLEAR)
    gate = Gate(BOOK, memory, Policy(caps=(CampaignCap(1, "days"),)))
    assert gate.check(call(), NOON).allowed
    memory.add(PastEvent(NOON - timedelta(hours=1), "attempt", number=NC))
    assert gate.check(call(), NOON).reasons == (Code.FREQ_CAMPAIGN,)
    assert gate.check(call(), NOON, Policy()).allowed
    memory.lists[NC] = [ListEvidence("internal", "internal", listed=True, version="7", detail="asked on 3 May")]
    verdict = gate.check(call(), NOON, Policy())
    assert verdict.reasons == (Code.DNC_INTERNAL,) and verdict.versions["internal"] == "7"
    memory.stops[FL] = [Block(Code.INCONVENIENT_TIME)]
    memory.consents[FL], memory.answers[FL] = Consent("revoked"), RndReply("yes")
    assert gate.check(call(FL), NOON).reasons == (
        Code.INCONVENIENT_TIME, Code.RND_YES, Code.CONSENT_REVOKED, Code.CONSENT_REQUIRED,
    )  # fmt: skip
