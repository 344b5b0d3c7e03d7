"""Every shipped compliance vector through the real gate; and the pure rate and call rules."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnc.rules import load
from dnc.rules.abandonment import abandonment_rate, classify_call, measured_periods
from dnc.vectors import VectorError, run_vector, run_vectors
from dnc.vectors.__main__ import main

DATA = Path(__file__).parents[1] / "data"
VECTORS, OWN = DATA / "compliance" / "vectors.jsonl", DATA / "own_vectors.jsonl"
BOOK = load()
TSR = BOOK.abandonment("US.tsr")


@pytest.mark.parametrize("result", run_vectors(VECTORS, BOOK) + run_vectors(OWN, BOOK), ids=lambda r: r.id)
def test_vector(result):
    assert result.passed, result
    assert not result.also_missing, result


def test_the_command_prints_what_failed(tmp_path, capsys):
    assert main([str(VECTORS)]) == 0
    assert capsys.readouterr().out == "201 of 201 vectors passed\n"
    wrong = VECTORS.read_text(encoding="utf-8").splitlines()[0].replace('"deny"', '"allow"')
    (tmp_path / "v.jsonl").write_text(wrong + "\n\n", encoding="utf-8")
    assert main([str(tmp_path / "v.jsonl")]) == 1
    assert capsys.readouterr().out.startswith("FED-001: expected allow HOURS_FEDERAL, got deny HOURS_FEDERAL\n")
    assert main([]) == 2


def test_a_line_that_is_no_vector_is_named(tmp_path):
    (tmp_path / "v.jsonl").write_text('{"type": "decision"}\n', encoding="utf-8")
    with pytest.raises(VectorError, match=r"v\.jsonl, line 1: a vector of type decision: needs 'expected'"):
        run_vectors(tmp_path / "v.jsonl")
    with pytest.raises(VectorError, match="type 'riddle' is unknown"):
        run_vector({"type": "riddle"}, BOOK)


@pytest.mark.parametrize(
    ("live", "abandoned", "breach"), [(1000, 30, False), (1000, 31, True), (33, 1, True), (34, 1, False)]
)
def test_16_cfr_310_4_b_4_i_three_percent_exactly_complies(live, abandoned, breach):
    assert abandonment_rate(TSR, live_answered=live, abandoned=abandoned).breached is breach


def test_without_a_live_answer_the_rate_is_undefined():
    found = abandonment_rate(TSR, live_answered=0, abandoned=0)
    assert found.rate is None and not found.breached


def test_a_false_positive_of_the_machine_detector_is_in_both():
    found = abandonment_rate(TSR, live_answered=990, abandoned=25, false_positives=10)
    assert (found.numerator, found.denominator, found.breached) == (35, 1000, True)


def test_ofcom_annex_3_with_and_without_a_machine_detector():
    ofcom = BOOK.abandonment("GB.ofcom")
    with_detector = abandonment_rate(ofcom, abandoned=30, connected=940, false_positives=9)
    assert with_detector.rate == pytest.approx(39 / 979) and with_detector.breached
    without = abandonment_rate(ofcom, abandoned=30, connected=970, reached_machines=6)
    assert without.rate == pytest.approx(24 / 994)


def test_crtc_five_percent_and_trai_silent_calls_and_policy():
    assert not abandonment_rate(BOOK.abandonment("CA.crtc"), live_answered=100, abandoned=5).breached
    assert abandonment_rate(BOOK.abandonment("CA.crtc"), live_answered=1000, abandoned=51).breached
    assert abandonment_rate(BOOK.abandonment("IN.trai"), live_answered=1000, abandoned=20, silent=11).breached
    policy = abandonment_rate(BOOK.abandonment("POLICY"), live_answered=1000, abandoned=15)
    assert policy.soft_reached and not policy.breached


@pytest.mark.parametrize("counts", [{"live_answered": 3, "abandoned": 4}, {"live_answered": 3, "abandoned": -1}])
def test_impossible_counts_are_mistakes(counts):
    with pytest.raises(ValueError):
        abandonment_rate(TSR, **counts)


@settings(deadline=None)
@given(st.integers(1, 5000), st.data())
def test_the_rate_is_a_over_l(live, data):
    abandoned = data.draw(st.integers(0, live))
    found = abandonment_rate(TSR, live_answered=live, abandoned=abandoned)
    assert found.rate == pytest.approx(abandoned / live) and found.breached == (abandoned * 100 > 3 * live)


def test_periods_are_thirty_days_and_the_rest():
    first, last = date(2026, 11, 1), date(2026, 12, 15)
    assert measured_periods("thirty_days", first, last) == [
        (date(2026, 11, 1), date(2026, 11, 30)), (date(2026, 12, 1), date(2026, 12, 15)),
    ]  # fmt: skip
    assert measured_periods("thirty_days", first, date(2026, 11, 20)) == [(first, date(2026, 11, 20))]
    assert measured_periods("calendar_month", date(2026, 12, 10), date(2027, 1, 5)) == [
        (date(2026, 12, 10), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 1, 5)),
    ]  # fmt: skip
    assert len(measured_periods("day", first, last)) == 45


@pytest.mark.parametrize(
    ("call", "outcome", "reason"),
    [
        ({"answered": True, "connect_delay_s": 2.0}, "connected", "OK"),
        ({"answered": True, "connect_delay_s": 2.01}, "abandoned", "LATE_AGENT"),
        ({"answered": True}, "abandoned", "NO_AGENT"),
        ({"answered": True, "machine": True}, "machine", "NOT_A_PERSON"),
        ({"answered": False, "ring_s": 14.9, "rings": 3}, "violation", "RING_TOO_SHORT"),
        ({"answered": False, "ring_s": 15.0, "rings": 3}, "ok", "OK"),
        ({"answered": False, "ring_s": 14.0, "rings": 4}, "ok", "OK"),
    ],
)
def test_two_seconds_and_fifteen_seconds_or_four_rings(call, outcome, reason):
    found = classify_call(TSR, **call)
    assert (found.outcome, found.reason) == (outcome, reason)
    assert found.live == (call["answered"] and outcome != "machine") and found.abandoned == (outcome == "abandoned")
