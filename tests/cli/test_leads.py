"""`dialer leads`: pages of leads, and one lead's story with the first lawful minute."""

from __future__ import annotations

import json

from world import World

NIGHT = "2026-11-17T23:30-05:00"


def test_leads_are_listed_page_by_page_and_masked(dialer, shown: World):
    def page(*more: str) -> dict:
        return json.loads(dialer("--dir", shown.root, "leads", "list", "--campaign", "day", "--json", *more).out)

    first = page("--count", "3")
    second = page("--count", "3", "--after", str(first["after"]))
    ids = [each["lead_id"] for each in first["leads"] + second["leads"]]
    assert ids == sorted(set(ids))
    assert len(ids) == 6
    assert not any(each["number"] in shown.numbers for each in first["leads"])
    whole = page("--count", "3", "--unmasked")
    assert all(each["number"] in shown.numbers for each in whole["leads"])
    said = dialer("--dir", shown.root, "leads", "list", "--campaign", "day", "--status", "sleeping")
    assert (said.code, "one of ready" in said.err) == (2, True)


def test_the_plan_of_a_lead_names_the_minute_that_the_gate_then_allows(dialer, shown: World):
    number = next(each for each in shown.numbers if each[2:5] == "212" and each not in shown.never)

    def told(command: str, at: str, *more: str) -> dict:
        line = ("--dir", shown.root, *command.split(), "--campaign", "day", "--at", at, "--json", *more)
        return json.loads(dialer(*line).out)

    found = told(f"leads plan {number}", NIGHT)
    assert found["earliest"] > found["at"]
    assert any("closed" in each or "gate refuses" in each for each in found["plan"])
    assert told(f"why {number}", found["earliest"])["allowed"]
    by_id = told(f"leads plan {found['lead_id']}", NIGHT)
    assert by_id["plan"] == found["plan"]
    assert number not in json.dumps(found)
    said = dialer("--dir", shown.root, "leads", "plan", "nobody", "--campaign", "day")
    assert (said.code, "no lead of day" in said.err) == (1, True)
