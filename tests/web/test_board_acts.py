"""What is done from the board: on the floor that runs, written down, and never to somebody else's campaign."""

import asyncio
from pathlib import Path

from office import Office, add_agent, office
from world import campaign_text

from dialer.carriers.controls import NoSuchControl
from dialer.store import targets
from dialer.web.accounts import Act

AGENT = "/board/agents/agent-00"


class Ears:
    """In the place of a carrier's controls: who was joined how."""

    def __init__(self) -> None:
        self.joined: list[tuple[str, str, str]] = []

    def join(self, agent_id: str, supervisor: str, ear: str) -> None:
        if agent_id == "agent-01":
            raise NoSuchControl("agent-01 has no line")
        self.joined.append((agent_id, supervisor, ear))


def run(story, tmp_path: Path) -> None:
    async def told() -> None:
        async with office(tmp_path) as made:
            for name, client in (("evening", "evergreen"), ("foreign", "rival")):
                text = campaign_text(name, client=client)
                (made.world.root / "campaigns" / f"{name}.toml").write_text(text)
            for name in ("day", "evening", "foreign"):
                await made.floor.start(name)
                made.floor.pause(name, "nobody is on these lists")  # else the campaign would be complete
            for agent_id in ("agent-00", "agent-01"):
                add_agent(made.store, agent_id)
                desk = made.floor.desks.sign_in(agent_id, "day", "none")
                desk.heard_at = float("inf")  # nobody keeps these desks alive, and signing in takes its time
            await story(made)

    asyncio.run(told())


def heard(made: Office, agent_id: str) -> list[dict]:
    """What an agent's desk was told and nobody read."""
    outbox = made.floor.desks.desks[agent_id].outbox
    return [outbox.get_nowait() for _ in range(outbox.qsize())]


def test_agents_are_told_moved_and_listened_to(tmp_path):
    async def story(made: Office) -> None:
        maria = await made.signed_in("maria", "supervisor")
        desks = made.floor.desks
        heard(made, "agent-00")
        assert (await maria.post(f"{AGENT}/message", json={"text": "Well done"})).json() == {"told": 1}
        assert (await maria.post("/board/campaigns/day/message", json={"text": "Lunch"})).json() == {"told": 2}
        *_, last = heard(made, "agent-00")
        assert [(each["text"], each["by"]) for each in last["messages"]] == [("Well done", "Maria"), ("Lunch", "Maria")]
        desks.seen("agent-00", last["messages"][0]["id"])
        assert [each["text"] for each in desks.snapshot("agent-00")["messages"]] == ["Lunch"]
        assert (await maria.post(f"{AGENT}/message", json={"text": "x" * 501})).status_code == 422

        assert (await maria.post(f"{AGENT}/move", json={"campaign": "evening"})).json() == {"moved": True}
        assert desks.desks["agent-00"].campaign == "evening"
        told = next(each for each in heard(made, "agent-00") if "seat" in each)
        assert told["seat"]["name"] == told["campaign"] == "evening"
        assert made.floor.board("day").agents == {} or not any(
            state.value != "offline" for state in made.floor.board("day").agents
        )

        listening = {"phone": "+12025550170", "ear": "listen"}
        refused = await maria.post(f"{AGENT}/join", json=listening)  # nobody can listen to simulated people
        assert refused.status_code == 409 and "simulated" in refused.json()["detail"]
        made.floor.house.controls = ears = Ears()
        assert (await maria.post(f"{AGENT}/join", json=listening)).status_code == 200
        assert (await maria.post(f"{AGENT}/join", json={**listening, "ear": "barge"})).status_code == 200
        assert ears.joined == [("agent-00", "+12025550170", "listen"), ("agent-00", "+12025550170", "barge")]
        assert (await maria.post("/board/agents/agent-01/join", json=listening)).status_code == 409
        assert (await maria.post(f"{AGENT}/join", json={**listening, "phone": "112"})).status_code == 422
        assert [act for by, act, _, _ in made.acts() if by == "maria" and act in set(Act)] == [
            "message_agents", "message_agents", "move_agent", "join_calls", "join_calls", "join_calls", "join_calls",
        ]  # fmt: skip

    run(story, tmp_path)


def test_a_target_holds_at_once_within_the_law_and_after_the_next_start(tmp_path):
    async def story(made: Office) -> None:
        maria = await made.signed_in("maria", "manager")
        path = "/board/campaigns/day/target"
        ledger = made.floor._running["day"].session.pacer.ledger
        ledger.served, ledger.abandoned = 990, 10
        assert made.floor.board("day").abandonments_left == 20
        answer = await maria.post(path, json={"max_rate": 0.02, "why": "complaints"})
        assert answer.json() == {"campaign": "day", "max_rate": 0.02}
        board = made.floor.board("day")
        assert (board.max_abandonment_rate, board.served, board.abandoned) == (0.02, 990, 10)
        assert board.abandonments_left == 10  # what was spent counts under the new cap
        assert (await maria.post(path, json={"max_rate": 0.02, "why": ""})).status_code == 422
        unlawful = await maria.post(path, json={"max_rate": 0.04, "why": "faster"})
        assert unlawful.status_code == 422 and "16 CFR 310.4" in unlawful.json()["detail"]
        assert made.floor.board("day").max_abandonment_rate == 0.02
        mine = [(act, target, done) for by, act, target, done in made.acts() if by == "maria" and "target" in act]
        assert mine == [("change_target", "day", True), ("change_target", "day", False)]
        made.floor.stop("day", "to begin anew")
        while "day" in made.floor.names:
            await asyncio.sleep(0.05)
        await made.floor.start("day")
        assert made.floor.board("day").max_abandonment_rate == 0.02
        assert made.floor.board("day").served == 990  # and what was learned is there still
        with made.store.reading() as tx:
            assert targets.in_force(tx, "day", 0.03) == 0.02
            assert targets.in_force(tx, "day", 0.01) == 0.01  # the file was changed since: it is the newer word
            assert targets.in_force(tx, "evening", 0.03) == 0.03

    run(story, tmp_path)


def test_who_is_kept_to_one_client_reaches_no_agent_and_no_campaign_of_another(tmp_path):
    async def story(made: Office) -> None:
        rival = await made.signed_in("rita", "supervisor", "rival")
        ours = await made.signed_in("olga", "supervisor", "evergreen")
        joining = {"phone": "+12025550170", "ear": "listen"}
        for path, body in (
            (f"{AGENT}/message", {"text": "hello"}),
            (f"{AGENT}/move", {"campaign": "foreign"}),
            (f"{AGENT}/join", joining),
            ("/board/agents/nobody/message", {"text": "hello"}),
            ("/board/campaigns/day/message", {"text": "hello"}),
            ("/board/campaigns/day/target", {"max_rate": 0.01, "why": "theirs"}),
        ):
            assert (await rival.post(path, json=body)).status_code == 404, path
        assert (await rival.get("/board/campaigns/day/history")).status_code == 404
        assert (await rival.get("/board/campaigns/foreign/history")).status_code == 200
        # Nor can an agent be sent to where the supervisor sees nothing.
        assert (await ours.post(f"{AGENT}/move", json={"campaign": "foreign"})).status_code == 404
        assert made.floor.desks.desks["agent-00"].campaign == "day"
        assert not [act for by, act, _, _ in made.acts() if by in ("rita", "olga") and act in set(Act)]

    run(story, tmp_path)
