"""The gate and the lists: own, national, state, and the Reassigned Numbers Database."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from gate_world import BOOK, CLEAR, FL, NOON, PEWC, RND_NO, call, facts, reasons

from dnc.gate import Facts, Policy, evaluate
from dnc.gate.rnd import newest_data
from dnc.values import Code, Consent, Ebr, ListEvidence, RndReply


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("internal", "DNC_INTERNAL"),
        ("client", "DNC_INTERNAL"),
        ("campaign", "DNC_CAMPAIGN"),
        ("areacode", "DNC_AREACODE"),
        ("litigator", "LITIGATOR"),
    ],
)
@pytest.mark.parametrize("scope", ["telemarketing", "debt_collection", "charity"])
def test_own_lists_bind_every_purpose(kind, code, scope):
    assert reasons(call(scope=scope), facts(ListEvidence(kind, kind, listed=True))) == [code]


def test_a_call_without_a_word_of_the_internal_list_is_refused():
    without = Facts([e for e in CLEAR if e.kind != "internal"])
    assert reasons(call(scope="debt_collection"), without) == ["DNC_MISSING"]
    stale = ListEvidence("internal", "internal", status="unreadable")
    assert reasons(known=facts(stale)) == ["DATA_UNREADABLE", "DNC_MISSING"]


@pytest.mark.parametrize(("age", "codes"), [(0, ["ALLOW"]), (31, ["ALLOW"]), (32, ["DNC_STALE"]), (None, ["ALLOW"])])
def test_16_cfr_310_4_b_3_iv_the_national_list_is_31_days_old_at_most(age, codes):
    evidence = ListEvidence("national", "US.ndnc", age_days=age, max_age_days=60, jurisdiction="US")
    assert reasons(known=facts(evidence)) == codes


@pytest.mark.parametrize(
    ("status", "codes"),
    [("missing", ["DNC_MISSING"]), ("stale", ["DNC_STALE"]), ("unreadable", ["DATA_UNREADABLE"])],
)
def test_a_national_list_that_cannot_be_used_refuses_telemarketing_only(status, codes):
    evidence = ListEvidence("national", "US.ndnc", status=status, jurisdiction="US")
    assert reasons(known=facts(evidence)) == codes
    assert reasons(call(scope="debt_collection"), facts(evidence)) == ["ALLOW"]


def test_national_and_state_lists_that_nobody_consulted_are_missing():
    assert reasons(call(FL), Facts([ListEvidence("internal", "internal")])) == ["DNC_MISSING"]
    national = [e for e in CLEAR if e.kind != "state"]
    verdict = evaluate(BOOK, call(FL), Facts(national), NOON)
    assert [c.rule for c in verdict.checks if not c.passed] == ["US-FL.list"]


def test_listed_refuses_and_an_ebr_lifts_the_national_list_but_never_the_internal_one():
    listed = ListEvidence("national", "US.ndnc", listed=True, age_days=3, jurisdiction="US")
    customer = call(ebr=Ebr(last_transaction=date(2026, 1, 5)))
    assert reasons(known=facts(listed)) == ["DNC_NATIONAL"]
    assert reasons(customer, facts(listed)) == ["ALLOW"]
    assert reasons(customer, facts(listed, ListEvidence("internal", "internal", listed=True))) == ["DNC_INTERNAL"]


@pytest.mark.parametrize(
    ("ebr", "codes"),
    [
        (Ebr(last_transaction=date(2025, 5, 23)), ["ALLOW"]),
        (Ebr(last_transaction=date(2025, 5, 22)), ["DNC_NATIONAL"]),
        (Ebr(last_inquiry=date(2026, 8, 23)), ["ALLOW"]),
        (Ebr(last_inquiry=date(2026, 8, 22)), ["DNC_NATIONAL"]),
        (Ebr(last_transaction=date(2026, 11, 24)), ["DNC_NATIONAL"]),
    ],
)
def test_16_cfr_310_2_q_18_months_after_a_purchase_3_after_an_inquiry(ebr, codes):
    listed = ListEvidence("national", "US.ndnc", listed=True, age_days=3, jurisdiction="US")
    assert reasons(call(ebr=ebr), facts(listed)) == codes


def test_a_relationship_that_ends_before_the_next_lawful_instant_leaves_none():
    listed = ListEvidence("national", "US.ndnc", listed=True, age_days=3, jurisdiction="US")
    night = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # Monday 22:00
    last_day = call(ebr=Ebr(last_transaction=date(2025, 5, 23)))
    verdict = evaluate(BOOK, last_day, facts(listed), night)
    assert verdict.reasons == (Code.HOURS_FEDERAL,) and verdict.next_allowed is None


def test_written_permission_lifts_the_national_list_and_pewc_does_not():
    listed = ListEvidence("national", "US.ndnc", listed=True, age_days=3, jurisdiction="US")
    assert reasons(known=facts(listed)) == ["DNC_NATIONAL"]
    permitted = replace(PEWC, waives=("written_permission",))
    assert reasons(call(consent=permitted), facts(listed)) == ["ALLOW"]


def test_a_listing_that_no_rule_asks_for_is_honoured_in_telemarketing():
    evidence = ListEvidence("national", "ZA.optout", listed=True, jurisdiction="ZA")
    johannesburg = call("+27115550101")
    assert reasons(johannesburg, facts(evidence), NOON.replace(hour=10)) == ["DNC_NATIONAL"]


def test_a_list_the_house_keeps_for_itself_is_kept_up_to_date_or_nobody_is_called():
    own = ListEvidence("state", "US-NC.state", jurisdiction="US-NC", age_days=31, max_age_days=31)
    assert reasons(known=facts(own)) == ["ALLOW"]
    assert reasons(known=facts(replace(own, age_days=32))) == ["DNC_STALE"]
    assert reasons(known=facts(replace(own, status="stale"))) == ["DNC_STALE"]
    assert reasons(known=facts(replace(own, status="missing"))) == ["DNC_MISSING"]
    assert reasons(known=facts(replace(own, status="unreadable"))) == ["DATA_UNREADABLE"]
    assert reasons(call(scope="debt_collection"), facts(replace(own, status="stale"))) == ["ALLOW"]
    # Bloctel ended on 10 August 2026: an old copy of it keeps nobody from anything, a listing still does.
    bloctel = ListEvidence("national", "FR.bloctel", jurisdiction="FR", status="stale")
    paris = call("+33199000101", consent=replace(PEWC, basis="existing_contract"))
    assert reasons(paris, facts(bloctel), NOON.replace(hour=10)) == ["ALLOW"]
    assert reasons(paris, facts(replace(bloctel, listed=True)), NOON.replace(hour=10)) == ["DNC_NATIONAL"]


@pytest.mark.parametrize(
    ("reply", "codes"),
    [
        (RndReply("yes"), ["RND_YES"]),
        (RND_NO, ["ALLOW"]),
        (RndReply("no_data"), ["RND_NO_DATA"]),
        (RndReply("missing"), ["RND_NO_DATA"]),
        (None, ["ALLOW"]),
    ],
)
def test_47_cfr_64_1200_m_reassigned_numbers(reply, codes):
    assert reasons(known=facts(rnd=reply)) == codes


def test_maine_requires_an_answer_and_so_may_a_campaign():
    assert reasons(call("+12075550125")) == ["RND_NO_DATA"]
    assert reasons(policy=Policy(require_rnd=True)) == ["RND_NO_DATA"]
    for maine in (call("+12075550125"), call("+12075550125", mode="manual", consent=Consent())):
        assert reasons(maine, facts(rnd=RND_NO)) == ["ALLOW"]


@pytest.mark.parametrize(
    ("reply", "codes", "says"),
    [
        (RndReply("no", date(2026, 1, 2), date(2026, 11, 15)), ["ALLOW"], "asked since 2026-01-02"),
        (RndReply("no", date(2025, 6, 1), date(2026, 11, 15)), ["ALLOW"], "asked since 2025-06-01"),
        # Asked for a day after the consent: it may have been disconnected between the two.
        (RndReply("no", date(2026, 1, 3), date(2026, 11, 16)), ["RND_NO_DATA"], "after the consent of 2026-01-02"),
        # The database is renewed on the 15th: an answer of the 14th rests on older data.
        (RndReply("no", date(2026, 1, 2), date(2026, 11, 14)), ["RND_NO_DATA"], "newer data came out on 2026-11-15"),
        (RndReply("no", None, date(2026, 11, 16)), ["RND_NO_DATA"], "not known"),
        (RndReply("no", date(2026, 1, 2), None), ["RND_NO_DATA"], "not known"),
    ],
)
def test_47_cfr_64_1200_m_a_no_counts_for_the_date_it_was_asked_and_from_the_newest_data(reply, codes, says):
    verdict = evaluate(BOOK, call("+12075550125"), facts(rnd=reply), NOON)
    assert [str(code) for code in verdict.reasons] == codes
    assert says in next(check.saw for check in verdict.checks if check.rule == "US.rnd")
    # Where no answer is required, one that does not count is as none.
    assert reasons(known=facts(rnd=reply)) == ["ALLOW"]


@pytest.mark.parametrize(
    ("today", "newest"),
    [
        (date(2026, 11, 15), date(2026, 10, 15)),
        (date(2026, 11, 16), date(2026, 11, 15)),
        (date(2026, 1, 1), date(2025, 12, 15)),
        (date(2028, 2, 29), date(2028, 2, 15)),
        (date(2026, 12, 31), date(2026, 12, 15)),
    ],
)
def test_the_newest_data_are_those_of_the_last_fifteenth_that_is_over(today, newest):
    assert newest_data(15, today) == newest
