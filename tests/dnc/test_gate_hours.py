"""The gate and the clock: windows, closed days, zones that disagree, inconvenient times, emergencies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from gate_world import BOOK, NOON, PEWC, RND_NO, call, facts, reasons

from dnc.gate import Gate, MemoryFacts, Policy, evaluate
from dnc.rules import load
from dnc.values import Block, Code, Consent, Place


@pytest.mark.parametrize(
    ("utc", "codes"),
    [
        ("2026-11-23T12:59:59Z", ["HOURS_FEDERAL"]),
        ("2026-11-23T13:00:00Z", ["ALLOW"]),
        ("2026-11-24T01:59:59Z", ["ALLOW"]),
        ("2026-11-24T02:00:00Z", ["HOURS_FEDERAL"]),
    ],
)
def test_16_cfr_310_4_c_before_8_am_or_after_9_pm(utc, codes):
    assert reasons(at=datetime.fromisoformat(utc)) == codes


def test_guard_seconds_stop_before_closing():
    closing = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    guarded = Policy(guard_seconds=60)
    assert reasons(at=closing - timedelta(seconds=61), policy=guarded) == ["ALLOW"]
    assert reasons(at=closing - timedelta(seconds=60), policy=guarded) == ["HOURS_FEDERAL"]


def test_a_closed_day_has_its_own_code():
    sunday = datetime(2026, 11, 29, 19, 0, tzinfo=UTC)
    assert reasons(call("+18015550122"), at=sunday) == ["DAY_SUNDAY"]
    saturday = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)
    assert reasons(call("+16055550123"), at=saturday) == ["DAY_SATURDAY"]
    assert reasons(call("+16055550123", mode="manual"), at=saturday) == ["ALLOW"]


def test_a_holiday_on_a_sunday_is_both():
    christmas = datetime(2022, 12, 25, 19, 0, tzinfo=UTC)
    earlier = Consent("pewc", given_at=datetime(2022, 1, 1, tzinfo=UTC))
    assert reasons(call("+18015550122", consent=earlier), at=christmas) == ["HOLIDAY", "DAY_SUNDAY"]


def test_zones_that_disagree_are_ambiguous_and_every_zone_must_be_open():
    early = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)  # 08:30 Eastern, 07:30 Central
    assert reasons(call("+18505550146"), at=early) == ["HOURS_FEDERAL", "HOURS_STATE", "TZ_AMBIGUOUS"]
    assert reasons(call("+18505550146"), at=early + timedelta(minutes=30)) == ["ALLOW"]


def test_both_zones_closed_is_not_ambiguous():
    assert "TZ_AMBIGUOUS" not in reasons(call("+18505550146"), at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC))


def test_ut_13_25a_103_prior_express_consent_lifts_the_closed_sunday_and_pewc_alone_does_not():
    sunday, given = datetime(2026, 11, 29, 19, 0, tzinfo=UTC), PEWC.given_at
    assert reasons(call("+18015550122"), at=sunday) == ["DAY_SUNDAY"]
    for consent in (Consent("express", given), Consent("pewc", given, waives=("prior_express_consent",))):
        assert reasons(call("+18015550122", consent=consent), at=sunday) == ["ALLOW"]
    late = datetime(2026, 11, 30, 4, 30, tzinfo=UTC)  # 21:30: the federal hours stay
    assert reasons(call("+18015550122", consent=Consent("express", given)), at=late) == ["HOURS_FEDERAL"]


def test_ne_291_11_3_prerecorded_calls_open_at_13_on_holidays():
    thanksgiving = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)  # 12:30 Central, 11:30 Mountain
    lincoln = call("+14025550101", mode="prerecorded")
    assert reasons(lincoln, at=thanksgiving) == ["HOURS_STATE"]
    assert reasons(lincoln, at=thanksgiving + timedelta(hours=1)) == ["ALLOW"]
    assert reasons(replace(lincoln, mode="predictive"), at=thanksgiving) == ["ALLOW"]


def test_pa_sb_992_begins_on_its_date_by_the_called_partys_calendar():
    pa = call("+12155550129")
    assert reasons(pa, at=datetime(2026, 10, 11, 17, 0, tzinfo=UTC)) == ["ALLOW"]
    assert reasons(pa, at=datetime(2026, 10, 18, 17, 0, tzinfo=UTC)) == ["DAY_SUNDAY"]


def test_an_unknown_state_is_held_to_every_state():
    unknown = call(place=Place(("US",), ("America/New_York",)), mode="manual")
    assert reasons(unknown, facts(rnd=RND_NO), at=NOON.replace(hour=14)) == [
        "HOURS_STATE"
    ]  # 09:00, Kentucky opens at 10
    assert reasons(unknown, facts(rnd=RND_NO), at=NOON.replace(hour=15)) == ["ALLOW"]
    assert reasons(unknown, facts(rnd=RND_NO), at=NOON.replace(hour=23)) == ["HOURS_STATE"]  # 18:00, Rhode Island


def test_an_inconvenient_time_of_12_cfr_1006_6_b_blocks_only_its_hours():
    block = Block(Code.INCONVENIENT_TIME, "never before noon", hours=("00:00-12:00",))
    debt = call(scope="debt_collection")
    morning = NOON - timedelta(hours=2)
    verdict = evaluate(BOOK, debt, facts(blocks=[block]), morning)
    assert verdict.reasons == (Code.INCONVENIENT_TIME,) and verdict.next_allowed == NOON
    assert reasons(debt, facts(blocks=[block]), NOON) == ["ALLOW"]


def test_an_inconvenient_day_and_an_overnight_range():
    monday = Block(Code.INCONVENIENT_TIME, hours=("00:00-24:00",), days=(1,))
    verdict = evaluate(BOOK, call(), facts(blocks=[monday]), NOON)
    assert verdict.reasons == (Code.INCONVENIENT_TIME,)
    assert verdict.next_allowed == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    night = Block(Code.INCONVENIENT_TIME, hours=("19:00-10:00",))
    assert reasons(known=facts(blocks=[night]), at=NOON.replace(hour=14)) == ["INCONVENIENT_TIME"]
    assert reasons(known=facts(blocks=[night])) == ["ALLOW"]


def test_a_block_that_cannot_be_read_refuses():
    bad = Block(Code.INCONVENIENT_TIME, hours=("mornings",))
    assert reasons(known=facts(blocks=[bad])) == ["DATA_UNREADABLE"]


def test_an_emergency_flag_closes_until_it_is_lifted():
    flag = Block(Code.EMERGENCY_SUSPENSION, "LPSC reports to the EOC")
    verdict = evaluate(BOOK, call(), facts(blocks=[flag]), NOON)
    assert verdict.reasons == (Code.EMERGENCY_SUSPENSION,) and verdict.next_allowed is None
    dated = replace(flag, until=NOON + timedelta(hours=2, seconds=30))
    verdict = evaluate(BOOK, call(), facts(blocks=[dated]), NOON)
    assert verdict.next_allowed == NOON + timedelta(hours=2, minutes=1)


def test_la_emergency_suspension_from_an_overlay(tmp_path):
    (tmp_path / "now.toml").write_text(
        '[[suspension]]\njurisdiction = "US-LA"\nfrom = 2026-11-22\nuntil = "2026-11-24T12:00:00-06:00"\n'
        'reason = "LPSC in the EOC"\n'
    )
    book = load(tmp_path)
    orleans = call("+15045550110", scope="debt_collection")
    verdict = evaluate(book, orleans, facts(), NOON)
    assert verdict.reasons == (Code.EMERGENCY_SUSPENSION,)
    assert verdict.next_allowed == datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
    assert evaluate(book, orleans, facts(), verdict.next_allowed).allowed
    assert evaluate(book, call(), facts(), NOON).allowed  # North Carolina is not Louisiana
    opening = Gate(book, MemoryFacts()).hours(orleans.place, "debt_collection", "predictive", NOON)
    assert not opening.open and opening.until == verdict.next_allowed
