"""The gate and the past: frequency caps, cool-offs, what counts towards them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from gate_world import BOOK, FL, LONDON, NOON, call, facts, reasons

from dnc.gate import CampaignCap, Policy, evaluate
from dnc.values import Code, PastEvent


def events(*ats, kind="attempt", **more):
    return [PastEvent(at, kind, **more) for at in ats]


def hours_ago(*hours):
    return [NOON - timedelta(hours=h) for h in hours]


def days_ago(*days):
    return [NOON - timedelta(days=d) for d in days]


def test_fl_501_616_6_b_three_calls_in_24_hours_and_exactly_24_hours_still_counts():
    three = facts(history=events(*hours_ago(24, 5, 1)))
    assert reasons(call(FL), three) == ["FREQ_24H"]
    verdict = evaluate(BOOK, call(FL), three, NOON)
    assert verdict.next_allowed == NOON + timedelta(minutes=1)
    assert reasons(call(FL), three, NOON + timedelta(seconds=1)) == ["ALLOW"]
    assert reasons(call(FL), facts(history=events(*hours_ago(5, 1)))) == ["ALLOW"]


def test_an_event_of_the_future_counts():
    assert reasons(call(FL), facts(history=events(*hours_ago(-1, 1, 2)))) == ["FREQ_24H"]


def test_unknown_subjects_persons_and_debts_count():
    history = events(*hours_ago(3, 2, 1), subject="")
    assert reasons(call(FL, subject="S1"), facts(history=history)) == ["FREQ_24H"]
    other = [replace(e, subject="S2") for e in history]
    assert reasons(call(FL, subject="S1"), facts(history=other)) == ["ALLOW"]


def test_another_number_of_the_same_person_counts():
    history = events(*hours_ago(3, 2, 1), number="+13055550199", person="P")
    assert reasons(call(FL, person="P"), facts(history=history)) == ["FREQ_24H"]
    assert reasons(call(FL, person="Q"), facts(history=history)) == ["ALLOW"]
    assert reasons(call(FL, person="Q"), facts(history=[replace(e, number=FL) for e in history])) == ["FREQ_24H"]


def test_reg_f_1006_14_b_2_seven_attempts_in_seven_days_per_debt():
    seven = events(*days_ago(6, 5, 4, 3, 2, 1, 0.01), debt="D1")
    debt = call(scope="debt_collection", debt="D1")
    assert reasons(debt, facts(history=seven)) == ["FREQ_7D"]
    assert reasons(debt, facts(history=seven[1:])) == ["ALLOW"]
    assert reasons(replace(debt, debt="D2"), facts(history=seven)) == ["ALLOW"]
    busy = [replace(seven[0], counts=False), *seven[1:]]
    assert reasons(debt, facts(history=busy)) == ["ALLOW"]
    verdict = evaluate(BOOK, debt, facts(history=seven), NOON)
    assert verdict.next_allowed == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # D-6 falls out at midnight, 08:00


def test_reg_f_a_conversation_is_day_one_of_seven():
    talk = facts(history=events(datetime(2026, 11, 16, 20, 0, tzinfo=UTC), kind="conversation"))
    debt = call(scope="debt_collection")
    sunday = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    verdict = evaluate(BOOK, debt, talk, sunday)
    assert verdict.reasons == (Code.FREQ_AFTER_CONVERSATION,)
    assert verdict.next_allowed == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday -> next Monday


def test_fr_d_223_9_sixty_full_days_after_a_refusal():
    no = facts(history=events(datetime(2026, 11, 23, 10, 0, tzinfo=UTC), kind="refusal"))
    paris = call("+33199000102")
    verdict = evaluate(BOOK, paris, no, datetime(2026, 12, 1, 10, 0, tzinfo=UTC))
    assert verdict.reasons == (Code.COOLOFF_REFUSAL,)
    assert verdict.next_allowed == datetime(2027, 1, 25, 9, 0, tzinfo=UTC)  # 23 and 24 January are a weekend


def test_wa_19_16_250_one_call_a_week_at_work_and_three_in_all():
    one = facts(history=events(*days_ago(2), number_kind="work"))
    at_work = call("+12065550167", scope="debt_collection", number_kind="work")
    assert reasons(at_work, one, NOON.replace(hour=20)) == ["FREQ_7D"]
    assert reasons(replace(at_work, number_kind="home"), one, NOON.replace(hour=20)) == ["ALLOW"]
    assert reasons(at_work, facts(history=events(*days_ago(2), number_kind="home")), NOON.replace(hour=20)) == ["ALLOW"]


@pytest.mark.parametrize(("kind", "hours", "code"), [("abandoned", 72, "ABANDON_72H"), ("amd_machine", 24, "AMD_24H")])
def test_ofcom_2016_after_an_abandoned_call_unless_an_agent_is_guaranteed(kind, hours, code):
    at = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    known = facts(history=events(at - timedelta(hours=hours), kind=kind))
    london = call(LONDON)
    assert reasons(london, known, at) == [code]
    assert reasons(london, known, at + timedelta(seconds=1)) == ["ALLOW"]
    for sure in (replace(london, agent_guaranteed=True), replace(london, mode="preview")):
        assert reasons(sure, known, at) == ["ALLOW"]
    assert code in reasons(replace(london, mode="prerecorded", agent_guaranteed=True), known, at)


def test_campaign_caps_per_day_per_hours_and_for_life():
    today = facts(history=events(*hours_ago(2, 1), campaign="C1"))
    own = call(campaign="C1")
    assert reasons(own, today, policy=Policy(caps=(CampaignCap(2, "days"),))) == ["FREQ_CAMPAIGN"]
    assert reasons(own, today, policy=Policy(caps=(CampaignCap(3, "days"),))) == ["ALLOW"]
    assert reasons(call(campaign="C2"), today, policy=Policy(caps=(CampaignCap(2, "days"),))) == ["ALLOW"]
    life = evaluate(BOOK, own, today, NOON, Policy(caps=(CampaignCap(2, "lifetime"),)))
    assert life.reasons == (Code.FREQ_CAMPAIGN,) and life.next_allowed is None
    gap = evaluate(BOOK, own, today, NOON, Policy(caps=(CampaignCap(1, "minutes", 90),)))
    assert gap.next_allowed == NOON + timedelta(minutes=31)


@pytest.mark.parametrize("cap", [{"limit": 0, "unit": "days"}, {"limit": 1, "unit": "hours", "n": 0}])
def test_a_campaign_cap_of_nothing_is_a_mistake(cap):
    with pytest.raises(ValueError, match="1 or more"):
        CampaignCap(**cap)
