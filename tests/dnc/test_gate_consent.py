"""The gate and consent: revoked for every purpose; what some calls, places and trades ask for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from gate_world import BOOK, FL, LONDON, NC, NOON, OK, PEWC, call, facts, reasons

from dnc.gate import evaluate
from dnc.values import Code, Consent, Ebr, ListEvidence

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
