"""What people see: numbers masked in logs, figures that are the floor's."""

from __future__ import annotations

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from world import NOON, make_world, run_day, settings_of

from dialer.engine import AgentState, CallState, CampaignState
from dialer.pacing.budget import Ledger
from dialer.runtime.board import board_of, line_of
from dialer.runtime.log import configure, mask_numbers


@given(
    area=st.integers(200, 999),
    rest=st.integers(0, 9_999_999),
    shape=st.sampled_from(["+1{}{}", "({}) {}", "{}-{}", "1 {} {}"]),
)
def test_no_number_is_readable_in_a_log(area: int, rest: int, shape: str):
    text = f"call to {shape.format(area, f'{rest:07d}')} refused"
    shown = mask_numbers(text)
    assert f"{rest:07d}"[:5] not in shown
    assert shown.startswith("call to ") and shown.endswith(f"{rest % 100:02d} refused")


@pytest.mark.parametrize("text", ["run 9f2c81d7aa00", "served=102", "virtual_time 10:31", "0.0312", "calls 2026"])
def test_what_is_no_number_stays_readable(text: str):
    assert mask_numbers(text) == text


def test_the_log_masks_every_field(capsys):
    before = structlog.get_config()
    try:
        configure("info")
        structlog.get_logger("t").info("dial_refused", number="+12125550101", why="+1 212 555 0101 is listed")
        structlog.get_logger("t").debug("hidden")
    finally:
        structlog.configure(**before)
    said = capsys.readouterr()
    assert said.out == "" and "hidden" not in said.err
    assert "2125550101" not in said.err.replace(" ", "") and "********01" in said.err
    assert "level='info'" in said.err and said.err.count("\n") == 1


def test_the_boards_figures_are_the_floors(tmp_path):
    world = make_world(tmp_path / "w", people=120, areas={"212": "NY", "312": "IL"})
    boards = []

    def look(day):
        engine = day.session.engine
        board = board_of("day", engine, day.session.pacer.ledger, 0.03, day.clock.now())
        told = day.floor.states()
        assert {state: count for state, count in board.agents.items() if state is not AgentState.OFFLINE} == {
            state: list(told.values()).count(state) for state in set(told.values()) if state is not AgentState.OFFLINE
        }
        assert sum(board.calls.values()) == len(engine.floor.calls)
        assert board.dials_last_minute == sum(1 for call in day.calls if call.at > day.clock.now() - 60.0)
        assert board.waiting <= board.calls.get(CallState.ANSWERED, 0)
        boards.append(board)

    day = run_day(world, hours=0.2, settings=settings_of(agents=5, faults={}), watch=look)
    assert any(board.calls.get(CallState.BRIDGED) for board in boards)
    assert any(board.dials_last_minute > 3 for board in boards)
    last = board_of("day", day.session.engine, day.session.pacer.ledger, 0.03, day.clock.now())
    assert last.state is CampaignState.COMPLETE and last.why == "Stopped: the day is over."
    answered = sum(1 for call in day.calls if call.bridged_at or call.message_at)
    assert last.served + last.abandoned == answered
    assert last.abandonment_rate == pytest.approx(last.abandoned / answered)
    line = line_of(last)
    assert line["served"] == last.served and line["in_flight"] == 0 and line["bridged"] == 0
    assert last.abandonments_left == day.session.pacer.ledger.payable()
    fresh = Ledger(cap=0.03, length=30 * 86_400.0)
    empty = board_of("day", day.session.engine, fresh, 0.03, NOON.timestamp())
    assert empty.abandonments_left == 0
    assert empty.abandonment_rate is None and line_of(empty)["abandonment_rate"] is None
