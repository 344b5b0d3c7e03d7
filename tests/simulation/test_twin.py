"""The digital twin: what is measured of a history, the list in its hours, a day replayed, the answers in words."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from campaigns.files import Campaign
from dialer.engine.commands import Dial, LeadChanged
from dialer.engine.states import LeadState
from dialer.simulation.empirical import Empirical, MeasuredPeople, Mix, incidence
from dialer.simulation.measures import Measures
from dialer.simulation.people import People
from dialer.simulation.twin.answers import answers_of, as_dict, table_of
from dialer.simulation.twin.history import LEAST_CALLS, Slots, fit_handle_times, fit_people
from dialer.simulation.twin.leads import Listed, ListedLeads, Openings
from dialer.simulation.twin.page import to_html
from dialer.simulation.twin.replay import agents_that_day, as_it_was, dialing_stretches
from dialer.simulation.twin.run import Outcome, WhatIf, policy_words
from dialer.simulation.twin.world import History, open_windows

START = datetime(2026, 11, 17, 14, 0, tzinfo=UTC)  # 09:00 in New York, a Tuesday
T0 = START.timestamp()


def campaign(**tables):
    return Campaign.model_validate(
        {
            "name": "day",
            "client": "evergreen",
            "scope": "debt_collection",
            "seller": {
                "name": "Evergreen",
                "phone": "+12125550100",
                "message": "This was Evergreen, 212-555-0100. Press 9 to stop further calls.",
            },
            "dialing": {"caller_ids": ["+12125550101"]},
            "hours": {"timezone": "America/New_York", "mon_fri": ["09:00-12:00", "13:00-17:00"]},
            "dispositions": {
                "PAID": {"label": "Promise", "flags": ["contact", "right_party", "promise", "final"]},
                "DNC": {"label": "Never again", "flags": ["contact", "opt_out"]},
            },
            **tables,
        }
    )


# ---------------------------------------------------------------------- what was measured


def test_an_empirical_distribution_runs_straight_between_its_values():
    measured = Empirical.of([4.0, 2.0, 8.0])
    assert measured.edges == pytest.approx((1 / 6, 1 / 2, 5 / 6))
    assert [measured.quantile(u) for u in (0.01, 1 / 6, 0.5, 2 / 3, 0.99)] == [2.0, 2.0, 4.0, 6.0, 8.0]
    assert measured.mean == pytest.approx((2 + 4 + 8) / 3)


def test_weights_count():
    measured = Empirical.of([1.0, 9.0], [3.0, 1.0])
    assert measured.edges == pytest.approx((3 / 8, 7 / 8))
    assert measured.quantile(0.3) == 1.0


def test_nothing_measured_is_no_distribution():
    with pytest.raises(ValueError, match="at least one"):
        Empirical.of([])


def test_calls_that_were_let_go_are_censored_not_unanswered():
    # four calls: answered at 5, let go at 15, answered at 20, rang out at 26
    shares = incidence(np.array([5.0, 15.0, 20.0, 26.0]), np.array([0, -1, 0, 6]))
    # 1/4 at 5 s; then 3/4 still ring, one is let go, and of the two left at 20 s one answers: 3/8
    assert shares == pytest.approx([1 / 4, 0.0, 3 / 8, 3 / 8])
    assert shares.sum() == pytest.approx(1.0)


def test_measured_people_answer_in_the_measured_shares():
    mix = Mix({"human": 0.3, "machine": 0.2, "busy": 0.1})
    rings = {kind: Empirical.of([5.0, 10.0]) for kind in ("human", "machine", "busy")}
    ring = Empirical.of([0.2])
    people = MeasuredPeople(1, lambda at: mix, rings, ring_delay=ring, patience=ring)
    met = [people.meet(f"+1#{n}", "+1", T0) for n in range(4000)]
    found = {
        kind: sum(each.result == kind for each in met) / 4000 for kind in ("human", "machine", "busy", "no_answer")
    }
    assert found == pytest.approx({"human": 0.3, "machine": 0.2, "busy": 0.1, "no_answer": 0.4}, abs=0.025)
    assert all(5.0 <= each.ring <= 10.0 for each in met if each.result != "no_answer")
    assert people.meet("+1#1", "+1", T0) == met[1]
    assert people.answer_rate_at(T0) == 0.3


@pytest.mark.parametrize("shares", [{"human": -0.1}, {"human": 0.7, "machine": 0.4}])
def test_a_mix_has_shares(shares):
    with pytest.raises(ValueError, match="shares"):
        Mix(shares)


def calls_of(people, count, at=lambda n: T0 + 10.0 * n, ring_timeout=26.0, released=lambda n: False):
    """A journal of calls to synthetic people; some are let go after 15 s of ringing."""
    rows = []
    for n in range(count):
        placed = at(n)
        met = people.meet(f"+1212555{n}#1", f"+1212555{n}", placed)
        row = {"call_id": f"c{n}", "lead_id": n, "state": "ended", "placed_at": placed, "agent_id": None}
        rings = placed + met.ring_delay
        row["ringing_at"] = None if met.result in ("busy", "congestion", "invalid") else rings
        answers = met.result == "human" and met.ring < ring_timeout
        reach = met.ring if met.result in ("human", "machine") else ring_timeout
        if released(n) and row["ringing_at"] is not None and reach > 15.0:
            row |= {"result": "cancelled", "ended_at": rings + 15.0}
        elif answers:
            row |= {"result": "human", "answered_at": rings + met.ring, "bridged_at": rings + met.ring + 0.5}
            row |= {"ended_at": rings + met.ring + 60.0, "wrapped_at": rings + met.ring + 75.0}
        elif met.result == "machine":
            row |= {"result": "machine", "ended_at": rings + met.ring + 3.0}
        elif met.result in ("busy", "congestion", "invalid"):
            row |= {"result": met.result, "ended_at": placed + met.ring}
        else:
            row |= {"result": "no_answer", "ended_at": rings + ring_timeout}
        rows.append(row)
    frame = pd.DataFrame(rows)
    for column in ("placed_at", "ringing_at", "answered_at", "bridged_at", "ended_at", "wrapped_at"):
        frame[column] = pd.to_datetime(frame.get(column), unit="s", utc=True)
    return frame


ONE = Slots(lambda at: 0, 1)


@pytest.mark.parametrize("released", [lambda n: False, lambda n: n % 2 == 0])
def test_people_are_found_again_in_their_calls_even_when_many_were_let_go(released):
    frame = calls_of(People(3, 0.3), 6000, released=released)
    found = fit_people(frame, ONE, seed=1, detection=3.0)
    shares = found._mix_at(T0).shares
    # of the 30 % who would pick up, 3.7 % ring longer than 26 s
    assert shares["human"] == pytest.approx(0.289, abs=0.02)
    assert shares["machine"] == pytest.approx(0.7 * 0.28, abs=0.02)
    assert found._rings["human"].mean == pytest.approx(12.6, abs=0.5)
    assert found._rings["machine"].quantile(0.5) == pytest.approx(18.0, abs=0.6)


def test_leaving_them_out_instead_would_be_wrong():
    """Why the incidence is needed: calls let go had rung 15 s in vain, so the others answer more often."""
    frame = calls_of(People(3, 0.3), 6000, released=lambda n: True)
    kept = frame[frame["result"] != "cancelled"]
    assert (kept["result"] == "human").mean() > 0.4


def test_answer_rates_are_those_of_their_time_of_day():
    morning, evening = People(3, 0.1), People(3, 0.4)

    class Day:
        def meet(self, attempt, number, at):
            return (morning if at < T0 + 3600.0 else evening).meet(attempt, number, at)

    frame = calls_of(Day(), 6000, at=lambda n: T0 + 1.2 * n)
    found = fit_people(frame, Slots(lambda at: int(at >= T0 + 3600.0), 2), seed=1, detection=3.0)
    assert found.answer_rate_at(T0) == pytest.approx(0.1, abs=0.02)
    assert found.answer_rate_at(T0 + 5000.0) == pytest.approx(0.39, abs=0.03)


def test_a_short_history_is_not_believed():
    assert fit_people(calls_of(People(3, 0.3), LEAST_CALLS - 1), ONE, seed=1) is None
    assert fit_people(calls_of(People(3, 0.01), LEAST_CALLS + 50), ONE, seed=1) is None
    assert fit_handle_times(calls_of(People(3, 0.3), 60), pd.DataFrame({"call_id": [], "code": []})) is None


def test_handle_times_and_outcomes_are_measured():
    frame = calls_of(People(3, 0.3), 600)
    talked = frame.loc[frame["result"] == "human", "call_id"].tolist()
    said = pd.DataFrame({"call_id": [*talked[:10], talked[0]], "code": ["PAID"] * 10 + ["DNC"]})
    found = fit_handle_times(frame, said)
    assert found.talks == len(talked) > 100
    assert found.talk.quantile(0.5) == pytest.approx(59.5)
    assert found.wrap_up.quantile(0.5) == pytest.approx(15.0)
    assert found.dispositions == {"PAID": 9, "DNC": 1}


# ---------------------------------------------------------------------- the list

ALWAYS = Openings((T0,), (True,))
LATER = Openings((T0, T0 + 3600.0, T0 + 7200.0), (False, True, False))


def change(lead_id, state, at=T0, next_at=None, **more):
    return LeadChanged(at, lead_id, state, next_at, "as the test says", **more)


def test_openings_hold_from_edge_to_edge():
    assert [LATER.holds(T0 + s) for s in (-1.0, 0.0, 3599.0, 3600.0, 7199.0, 7200.0)] == [False] * 3 + [True] * 2 + [
        False
    ]
    assert LATER.next(T0) == T0 + 3600.0
    assert LATER.next(T0 + 3600.0) is None


def test_leads_come_in_the_order_of_the_hopper():
    leads = [
        Listed(1, [(11, "+1", 0)]),
        Listed(2, [(21, "+2", 0)], attempts=1, next_at=T0 - 50.0),
        Listed(3, [(31, "+3", 0)], priority=5, attempts=2, next_at=T0 - 10.0),
        Listed(4, [(41, "+4", 0)], attempts=1, next_at=T0 - 5.0, callback=True),
        Listed(5, [(51, "+5", 0)], attempts=1, next_at=T0 + 99.0),
    ]
    source = ListedLeads(campaign(), leads, [ALWAYS])
    offered = source.offer(T0, 10)
    assert [lead.lead_id for lead in offered.leads] == [4, 3, 1, 2]
    assert [lead.attempts for lead in offered.leads] == [1, 2, 0, 1]
    assert source.untried == 1
    assert source.refused(Dial(T0, "a-1", 1, 11, "+1")) is None
    assert source.untried == 0
    none = source.offer(T0, 10)
    assert (none.leads, none.none_because, none.retry_at) == ((), "waiting", T0 + 99.0)


def test_leads_wait_for_their_hours():
    source = ListedLeads(campaign(), [Listed(1, [(11, "+1", 1)]), Listed(2, [(21, "+2", 0)])], [ALWAYS, LATER])
    assert [lead.lead_id for lead in source.offer(T0, 5).leads] == [2]
    none = source.offer(T0 + 1.0, 5)
    assert (none.none_because, none.retry_at) == ("outside_hours", T0 + 3600.0)
    assert [lead.lead_id for lead in source.offer(T0 + 3600.0, 5).leads] == [1]


def test_a_lead_in_hand_whose_hours_are_over_is_turned_away_and_comes_again():
    source = ListedLeads(
        campaign(), [Listed(1, [(11, "+1", 0)])], [Openings((T0, T0 + 60.0, T0 + 900.0), (True, False, True))]
    )
    assert source.offer(T0, 1).leads
    assert source.refused(Dial(T0 + 59.0, "a-1", 1, 11, "+1")) is None
    refused = source.refused(Dial(T0 + 61.0, "a-1", 1, 11, "+1"))
    assert refused.retry_at == T0 + 900.0
    source.changed(change(1, LeadState.WAITING, T0 + 61.0, refused.retry_at))
    again = source.offer(T0 + 900.0, 1)
    assert again.leads[0].attempts == 0  # it was not called


def test_a_bad_number_gives_way_to_the_next_and_the_last_ends_the_lead():
    source = ListedLeads(campaign(), [Listed(1, [(11, "+1", 0), (12, "+2", 0)])], [ALWAYS])
    assert source.offer(T0, 1).leads[0].number == "+1"
    source.changed(change(1, LeadState.READY, T0 + 5.0, phone_id=11, phone_bad="invalid"))
    assert source.offer(T0 + 5.0, 1).leads[0].number == "+2"
    source.changed(change(1, LeadState.READY, T0 + 9.0, phone_id=12, phone_bad="invalid"))
    assert (source.left, source.offer(T0 + 10.0, 1).none_because) == (0, "done")


def test_the_campaigns_own_caps_hold_for_simulated_calls():
    caps = {"per_hours": [{"count": 2, "hours": 6.0}], "per_day": 3}
    source = ListedLeads(campaign(caps=caps), [Listed(1, [(11, "+1", 0)])], [ALWAYS])
    at = [T0]
    for _ in range(3):
        assert source.offer(at[-1], 1).leads
        source.changed(change(1, LeadState.WAITING, at[-1], at[-1] + 60.0))
        at.append(source.offer(at[-1] + 1.0, 1).retry_at)
    assert at[1] == T0 + 60.0
    assert at[2] == T0 + 6 * 3600.0  # two in six hours
    assert at[3] == T0 + 15 * 3600.0  # three a day: midnight in New York


# ---------------------------------------------------------------------- hours and days


def test_windows_follow_the_campaigns_hours():
    windows = open_windows(campaign(), START - timedelta(hours=5), 8.0)
    hours = [((begin - T0) / 3600.0, (end - T0) / 3600.0) for begin, end in windows]
    assert hours == [(0.0, 3.0), (4.0, 8.0), (24.0, 25.0)]


def test_a_campaign_that_never_closes_is_one_window():
    day = ["00:00-24:00"]
    always = campaign(hours={"timezone": "America/New_York", "mon_fri": day, "sat": day, "sun": day})
    assert open_windows(always, START, 100.0) == ((T0, T0 + 360_000.0),)


def changes(*rows):
    frame = pd.DataFrame(rows, columns=["agent_id", "state", "at"])
    frame["at"] = pd.to_datetime(frame["at"] + T0, unit="s", utc=True)
    return frame


def test_the_journal_tells_who_worked_when():
    told = changes(
        ("ann", "ready", 0.0),
        ("ann", "paused", 600.0),
        ("bob", "ready", 700.0),
        ("ann", "ready", 1200.0),
        ("ann", "offline", 3000.0),
        ("ann", "ready", 3300.0),
    )
    found = {each.agent_id: each for each in agents_that_day(told, T0 + 3600.0)}
    assert found["ann"].shifts == ((T0, T0 + 3000.0), (T0 + 3300.0, T0 + 3600.0))
    assert found["ann"].breaks == ((T0 + 600.0, 600.0),)
    assert found["bob"].shifts == ((T0 + 700.0, T0 + 3600.0),)


def test_what_no_policy_could_dial_is_left_out():
    told = pd.DataFrame(
        {
            "state": ["running", "waiting_for_leads", "waiting_for_agents", "paused"],
            "at": pd.to_datetime([T0, T0 + 100.0, T0 + 300.0, T0 + 500.0], unit="s", utc=True),
        }
    )
    assert dialing_stretches(told, T0, T0 + 1000.0) == ((T0, T0 + 100.0), (T0 + 300.0, T0 + 500.0))
    assert dialing_stretches(told[:0], T0, T0 + 9.0) == ((T0, T0 + 9.0),)


def test_the_day_as_it_was_has_the_measures_of_the_twin():
    told = changes(
        ("ann", "ready", 0.0),
        ("ann", "reserved", 10.0),
        ("ann", "talking", 11.0),
        ("ann", "wrap_up", 71.0),
        ("ann", "ready", 81.0),
    )
    frame = calls_of(People(3, 0.3), 40)
    humans = frame.index[frame["result"] == "human"]
    frame.loc[humans[0], ["result", "bridged_at"]] = ["abandoned", pd.NaT]
    was = as_it_was(campaign(), History(frame, frame, told, told), T0 + 161.0)
    assert was.utilisation == pytest.approx(70.0 / 161.0)
    assert was.mean_wait == pytest.approx(11.0)
    assert (was.served, was.abandoned, was.placed, was.agents) == (len(humans) - 1, 1, 40, 1)
    assert was.rate == pytest.approx(1 / len(humans))


# ---------------------------------------------------------------------- answers


def outcome(agents, cap, utilisation, served, first_pass=None, left=100, policy="predictive", done=None):
    figures = Measures(
        utilisation=utilisation, mean_wait=20.0, p95_wait=50.0, served=served, abandoned=2, rate=0.01, true_answers=0,
        true_abandoned=0, worst_period=0.01, worst_running=0.0, periods=1, periods_over=0, placed=900, released=0,
        lines=12.0, most_lines=20, signed_in=8.0 * agents, decisions=1,
    )  # fmt: skip
    return Outcome(WhatIf(agents, cap, policy), figures, 8.0, first_pass, done, 5, left, {})


def test_the_answers_are_sentences():
    outcomes = [
        outcome(10, 0.03, 0.85, 500, 12.0),
        outcome(10, 0.01, 0.80, 470, 13.0),
        outcome(20, 0.03, 0.9, 990, 6.0),
    ]
    said = answers_of("day", "title", ["People: measured."], outcomes, within=8.0).sentences
    assert said[:2] == (
        "With 10 agents every lead has been called once after about 12.0 open hours; "
        "100 may still be called after 8.0 h.",
        "To call every lead once within 8 open hours, about 15 agents are needed (reckoned from 20 agents in 6.0 h).",
    )
    cost = "1 % instead of 3 % costs 10 agents 5.0 points of their time and 30 of 500 talks in 8.0 h (predictive)."
    assert said[2] == cost
    assert len(said) == 3


def test_a_list_that_ends_is_said_to_end():
    said = answers_of("day", "title", [], [outcome(10, 0.03, 0.5, 50, 2.0, left=0, done=3.5)]).sentences
    assert said == ("With 10 agents no lead is left after 3.5 open hours.",)


def test_table_json_and_page_have_the_same_figures():
    answers = answers_of(
        "day", "title", ["People: <measured>."], [outcome(10, 0.03, 0.85, 500, 12.0), outcome(20, 0.03, 0.9, 990, 6.0)]
    )
    table = table_of(answers)
    assert table.column("utilisation") == (0.85, 0.9)
    assert [row["first_pass"] for row in as_dict(answers)["outcomes"]] == [12.0, 6.0]
    page = to_html(answers)
    assert page.count("<svg") == 3
    assert "85.0 %" in page
    assert "&lt;measured&gt;" in page


@pytest.mark.parametrize(("text", "words"), [("predictive", ("predictive", 1.0)), ("ratio:2.5", ("ratio", 2.5))])
def test_policies_are_read(text, words):
    assert policy_words(text) == words


@pytest.mark.parametrize("text", ["", "ratio", "ratio:", "ratio:0", "ratio:x", "ratio:X", "fast", "predictive:2"])
def test_other_words_are_no_policy(text):
    with pytest.raises(ValueError, match="is no policy"):
        policy_words(text)
