"""What the board shows: occupancy over a window, time limits, one campaign's figures."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from office import ORIGIN, add_agent, office

from dialer.web.accounts_guard import Guard
from dialer.web.pages.board import _Views
from dialer.web.pages.board_view import campaign_view, occupancy

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def test_occupancy_is_busy_time_over_busy_and_ready_time_inside_the_window():
    changes = [
        ("a", "ready", at(-5)),  # before the window: counts from its begin
        ("b", "paused", at(0)),
        ("a", "reserved", at(6)),
        ("a", "talking", at(6)),
        ("a", "wrap_up", at(8)),
        ("a", "ready", at(9)),
        ("b", "ready", at(9)),
    ]
    # a: ready 0-6 and 9-10, busy 6-9; b: ready 9-10, its pause does not count
    assert occupancy(changes, at(0), at(10)) == pytest.approx(3 / (3 + 7 + 1))


def test_nobody_there_has_no_occupancy_and_a_still_running_talk_counts_to_the_end():
    assert occupancy([], at(0), at(10)) is None
    assert occupancy([("a", "paused", at(1))], at(0), at(10)) is None
    assert occupancy([("a", "talking", at(4))], at(0), at(10)) == 1.0


def test_a_campaign_is_shown_with_its_agents_their_limits_and_the_laws_room(tmp_path):
    async def story() -> None:
        async with office(tmp_path, running=True) as made:
            add_agent(made.store)
            made.floor.desks.sign_in("agent-00", "day", "none")
            made.floor.desks.pause("agent-00", "break")
            (seen,) = await _Views(made.floor, Guard(made.store, made.clock, ORIGIN)).now()
            assert seen["name"] == "day" and seen["client"] == "evergreen"
            assert seen["why"] and seen["state"] == made.floor.board("day").state.value
            (desk,) = seen["desks"]
            assert desk["state"] == "paused" and desk["pause_code"] == "break" and desk["limit"] == 15 * 60.0
            assert seen["agents"] == {"paused": 1}
            assert seen["abandonment"] == {
                "rate": None, "cap": 0.03, "served": 0, "abandoned": 0, "left": 0,
                "breach": made.floor.board("day").breach_probability,
            }  # fmt: skip
            made.floor.desks.sign_in("agent-01", "day", "none")
            made.floor.desks.pause("agent-01", "coaching")
            board, campaign = made.floor.board("day"), made.floor.campaign("day")
            view = campaign_view(board, campaign, made.floor.desks.desks.values(), {"agent-01": "Zoe"}, None)
            assert [each["limit"] for each in view["desks"]] == [900.0, None]
            assert [each["name"] for each in view["desks"]] == ["agent-00", "Zoe"]

    asyncio.run(story())
