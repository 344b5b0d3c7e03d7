"""What can be done from the board: pause, resume, another target, move, speak to, and listen to agents.

Every act names the campaign or the agent it is done to. Whoever is kept to some client companies is told 404 of all
others: that they run is not theirs to know. Every act is written down.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dialer.carriers.controls import Ear, NoSuchControl
from dialer.runtime.live.desks import DeskError
from dialer.runtime.live.floor import LiveFloor
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard

__all__ = ["Reach", "board_acts_router"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Why(_Asked):
    """Why a campaign is paused; it is written down and shown."""

    why: str = Field(min_length=1, max_length=200)


class Target(_Asked):
    """Another abandonment cap, a fraction, and why."""

    max_rate: float = Field(gt=0, le=1)
    why: str = Field(min_length=1, max_length=200)


class Move(_Asked):
    """Where an agent is to go."""

    campaign: str = Field(min_length=1, max_length=64)


class Words(_Asked):
    """What agents are told."""

    text: str = Field(min_length=1, max_length=500)


class Joining(_Asked):
    """How a supervisor takes part in an agent's calls, and which phone of theirs rings."""

    phone: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    ear: Ear


class Reach:
    """Who may touch what of a floor."""

    def __init__(self, floor: LiveFloor) -> None:
        self._floor = floor

    def campaign(self, name: str, user: User) -> None:
        """Raise 404 for a campaign that does not run, or is none of theirs: nobody learns which."""
        if name not in self._floor.names or not user.sees(self._floor.campaign(name).client):
            raise HTTPException(404, f"{name} is not running on this floor")

    def agent(self, agent_id: str, user: User) -> None:
        """Raise 404 for an agent who is not here, or on a campaign that is none of theirs."""
        desk = self._floor.desks.desks.get(agent_id)
        if desk is None or desk.campaign not in self._floor.names:
            raise HTTPException(404, f"{agent_id} is not on this floor")
        if not user.sees(self._floor.campaign(desk.campaign).client):
            raise HTTPException(404, f"{agent_id} is not on this floor")


def board_acts_router(floor: LiveFloor, guard: Guard) -> APIRouter:
    """The routes under `/board/campaigns/{name}` and `/board/agents/{agent_id}`."""
    router, reach = APIRouter(prefix="/board", include_in_schema=False), Reach(floor)
    pauser, resumer = Depends(guard.needs(Act.PAUSE_CAMPAIGN)), Depends(guard.needs(Act.RESUME_CAMPAIGN))
    targeter, mover = Depends(guard.needs(Act.CHANGE_TARGET)), Depends(guard.needs(Act.MOVE_AGENT))
    speaker, joiner = Depends(guard.needs(Act.MESSAGE_AGENTS)), Depends(guard.needs(Act.JOIN_CALLS))

    @router.post("/campaigns/{name}/pause")
    async def pause(name: str, why: Why, user: User = pauser) -> dict[str, str]:
        reach.campaign(name, user)
        guard.record(user, Act.PAUSE_CAMPAIGN, name, why.why)
        floor.pause(name, f"{why.why} ({user.name})")
        return {"paused": name}

    @router.post("/campaigns/{name}/resume")
    async def resume(name: str, user: User = resumer) -> dict[str, str]:
        reach.campaign(name, user)
        guard.record(user, Act.RESUME_CAMPAIGN, name)
        floor.resume(name)
        return {"resumed": name}

    @router.post("/campaigns/{name}/target")
    async def target(name: str, asked: Target, user: User = targeter) -> dict[str, Any]:
        reach.campaign(name, user)
        said = f"{100 * floor.board(name).max_abandonment_rate:g} % to {100 * asked.max_rate:g} %: {asked.why}"
        try:
            floor.retarget(name, asked.max_rate, user.account_id)
        except ValueError as error:
            guard.record(user, Act.CHANGE_TARGET, name, said, done=False)
            raise HTTPException(422, _first_line(error)) from None
        guard.record(user, Act.CHANGE_TARGET, name, said)
        return {"campaign": name, "max_rate": asked.max_rate}

    @router.post("/campaigns/{name}/message")
    async def message_all(name: str, words: Words, user: User = speaker) -> dict[str, Any]:
        reach.campaign(name, user)
        guard.record(user, Act.MESSAGE_AGENTS, name, words.text)
        told = [each.agent_id for each in floor.desks.desks.values() if each.campaign == name]
        for agent_id in told:
            floor.desks.say(agent_id, words.text, user.name)
        return {"told": len(told)}

    @router.post("/agents/{agent_id}/message")
    async def message(agent_id: str, words: Words, user: User = speaker) -> dict[str, Any]:
        reach.agent(agent_id, user)
        guard.record(user, Act.MESSAGE_AGENTS, agent_id, words.text)
        floor.desks.say(agent_id, words.text, user.name)
        return {"told": 1}

    @router.post("/agents/{agent_id}/move")
    async def move(agent_id: str, asked: Move, user: User = mover) -> dict[str, Any]:
        reach.agent(agent_id, user)
        reach.campaign(asked.campaign, user)
        guard.record(user, Act.MOVE_AGENT, agent_id, f"to {asked.campaign}")
        try:
            return {"moved": floor.desks.move(agent_id, asked.campaign)}
        except DeskError as error:
            raise HTTPException(409, str(error)) from None

    @router.post("/agents/{agent_id}/join")
    async def join(agent_id: str, joining: Joining, user: User = joiner) -> dict[str, str]:
        reach.agent(agent_id, user)
        guard.record(user, Act.JOIN_CALLS, agent_id, f"{joining.ear}, from a phone that ends in {joining.phone[-4:]}")
        try:
            floor.join(agent_id, joining.phone, joining.ear)
        except (DeskError, NoSuchControl) as error:
            raise HTTPException(409, str(error)) from None
        return {"joined": agent_id, "ear": joining.ear}

    return router


def _first_line(error: ValueError) -> str:
    """A validation error's first message, or the error's own words."""
    errors = getattr(error, "errors", None)
    return str(errors()[0]["msg"]) if callable(errors) else str(error)
