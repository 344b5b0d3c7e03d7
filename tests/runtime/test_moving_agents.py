"""An agent is moved to another campaign: the call in hand comes first, and nothing said of it is lost."""

from itertools import count

import pytest

from dialer.engine import AgentState
from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.runtime.live.desks import DeskError, Desks


class Floors:
    """Two engines in name: what each was told, as (campaign, event, further words)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.running = {"day", "night"}
        self.time = count(1)
        self.desks = Desks(self, None, self.send, lambda *_: {}, lambda name: {"name": name}, self.campaign_of)

    def now(self) -> float:
        return float(next(self.time))

    def send(self, campaign: str, event: ev.Event) -> str:
        if campaign not in self.running:
            raise KeyError(campaign)
        self.told.append((campaign, type(event).__name__))
        return ""

    def campaign_of(self, call_id: str) -> str | None:
        return {"d": "day", "n": "night"}.get(call_id[0])

    def says(self, campaign: str, state: AgentState, call_id: str | None = None) -> None:
        self.desks.at(campaign).notify(cmd.AgentChanged(self.now(), "ann", state, call_id))


@pytest.fixture
def floors() -> Floors:
    made = Floors()
    made.desks.sign_in("ann", "day", "none")
    made.desks.ready("ann")
    made.says("day", AgentState.READY)
    made.told.clear()
    return made


def on_a_call(floors: Floors) -> None:
    floors.says("day", AgentState.RESERVED, "d-1")
    floors.says("day", AgentState.TALKING, "d-1")


def test_who_has_no_call_moves_at_once_and_is_as_ready_as_before(floors):
    assert floors.desks.move("ann", "night")
    assert floors.told == [("day", "AgentGone"), ("night", "AgentReady")]
    floors.says("day", AgentState.OFFLINE)  # the old engine's last word changes nothing
    floors.says("night", AgentState.READY)
    assert floors.desks.desks["ann"].state is AgentState.READY


@pytest.mark.parametrize("state", [AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP])
def test_with_a_call_in_hand_the_agent_moves_when_it_is_written_up(floors, state):
    on_a_call(floors)
    floors.says("day", state, "d-1")
    assert not floors.desks.move("ann", "night")
    desk = floors.desks.desks["ann"]
    assert (desk.campaign, desk.moving_to, floors.told) == ("day", "night", [("day", "AgentPaused")])
    floors.desks.dispose("ann", "d-1", "NO")
    floors.says("day", AgentState.PAUSED)  # the pause takes effect with the end of the wrap-up
    assert (desk.campaign, desk.moving_to, desk.call_id) == ("night", "", None)
    assert floors.told[1:] == [("day", "Dispositioned"), ("day", "AgentGone"), ("night", "AgentReady")]


def test_ready_during_the_wrap_up_ends_it_and_moves_and_during_the_talk_changes_nothing(floors):
    on_a_call(floors)
    floors.desks.move("ann", "night")
    floors.desks.ready("ann")
    assert floors.told == [("day", "AgentPaused")]  # else the old campaign would give a further call
    floors.says("day", AgentState.WRAP_UP, "d-1")
    floors.desks.ready("ann")
    assert floors.told[1:] == [("day", "AgentGone"), ("night", "AgentReady")]


def test_late_words_go_to_the_campaign_of_their_call(floors):
    on_a_call(floors)
    floors.says("day", AgentState.READY)
    floors.desks.move("ann", "night")
    floors.told.clear()
    floors.desks.dispose("ann", "d-1", "NO")
    floors.desks.dispose("ann", "n-1", "NO")
    assert floors.told == [("day", "Dispositioned"), ("night", "Dispositioned")]


def test_a_pause_goes_along_and_a_move_can_be_taken_back(floors):
    floors.desks.pause("ann", "lunch")
    floors.says("day", AgentState.PAUSED)
    floors.desks.move("ann", "night")
    assert floors.told[-1] == ("night", "AgentPaused")
    floors.says("night", AgentState.PAUSED)
    floors.desks.ready("ann")
    floors.says("night", AgentState.TALKING, "n-1")
    floors.told.clear()
    assert not floors.desks.move("ann", "day")
    assert floors.desks.move("ann", "night")
    assert floors.told == [("night", "AgentPaused"), ("night", "AgentReady")]
    assert floors.desks.desks["ann"].moving_to == ""


def test_the_campaign_ahead_ends_and_the_agent_stays(floors):
    on_a_call(floors)
    floors.desks.move("ann", "night")
    floors.running.discard("night")
    floors.desks.stay("night")
    assert floors.told == [("day", "AgentPaused"), ("day", "AgentReady")]
    floors.says("day", AgentState.READY)
    assert floors.desks.desks["ann"].campaign == "day"


def test_only_so_many_messages_are_kept_and_only_for_who_is_here(floors):
    for number in range(25):
        floors.desks.say("ann", f"{number}", "Maria")
    kept = [each["text"] for each in floors.desks.snapshot("ann")["messages"]]
    assert kept == [str(number) for number in range(5, 25)]
    with pytest.raises(DeskError, match="not signed in"):
        floors.desks.say("bob", "hello", "Maria")
