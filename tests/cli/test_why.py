"""`dialer why`: the gate's answer for one number of each kind, with codes and the next lawful minute."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hand import Hand
from world import NOON, World, make_world

from dialer.engine import events as ev

NOON_TEXT = "2026-11-17T12:00-05:00"


def kind(world: World, why: str) -> str:
    """A number that may never be called for this reason."""
    return next(number for number, reason in world.never.items() if reason.startswith(why))


def free(world: World, area: str) -> str:
    """A number that nothing but the hour can keep from being called."""
    return next(number for number in world.numbers if number[2:5] == area and number not in world.never)


def ask(dialer, world: World, number: str, at: str = NOON_TEXT) -> tuple[int, dict]:
    """The exit code, and the answer as JSON."""
    said = dialer("--dir", world.root, "why", number, "--campaign", "day", "--at", at, "--json")
    assert said.err == ""
    found = json.loads(said.out)
    assert found["allowed"] is (said.code == 0)
    return said.code, found


def test_a_number_that_may_be_called(dialer, shown: World):
    code, found = ask(dialer, shown, free(shown, "212"))
    assert (code, found["reasons"], found["in_list"]) == (0, ["ALLOW"], True)
    assert all(check["passed"] and check["citation"] for check in found["checks"])
    assert found["place"]["zones"] == ["America/New_York"]
    assert {"rules", "tzdata"} <= set(found["versions"])
    assert datetime.fromisoformat(found["at"]) == NOON


@pytest.mark.parametrize(
    ("area", "at", "code", "words"),
    [
        ("212", NOON_TEXT, 0, ["may be called", "Tue 12:00 in America/New_York", "pass  HOURS_FEDERAL"]),
        (
            "850",
            "2026-11-17T08:30-05:00",
            3,
            [
                "must not be called",
                "Tue 07:30 in America/Chicago, Tue 08:30 in America/New_York",
                "STOP  HOURS_FEDERAL",
                "next lawful minute: 2026-11-17 14:00 UTC (Tue 2026-11-17 08:00 CST, Tue 2026-11-17 09:00 EST)",
            ],
        ),
    ],
)
def test_people_are_told_in_words(dialer, shown: World, area: str, at: str, code: int, words: list[str]):
    said = dialer("--dir", shown.root, "why", free(shown, area), "--campaign", "day", "--at", at)
    assert said.code == code
    for each in words:
        assert each in said.out


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("national list", "DNC_NATIONAL"),
        ("list of", "DNC_STATE"),
        ("internal list of the company", "DNC_INTERNAL"),
        ("internal list of the client", "DNC_INTERNAL"),
        ("internal list of the campaign", "DNC_CAMPAIGN"),
        ("the area code is on the internal list", "DNC_AREACODE"),
        ("no written consent in OK", "CONSENT_REQUIRED"),
        ("Colorado's list was never imported", "DNC_MISSING"),
        ("Maine wants an answer of the Reassigned Numbers Database", "RND_NO_DATA"),
        ("nobody knows its zone", "TZ_UNKNOWN"),
        ("there are no rules for Jamaica", "DATA_UNREADABLE"),
    ],
)
def test_a_number_that_may_never_be_called(dialer, shown: World, why: str, code: str):
    number = kind(shown, why)
    exit_code, found = ask(dialer, shown, number)
    assert exit_code == 3 and found["next_allowed"] is None
    assert code in found["reasons"]
    assert found["in_list"] and found["number"] == number


@pytest.mark.parametrize(
    ("area", "at", "reasons", "opens"),
    [
        # 8:30 in Miami, 7:30 in Pensacola: one area code, two clocks.
        ("850", "2026-11-17T08:30-05:00", ["HOURS_FEDERAL", "HOURS_STATE", "TZ_AMBIGUOUS"], "2026-11-17T14:00+00:00"),
        # 20:30 in Chicago's Florida is 21:30 in Miami: the next morning, when both have 8:00.
        ("850", "2026-11-17T21:30-05:00", ["HOURS_FEDERAL", "HOURS_STATE"], "2026-11-18T14:00+00:00"),
        ("214", "2026-11-17T08:15-06:00", ["HOURS_STATE"], "2026-11-17T15:00+00:00"),
        ("401", "2026-11-17T18:00-05:00", ["HOURS_STATE"], "2026-11-18T14:00+00:00"),
        ("206", "2026-11-17T07:59-08:00", ["HOURS_FEDERAL", "HOURS_STATE"], "2026-11-17T16:00+00:00"),
        ("212", "2026-11-17T23:00-05:00", ["HOURS_FEDERAL", "HOURS_STATE"], "2026-11-18T13:00+00:00"),
    ],
)
def test_too_early_or_too_late_says_the_next_lawful_minute(dialer, shown, area, at, reasons, opens):
    code, found = ask(dialer, shown, free(shown, area), at)
    assert code == 3
    assert found["reasons"] == reasons
    assert datetime.fromisoformat(found["next_allowed"]) == datetime.fromisoformat(opens)
    assert ask(dialer, shown, free(shown, area), opens)[0] == 0
    before = datetime.fromisoformat(opens) - timedelta(minutes=1)
    assert ask(dialer, shown, free(shown, area), before.isoformat())[0] == 3


def test_the_last_minute_of_the_lawful_hours_is_kept_free(dialer, shown: World):
    number = free(shown, "212")
    assert ask(dialer, shown, number, "2026-11-17T20:58:59-05:00")[0] == 0
    assert ask(dialer, shown, number, "2026-11-17T20:59:00-05:00")[0] == 3


def test_a_cap_that_is_reached_says_when_it_is_free_again(dialer, tmp_path):
    world = make_world(tmp_path / "w", people=2, areas={"212": "NY"}, mode="progressive", retry=20)
    number = world.numbers[2]  # of the person with one phone
    with world.store() as store:
        hand = Hand(world, store)
        for agent in ("ann", "bob"):
            hand.tell(ev.AgentReady, agent)
        for nth in (1, 2):
            assert [request.number for request in hand.carrier.placed].count(number) == nth
            for request in hand.carrier.placed[-2:]:
                hand.tell(ev.Ended, request.call_id, "busy")
            hand.wait(1500.0)
        hand.session.finish("enough")
    at = NOON + timedelta(hours=3)
    code, found = ask(dialer, world, number, at.isoformat())
    assert (code, found["reasons"]) == (3, ["FREQ_CAMPAIGN"])
    assert datetime.fromisoformat(found["next_allowed"]) == datetime(2026, 11, 18, 13, 0, tzinfo=UTC)  # 8:00 tomorrow


@pytest.mark.parametrize("text", ["212555O101", "+1800", "212-555-0101 x5", "nobody", "२१२५५५०१०१"])
def test_what_cannot_be_a_number_to_call_is_refused_with_the_reason(dialer, shown: World, text: str):
    said = dialer("--dir", shown.root, "why", text, "--campaign", "day", "--at", NOON_TEXT)
    assert said.code == 3 and said.out == ""
    assert said.err.startswith("dialer: ") and said.err.count("\n") == 1
    found = dialer("--dir", shown.root, "why", text, "--campaign", "day", "--json")
    assert found.code == 3 and json.loads(found.out)["reasons"] == ["NUMBER_INVALID"]


def test_a_number_that_nobody_calls_people_at_is_refused_by_name(dialer, shown: World):
    said = dialer("--dir", shown.root, "why", "+18005550101", "--campaign", "day", "--at", NOON_TEXT, "--json")
    found = json.loads(said.out)
    assert (said.code, found["allowed"]) == (3, False) and "NUMBER_INVALID" in found["reasons"]


def test_a_number_of_no_list_is_judged_by_itself(dialer, shown: World):
    code, found = ask(dialer, shown, "+12125550199")
    assert (code, found["in_list"]) == (0, False)
    said = dialer("--dir", shown.root, "why", "(212) 555-0199", "--campaign", "day", "--at", "2026-11-17T12:00")
    assert said.code == 0 and "not in the campaign's lists" in said.out


def test_asking_writes_nothing_down(dialer, changed: World):
    before = changed.database.read_bytes()
    assert ask(dialer, changed, changed.numbers[0])[0] == 0
    with changed.store() as store, store.reading() as tx:
        from dialer.store import ledger

        assert ledger.last_seq(tx) == 0
    assert len(before) == changed.database.stat().st_size


def test_it_tells_what_the_campaign_does_with_the_number_whatever_is_lawful(dialer, changed: World):
    from dialer.store import hopper, outcomes

    number = free(changed, "212")
    lead = ask(dialer, changed, number)[1]["lead"]
    assert (lead["status"], lead["offered"], lead["number_bad"]) == ("ready", True, None)
    with changed.store() as store, store.writing() as tx:
        hopper.set_lead(tx, lead["id"], "blocked", None, "SALE: Sale")
    code, found = ask(dialer, changed, number)
    assert code == 0 and found["lead"]["offered"] is False and found["lead"]["why"] == "SALE: Sale"
    said = dialer("--dir", changed.root, "why", number, "--campaign", "day", "--at", NOON_TEXT)
    assert "blocked (SALE: Sale); the campaign does not dial it, whatever is lawful" in said.out
    with changed.store() as store, store.writing() as tx:
        hopper.set_lead(tx, lead["id"], "waiting", NOON + timedelta(days=1), "no answer")
        phone = outcomes.phone_in_campaign(tx, "day", number)
        assert phone is not None
    said = dialer("--dir", changed.root, "why", number, "--campaign", "day", "--at", NOON_TEXT)
    assert "waiting (no answer); not before 2026-11-18 17:00 UTC" in said.out


def test_what_stands_against_a_call_comes_first_and_in_words(dialer, shown: World):
    said = dialer("--dir", shown.root, "why", kind(shown, "national list"), "--campaign", "day", "--at", NOON_TEXT)
    lines = said.out.splitlines()
    assert lines[1].startswith("why:   on the national do-not-call list")
    marks = [line[:4] for line in lines if line[:4] in ("STOP", "pass")]
    assert marks == sorted(marks) and marks[0] == "STOP"
