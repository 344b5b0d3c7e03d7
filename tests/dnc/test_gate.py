"""The gate: each rule refuses what its statute refuses, in order, with evidence; and fails closed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

import dnc.gate
from dnc.gate import CampaignCap, Facts, Gate, MemoryFacts, Policy, clear_lists, evaluate
from dnc.gate.rnd import newest_data
from dnc.places import place_of
from dnc.rules import load
from dnc.values import Block, Code, Consent, Ebr, ListEvidence, PastEvent, Place, ProposedCall, RndReply

BOOK = load()
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday, 12:00 in New York
NC, FL, OK, LONDON = "+19195550101", "+13055550106", "+14055550186", "+442079460101"
PEWC = Consent("pewc", given_at=datetime(2026, 1, 2, tzinfo=UTC))
CLEAR = clear_lists(BOOK)
#: Asked since the day of PEWC, answered on the day after the newest data came out.
RND_NO = RndReply("no", date(2026, 1, 2), date(2026, 11, 16))


def call(number=NC, *, scope="telemarketing", mode="predictive", consent=PEWC, **more):
    return ProposedCall(number, scope, mode, more.pop("place", None) or place_of(number), consent=consent, **more)


def facts(*extra, **more):
    """Every required list fresh and without the number, `extra` evidence in front."""
    named = {(e.kind, e.jurisdiction) for e in extra}
    return Facts((*extra, *(e for e in CLEAR if (e.kind, e.jurisdiction) not in named)), **more)


def reasons(proposed=None, known=None, at=NOON, policy=None):
    verdict = evaluate(BOOK, proposed or call(), known or facts(), at, policy)
    assert verdict.allowed == (verdict.reasons == (Code.ALLOW,))
    return [str(c) for c in verdict.reasons]


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


# --- windows ---------------------------------------------------------------------------------------------


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


# --- closures --------------------------------------------------------------------------------------------


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


# --- lists -----------------------------------------------------------------------------------------------


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


# --- consent ---------------------------------------------------------------------------------------------


SECTORS = [
    # number, sector, authorised, basis, days old, on a Monday at noon there: whether it is allowed
    (LONDON, "", "", "none", 0, True),
    (LONDON, "claims_management", "", "none", 0, False),
    (LONDON, "claims_management", "", "existing_client", 1, False),
    (LONDON, "claims_management", "", "express", 1, True),
    (LONDON, "pensions", "", "express", 1, False),
    (LONDON, "pensions", "FRN 123456", "none", 0, False),
    (LONDON, "pensions", "FRN 123456", "express", 1, True),
    (LONDON, "pensions", "FRN 123456", "existing_client", 1, True),
    ("+33199000101", "home_energy", "", "express", 1, False),
    ("+33199000101", "home_energy", "", "existing_contract", 1, True),
    ("+33199000101", "training_account", "", "pewc", 1, False),
    (NC, "medicare_plans", "", "none", 0, False),
    (NC, "medicare_plans", "", "express", 365, True),
    (NC, "medicare_plans", "", "express", 366, False),
    (NC, "claims_management", "", "none", 0, True),
    ("+61255500101", "financial_products", "", "express", 42, True),
    ("+61255500101", "financial_products", "", "express", 43, False),
]


@pytest.mark.parametrize(("number", "sector", "licence", "basis", "age", "allowed"), SECTORS)
def test_some_trades_need_more_than_their_purpose(number, sector, licence, basis, age, allowed):
    at = {"+61255500101": NOON.replace(hour=1), "+33199000101": NOON.replace(hour=10)}.get(number, NOON)
    consent = Consent(basis, given_at=at - timedelta(days=age)) if basis != "none" else Consent()
    proposed = call(number, consent=consent, sector=sector, authorisation=licence)
    assert reasons(proposed, at=at) == (["ALLOW"] if allowed else ["CONSENT_REQUIRED"])
    # A trade of its own is a matter of sales calls.
    debt = call(LONDON, scope="debt_collection", consent=Consent(), sector="pensions")
    assert reasons(debt) == ["ALLOW"]


def test_a_trade_under_a_law_not_yet_in_force_is_free():
    pension = call(LONDON, consent=Consent(), sector="pensions")
    assert reasons(pension, at=datetime(2019, 1, 8, 12, tzinfo=UTC)) == ["ALLOW"]
    assert reasons(pension, at=datetime(2019, 1, 9, 12, tzinfo=UTC)) == ["CONSENT_REQUIRED"]


@pytest.mark.parametrize("number", [LONDON, "+14165550179", "+390655550101", "+27115550101"])
def test_a_recorded_voice_needs_consent_in_gb_ca_it_and_za(number):
    silent = Consent()
    at = NOON.replace(hour=10) if not number.startswith("+1") else NOON
    assert reasons(call(number, mode="prerecorded", consent=silent), at=at) == ["CONSENT_REQUIRED"]
    assert reasons(call(number, mode="prerecorded"), at=at) == ["ALLOW"]
    assert reasons(call(number, consent=silent), at=at) == ["ALLOW"]


def test_a_fixed_line_that_an_outdated_list_cannot_clear_counts_as_mobile():
    recorded = call(scope="debt_collection", mode="prerecorded", consent=Consent(), line_type="fixed")
    assert reasons(recorded) == ["ALLOW"]
    for evidence in (
        ListEvidence("wireless", "US.wireless", listed=True),
        ListEvidence("wireless", "US.wireless", status="stale"),
        ListEvidence("wireless", "US.wireless", status="missing"),
    ):
        assert reasons(recorded, facts(evidence)) == ["CONSENT_REQUIRED"]
    assert reasons(recorded, facts(ListEvidence("wireless", "US.wireless"))) == ["ALLOW"]


def test_revoked_is_revoked_for_every_purpose():
    for consent in (
        Consent("revoked"),
        replace(PEWC, revoked_at=NOON - timedelta(days=1)),
        replace(PEWC, revoked_at=NOON + timedelta(days=1)),
        Consent(revoked_at=NOON),
    ):
        for scope in ("telemarketing", "debt_collection"):
            verdict = evaluate(BOOK, call(scope=scope, consent=consent), facts(), NOON)
            assert verdict.reasons == (Code.CONSENT_REVOKED,) and verdict.next_allowed is None


def test_consent_given_anew_after_a_revocation_stands():
    assert reasons(call(consent=replace(PEWC, revoked_at=datetime(2025, 1, 1, tzinfo=UTC)))) == ["ALLOW"]


def test_the_port_knows_of_a_revocation_the_list_does_not_and_the_other_way_round():
    assert reasons(known=facts(consent=Consent("revoked"))) == ["CONSENT_REVOKED"]
    assert reasons(call(consent=Consent("revoked")), facts(consent=PEWC)) == ["CONSENT_REVOKED"]


@pytest.mark.parametrize(
    ("consent", "codes"),
    [
        (Consent(), ["CONSENT_REQUIRED"]),
        (Consent("express", PEWC.given_at), ["CONSENT_REQUIRED"]),
        (Consent("pewc"), ["CONSENT_REQUIRED"]),  # no date: nobody can show when it was given
        (Consent("pewc", NOON + timedelta(days=1)), ["CONSENT_REQUIRED"]),
        (PEWC, ["ALLOW"]),
    ],
)
def test_47_cfr_64_1200_a_2_prerecorded_marketing_needs_prior_express_written_consent(consent, codes):
    assert reasons(call(mode="prerecorded", consent=consent)) == codes


@pytest.mark.parametrize("number", [OK, "+14105550187", "+12035550117", FL])
def test_ok_md_ct_fl_dialers_need_pewc_and_a_number_chosen_by_hand_does_not(number):
    assert reasons(call(number, consent=Consent())) == ["CONSENT_REQUIRED"]
    assert reasons(call(number, consent=Consent(), mode="manual")) == ["ALLOW"]
    assert reasons(call(number, consent=Consent(), mode="preview")) == (
        ["ALLOW"] if number == FL else ["CONSENT_REQUIRED"]
    )
    assert reasons(call(number, consent=Consent(), scope="debt_collection")) == ["ALLOW"]


def test_prerecorded_voices_to_a_mobile_need_express_consent_whatever_the_purpose():
    reminder = call(scope="informational", mode="prerecorded", consent=Consent())
    assert reasons(reminder) == ["CONSENT_REQUIRED"]  # an unknown line counts as mobile
    assert reasons(replace(reminder, line_type="fixed")) == ["ALLOW"]
    wireless = ListEvidence("wireless", "US.wireless", listed=True)
    assert reasons(replace(reminder, line_type="fixed"), facts(wireless)) == ["CONSENT_REQUIRED"]


def test_nj_56_8_130_unsolicited_sales_calls_to_mobiles():
    jersey = call("+12015550182", consent=Consent(), mode="manual")
    assert reasons(jersey) == ["CONSENT_REQUIRED"]
    assert reasons(replace(jersey, line_type="fixed")) == ["ALLOW"]
    assert reasons(replace(jersey, ebr=Ebr(last_inquiry=date(2026, 11, 1)))) == ["ALLOW"]


def test_france_is_opt_in_since_2026_08_11():
    paris = call("+33199000101", consent=Consent())
    assert reasons(paris, at=datetime(2026, 8, 10, 9, 0, tzinfo=UTC)) == ["ALLOW"]
    assert reasons(paris, at=datetime(2026, 8, 11, 9, 0, tzinfo=UTC)) == ["CONSENT_REQUIRED"]
    client = Consent("existing_contract", datetime(2026, 1, 1, tzinfo=UTC))
    assert reasons(replace(paris, consent=client), at=datetime(2026, 8, 11, 9, 0, tzinfo=UTC)) == ["ALLOW"]


# --- caps ------------------------------------------------------------------------------------------------


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


# --- failing closed --------------------------------------------------------------------------------------


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
