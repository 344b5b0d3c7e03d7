"""Each figure on a day worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_days import attempt, changes, day, disposition, dropped, served, unanswered

from dialer.engine.states import CallResult
from dialer.reports.build import build_report
from dialer.reports.example import empty_records
from dialer.reports.kpis import KPIS
from dialer.reports.records import DayRecords
from dialer.reports.tally import Promises


def figures(records: DayRecords) -> dict[str, float | None]:
    return {kpi.key: kpi.value for kpi in build_report(records).kpis}


def test_calls_are_counted_by_what_became_of_them() -> None:
    found = figures(
        day(
            [
                served(1),
                served(2, wait=2.0),
                served(3, wait=2.001),
                dropped(4),
                attempt(5, "hung_up_first", answered=10.0, ended=11.5),
                attempt(6, "machine", answered=10.0, ended=13.0, machine=True),
                attempt(7, "fax", ended=13.0),
                unanswered(8),
                unanswered(9, result="busy", ended=3.0),
                unanswered(10, result=None),
            ]
        )
    )
    assert found["dials"] == 10
    assert found["answered"] == 7
    assert found["machines"] == 2
    assert found["live"] == 5
    assert found["bridged_in_time"] == 2  # 0.5 s, and exactly 2 s
    assert found["abandoned"] == 2  # 2.001 s, and nobody at all
    assert found["bridged_late"] == 1
    assert found["hung_up_first"] == 1
    assert found["conversations"] == 3
    assert found["open_calls"] == 1
    assert found["answer_rate"] == 0.7
    assert found["live_answer_rate"] == 0.5
    assert found["abandonment_rate"] == 0.5


def test_a_greeting_moves_the_start_of_the_two_seconds() -> None:
    calls = [served(1, wait=3.4), served(2, wait=3.6)]
    assert figures(day(calls, greeting=1.5))["bridged_in_time"] == 1
    assert figures(day(calls))["bridged_in_time"] == 0


@pytest.mark.parametrize(
    "row",
    [
        attempt(1, "failed", answered=10.0, ended=10.5),  # the dialer lost an answered call
        attempt(1, None, answered=10.0),  # answered, and nobody knows what then
        attempt(1, "human", answered=10.0, ended=11.0),  # said to be served, but no agent is on record
        attempt(1, "abandoned"),  # without any instant
        attempt(1, "human", answered=10.0, bridged=9.0, ended=30.0),  # an agent before the answer
        attempt(1, "hung_up_first", answered=10.0, ended=15.0),  # left after the time was over
        attempt(1, "hung_up_first", answered=10.0),  # nobody knows when
        attempt(1, "hung_up_first", answered=10.0, bridged=13.0, ended=14.0),  # an agent came, late
    ],
)
def test_what_is_not_known_counts_as_abandoned(row: dict[str, object]) -> None:
    found = figures(day([row]))
    assert (found["live"], found["abandoned"], found["hung_up_first"]) == (1, 1, 0)


def test_machine_detection_after_an_answer_is_no_live_answer() -> None:
    found = figures(day([attempt(1, "machine", answered=10.0, ended=13.0), served(2, machine=True)]))
    assert (found["live"], found["machines"], found["answered"]) == (0, 2, 2)


def test_a_call_that_the_agent_found_to_be_a_machine_is_no_served_person() -> None:
    records = day([served(1), served(2), dropped(3)], [disposition(1, 1, "machine"), disposition(2, 2, "contact")])
    found = figures(records)
    assert (found["live"], found["machines"], found["bridged_in_time"]) == (2, 1, 1)
    assert found["abandonment_rate"] == 1 / 2
    assert found["conversations"] == 2
    assert build_report(records).table("abandonment").column("rate")[0] == 1 / 2


def test_rates_of_people_reached() -> None:
    calls = [served(n) for n in range(1, 9)] + [unanswered(n) for n in range(9, 21)]
    said = [
        disposition(1, 1, "contact", "right_party", "conversion"),
        disposition(2, 2, "contact", "right_party", "promise"),
        disposition(3, 3, "contact", "right_party", "promise", "opt_out"),
        disposition(4, 4, "contact"),
        disposition(5, 5),
    ]
    found = figures(day(calls, said, promises=Promises(due=2, kept=1)))
    assert found["contacts"] == 4
    assert found["contact_rate_dials"] == 4 / 20
    assert found["contact_rate_live"] == 4 / 8
    assert found["right_party_rate"] == 3 / 4
    assert found["conversion_rate"] == 1 / 4
    assert found["promise_rate"] == 2 / 3
    assert found["kept_rate"] == 1 / 2
    assert found["opt_outs"] == 1


def test_the_last_disposition_of_a_call_counts() -> None:
    said = [
        disposition(1, 1, "contact", "conversion", when=200.0),
        disposition(2, 1, when=300.0),
        disposition(3, 2, when=100.0),
        disposition(4, 2, "contact", when=100.0),
    ]
    found = figures(day([served(1), served(2)], said))
    assert (found["contacts"], found["conversion_rate"]) == (1, 0.0)


def test_dispositions_of_calls_outside_the_report_are_left_out_and_said_so() -> None:
    report = build_report(day([served(1)], [disposition(1, 1, "contact"), disposition(2, 99, "contact")]))
    assert report.kpi("contacts").value == 1
    assert "Left out: 1 calls" in report.table("dispositions").note


def test_occupancy_utilisation_handle_time_and_wait() -> None:
    steps = changes(
        ("ann", "ready", 0),
        ("ann", "reserved", 98),
        ("ann", "talking", 100),  # ready or being joined: 100 s
        ("ann", "wrap_up", 400),  # talking: 300 s
        ("ann", "paused", 500),  # wrap-up: 100 s
        ("ann", "offline", 1000),  # pause: 500 s
        ("bob", "ready", 0),
        ("bob", "offline", 300),  # ready: 300 s
    )
    found = figures(day([served(1, wait=0.1, talk=300.0), served(2)], agent_changes=steps))
    assert found["agents"] == 2
    assert found["agent_hours"] == 1300 / 3600
    assert found["occupancy"] == 400 / 800
    assert found["utilisation"] == 400 / 1300
    assert found["handle_time"] == 400 / 2
    assert found["average_wait"] == 400 / 2
    assert found["dials_per_agent_hour"] == pytest.approx(2 * 3600 / 1300)
    assert found["conversations_per_agent_hour"] == pytest.approx(2 * 3600 / 1300)


def test_agents_time_is_cut_to_the_report_and_the_last_state_lasts_to_its_end() -> None:
    steps = changes(("ann", "ready", -600), ("ann", "talking", 1800))
    found = figures(day([served(1)], agent_changes=steps, hours=1.0))
    assert found["agent_hours"] == 1.0
    assert found["occupancy"] == 0.5


def test_penetration_counts_leads_with_at_least_so_many_attempts() -> None:
    report = build_report(day(tried={0: 50, 1: 30, 2: 12, 3: 6, 5: 2}))
    assert report.kpi("penetration_1").value == 0.5
    assert report.kpi("penetration_3").value == 0.08
    assert report.table("penetration").column("leads") == (50, 20, 8, 2, 2)


def test_lines_in_use_mean_and_most() -> None:
    calls = [
        unanswered(1, placed=0, ended=20),
        unanswered(2, placed=10, ended=20),
        unanswered(3, placed=20, ended=20),  # takes the line that call 1 freed
    ]
    found = figures(day(calls))
    assert found["lines_mean"] == 60 / 40
    assert found["lines_max"] == 2


def test_an_open_call_holds_its_line_to_the_end() -> None:
    row = unanswered(1, result=None)
    del row["ended_at"]
    found = figures(day([row | {"ended_at": None}], hours=1.0))
    assert (found["lines_mean"], found["lines_max"]) == (1.0, 1)


def test_waits_are_observed_values() -> None:
    found = figures(day([served(n, placed=n, wait=n / 100) for n in range(1, 101)]))
    assert found["wait_p50"] == pytest.approx(0.50)
    assert found["wait_p95"] == pytest.approx(0.95)
    assert found["wait_p99"] == pytest.approx(0.99)
    assert found["wait_max"] == pytest.approx(1.00)


def test_no_unanswered_call_may_be_cancelled_before_it_rang_fifteen_seconds() -> None:
    calls = [
        unanswered(1, result="cancelled", ringing=1.0, ended=16.0),  # exactly 15 s
        unanswered(2, result="cancelled", ringing=1.0, ended=15.9),
        attempt(3, "cancelled", ended=14.0),  # no ringing signal: the time from the dial
        unanswered(4, result="busy", ended=3.0),
        attempt(5, "cancelled", ringing=1.0, answered=5.0, ended=6.0),  # answered: another matter
    ]
    report = build_report(day(calls))
    assert report.kpi("ring_floor_violations").value == 2
    assert any("2 unanswered calls" in warning for warning in report.warnings)


def test_abandoned_people_who_did_not_hear_the_message_are_counted() -> None:
    report = build_report(day([dropped(1), dropped(2, message=False), served(3, wait=9.0)]))
    assert report.kpi("abandoned_silent").value == 1
    assert any("message" in warning for warning in report.warnings)


def test_refusals_are_counted_by_rule() -> None:
    report = build_report(day(refusals={"DNC_NATIONAL": 30, "HOURS_STATE": 10}))
    assert report.kpi("refusals").value == 40
    assert report.table("refusals").rows == (("DNC_NATIONAL", 30, 0.75), ("HOURS_STATE", 10, 0.25))


def test_hidden_abandonment_adds_people_taken_for_machines() -> None:
    calls = [served(n) for n in range(1, 97)] + [dropped(n) for n in range(97, 99)]
    calls += [attempt(n, "machine", ended=5.0) for n in range(99, 199)]
    assert figures(day(calls))["hidden_abandonment"] is None
    assert figures(day(calls, amd_false_positive_rate=0.02))["hidden_abandonment"] == 4 / 100


def test_with_nothing_to_divide_by_a_figure_is_undefined_and_shown_as_a_dash() -> None:
    report = build_report(empty_records())
    for kpi in report.kpis:
        if kpi.denominator == 0:
            assert (kpi.value, kpi.text) == (None, "-")
    undefined = {kpi.key for kpi in report.kpis if kpi.value is None}
    assert {
        "answer_rate",
        "abandonment_rate",
        "occupancy",
        "handle_time",
        "wait_p99",
        "lines_max",
    } <= undefined
    assert "abandonment - of" in report.headline


def test_every_figure_has_a_formula_a_note_and_its_own_key() -> None:
    report = build_report(empty_records())
    assert len({kpi.key for kpi in report.kpis}) == len(report.kpis) == len(KPIS)
    for kpi in report.kpis:
        assert kpi.label and kpi.formula and kpi.note and kpi.group, kpi.key


_seconds = st.none() | st.floats(0, 40).map(lambda value: round(value, 3))
_rows = st.lists(
    st.fixed_dictionaries(
        {
            "result": st.sampled_from([None, *(str(result) for result in CallResult)]),
            "answered": _seconds,
            "bridged": _seconds,
            "ended": _seconds,
            "machine": st.booleans(),
        }
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(_rows)
def test_whatever_the_rows_hold_the_sums_add_up(rows: list[dict[str, object]]) -> None:
    calls = [
        attempt(n, row["result"], **{k: v for k, v in row.items() if k != "result" and v is not None})  # type: ignore[arg-type]
        for n, row in enumerate(rows)
    ]
    report = build_report(day(calls))
    found = {kpi.key: kpi.value or 0 for kpi in report.kpis}
    assert sum(report.table("outcomes").column("calls")) == found["dials"] == len(rows)
    assert found["live"] + found["machines"] == found["answered"]
    told = sum(row["result"] in ("message_heard", "message_part", "opted_out") for row in rows)
    rest = found["live"] - found["bridged_in_time"] - found["abandoned"] - found["hung_up_first"]
    assert 0 <= rest <= told  # who heard a recorded message is none of the three
    for key, column in (
        ("dials", "dials"),
        ("live", "live"),
        ("abandoned", "abandoned"),
        ("bridged_in_time", "in_time"),
    ):
        assert sum(report.table("by_hour").column(column)) == found[key]
