"""What the board shows: figures of this moment, legal windows, time limits, agents; and who is told of what changed."""

import asyncio

from office import ORIGIN, Office, add_agent, office

from dialer.engine import AgentState
from dialer.runtime.live.history import History
from dialer.runtime.live.samples import Samples
from dialer.web.accounts_guard import Guard
from dialer.web.pages.board import _changes, _Views


class _Agent:
    def __init__(self, state: AgentState) -> None:
        self.state = state


class _Floor:
    """An engine as the samples see it: agents and lines."""

    def __init__(self, *states: AgentState, lines: int = 0) -> None:
        self.floor = self
        self.agents = {str(number): _Agent(state) for number, state in enumerate(states)}
        self.calls = dict.fromkeys(range(lines))


def test_occupancy_is_the_share_of_looks_at_agents_at_work_in_which_they_were_busy():
    samples = Samples()
    assert samples.occupancy("day") is None
    samples.look("day", _Floor(AgentState.PAUSED, AgentState.OFFLINE), 0.0)
    assert samples.occupancy("day") is None  # nobody was busy or ready
    samples.look("day", _Floor(AgentState.READY, AgentState.TALKING, AgentState.WRAP_UP, AgentState.PAUSED), 2.0)
    samples.look("day", _Floor(AgentState.READY, AgentState.READY), 2.5)  # too soon: not looked at
    samples.look("day", _Floor(AgentState.RESERVED, lines=7), 70.0)
    assert samples.occupancy("day") == 3 / 4
    assert [(each.at, each.agents, each.lines) for each in samples.minutes("day")] == [(0.0, 0, 0), (70.0, 1, 7)]
    for second in range(1000):
        samples.look("day", _Floor(AgentState.READY), 100.0 + 2 * second)
    assert samples.occupancy("day") == 0.0  # what is older than fifteen minutes does not count


def test_only_what_changed_is_told():
    assert _changes({}, {"a": 1}) == {"a": 1}
    assert _changes({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5}) == {"b": 5, "c": None}


def views_of(made: Office) -> tuple[_Views, History]:
    floor = made.floor
    history = History(made.store, made.clock.now, lambda: [floor.campaign(name) for name in floor.names])
    return _Views(floor, Guard(made.store, made.clock, ORIGIN), history), history


def test_a_campaign_is_shown_with_its_agents_their_limits_and_the_laws_room(tmp_path):
    async def story() -> None:
        async with office(tmp_path, running=True) as made:
            add_agent(made.store)
            made.floor.desks.sign_in("agent-00", "day", "none")
            made.floor.desks.pause("agent-00", "break")
            made.floor.desks.sign_in("agent-01", "day", "none")
            made.floor.desks.pause("agent-01", "coaching")
            made.floor.desks.say("agent-01", "Well done", "Maria")
            views, history = views_of(made)
            views.now()
            await history.settled()
            made.clock.later += 1.0
            (seen,) = views.now()
            card = seen.card
            assert card["name"] == "day" and card["client"] == "evergreen"
            assert card["why"] and card["state"] == made.floor.board("day").state.value
            assert card["agents"] == {"paused": 2}
            assert card["abandonment"] == {
                "rate": None, "cap": 0.03, "served": 0, "abandoned": 0, "left": 0, "file": 0.03,
                "breach": made.floor.board("day").breach_probability,
                "law": {"rate": 0.03, "citation": "16 CFR 310.4(b)(1)(iv), (b)(4)(i)-(iv)"},
            }  # fmt: skip
            first, second = seen.desks["agent-00"], seen.desks["agent-01"]
            assert first["state"] == "paused" and first["pause_code"] == "break" and first["limit"] == 15 * 60.0
            assert second["limit"] is None and (first["unseen"], second["unseen"]) == (0, 1)
            figures = seen.figures
            assert figures is not None and figures["waits"] is None
            assert [(each["rule"], each["kind"]) for each in figures["windows"]] == [
                ("US.tsr", "period"), ("US.fcc", "period"),
                ("POLICY", "rolling_30"), ("POLICY", "rolling_day"), ("POLICY", "month"),
            ]  # fmt: skip
            assert all(each["left"] == 0 and each["breach"] is None for each in figures["windows"])
            assert [each["number"] for each in figures["caller_ids"]] == ["+12125550101", "+12125550102"]
            assert figures["caller_ids"][0] == {
                "number": "+12125550101", "shown": 0, "answered": 0, "rests": False, "told": False,
            }  # fmt: skip
            again = views.now()[0]
            assert again.figures is figures  # nothing new was read: nothing is told again

    asyncio.run(story())
