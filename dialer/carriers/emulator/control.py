"""The control face: what no carrier offers. Books, faults, people, and agents' browsers, below `/control`.

Every request needs the account's own authorization, like the REST face; answers are JSON.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from dialer.carriers.emulator.clients import Client
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.far_end import Line
from dialer.carriers.emulator.faults import Fault
from dialer.carriers.emulator.leg import Leg
from dialer.carriers.emulator.people import read_behaviours
from dialer.carriers.emulator.rest import authorized

__all__ = ["control_router"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Registration(_Strict):
    """A browser with its access token."""

    token: str
    answers_after: Annotated[float, Field(ge=0.0)] | None = None


class Connect(_Strict):
    """A browser calls out."""

    params: dict[str, str] = Field(default_factory=dict)


class Keys(_Strict):
    """Keys pressed."""

    digits: str


class Mute(_Strict):
    """A browser mutes itself, or speaks again."""

    muted: bool


class Lose(_Strict):
    """A browser dies: no sound from now on, and the carrier notices after so many seconds."""

    after: Annotated[float, Field(ge=0.0)] = 10.0


class Incoming(_Strict):
    """Somebody calls one of the account's numbers."""

    caller: str
    to: str
    behaviour: dict[str, Any] = Field(default_factory=lambda: {"result": "human"})


def control_router(exchange: Exchange) -> APIRouter:
    """All routes below `/control`."""

    async def only_the_account(request: Request) -> None:
        authorized(exchange, request)

    router = APIRouter(prefix="/control", dependencies=[Depends(only_the_account)])

    # ------------------------------------------------------------------ what happened

    @router.get("/books")
    async def books() -> list[dict[str, Any]]:
        """Every call's story."""
        return [each.as_json() for each in exchange.books]

    @router.get("/books/{sid}")
    async def book(sid: str) -> dict[str, Any]:
        """One call's story."""
        found = exchange.books.of(sid)
        if found is None:
            raise HTTPException(404, f"no call {sid}")
        return found.as_json()

    @router.get("/violations")
    async def violations() -> list[dict[str, str]]:
        """What the dialer did against the carrier's rules without being refused."""
        wrong = [{"kind": kind, "what": what, "call": call} for kind, what, call in exchange.violations]
        return wrong + [{"kind": "override", "what": what, "call": ""} for what in exchange.courier.bad_overrides]

    @router.get("/callbacks")
    async def callbacks() -> list[dict[str, Any]]:
        """Every request to the dialer, how it was answered, and how long that took."""
        return [each.as_json() for each in exchange.courier.deliveries]

    @router.get("/requests")
    async def requests() -> list[dict[str, Any]]:
        """Every request of the REST face with its answer."""
        return list(exchange.requests)

    # ------------------------------------------------------------------ what goes wrong

    @router.get("/faults")
    async def faults() -> list[dict[str, Any]]:
        """The rules in force."""
        return exchange.faults.listing()

    @router.post("/faults", status_code=201)
    async def add_fault(fault: Fault) -> dict[str, int]:
        """Put a rule in force."""
        return {"id": exchange.faults.add(fault)}

    @router.delete("/faults", status_code=204)
    async def no_faults() -> None:
        """Lift every rule."""
        exchange.faults.remove()

    @router.delete("/faults/{rule_id}", status_code=204)
    async def remove_fault(rule_id: int) -> None:
        """Lift one rule."""
        exchange.faults.remove(rule_id)

    # ------------------------------------------------------------------ who answers

    @router.put("/people/{number}", status_code=204)
    async def put_people(number: str, behaviours: Annotated[Any, Body()]) -> None:
        """Say what happens at a number; a list is used up call by call."""
        try:
            exchange.directory.put(number, read_behaviours(behaviours))
        except ValueError as error:
            raise HTTPException(422, str(error)) from error

    @router.put("/applications/{sid}", status_code=204)
    async def put_application(sid: str, voice_url: Annotated[str, Body(embed=True)]) -> None:
        """Say where a TwiML application handles browsers' calls."""
        exchange.applications[sid] = voice_url

    @router.post("/incoming", status_code=201)
    async def call_in(incoming: Incoming) -> dict[str, str]:
        """Somebody calls one of the account's numbers."""
        try:
            how = read_behaviours(incoming.behaviour)[0]
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return {"call": exchange.call_in(incoming.caller, incoming.to, how).sid}

    @router.post("/calls/{sid}/hang-up", status_code=204)
    async def hang_up(sid: str) -> None:
        """The person on a call hangs up."""
        exchange.leg(sid).hang_up()

    @router.post("/calls/{sid}/keys", status_code=204)
    async def press(sid: str, keys: Keys) -> None:
        """The person on a call presses keys."""
        exchange.leg(sid).press(keys.digits)

    # ------------------------------------------------------------------ agents' browsers

    @router.post("/clients", status_code=201)
    async def register(registration: Registration) -> dict[str, Any]:
        """A browser registers with its access token; it picks up by itself when told to."""
        return _client_json(exchange.clients.register(registration.token, registration.answers_after))

    @router.get("/clients/{identity}")
    async def client(identity: str) -> dict[str, Any]:
        """What a browser is doing."""
        return _client_json(exchange.clients.known(identity))

    @router.delete("/clients/{identity}", status_code=204)
    async def unregister(identity: str) -> None:
        """A browser says good-bye; its live calls go on."""
        exchange.clients.unregister(identity)

    @router.post("/clients/{identity}/connect", status_code=201)
    async def connect(identity: str, how: Connect) -> dict[str, str]:
        """A browser calls out to its application."""
        return {"call": exchange.connect_client(identity, how.params).sid}

    @router.post("/clients/{identity}/answer", status_code=204)
    async def answer(identity: str) -> None:
        """A browser picks up."""
        _first(exchange.clients.known(identity).ringing).answer("client")

    @router.post("/clients/{identity}/reject", status_code=204)
    async def reject(identity: str) -> None:
        """A browser refuses the call that rings."""
        _first(exchange.clients.known(identity).ringing).refuse("busy", 486)

    @router.post("/clients/{identity}/hang-up", status_code=204)
    async def client_hangs_up(identity: str) -> None:
        """A browser hangs up."""
        _first(exchange.clients.known(identity).lines).hang_up()

    @router.post("/clients/{identity}/keys", status_code=204)
    async def client_presses(identity: str, keys: Keys) -> None:
        """A browser sends key tones."""
        _first(exchange.clients.known(identity).lines).press(keys.digits)

    @router.post("/clients/{identity}/mute", status_code=204)
    async def mute(identity: str, how: Mute) -> None:
        """A browser mutes itself, or speaks again."""
        for line in exchange.clients.known(identity).lines:
            _leg(line).silence(how.muted)

    @router.post("/clients/{identity}/lose", status_code=204)
    async def lose(identity: str, how: Lose) -> None:
        """A browser dies with its calls."""
        exchange.clients.unregister(identity)
        for line in list(exchange.clients.known(identity).lines):
            leg = _leg(line)
            leg.silence(True)
            exchange.clock.after(how.after, leg.lost)

    return router


def _client_json(client: Client) -> dict[str, Any]:
    return {
        "identity": client.identity,
        "registered": client.registered,
        "application": client.application,
        "incoming": client.incoming,
        "ringing": [_leg(line).sid for line in client.ringing],
        "calls": [
            {"call": leg.sid, "status": leg.call.status, "hears": leg.hearing} for leg in map(_leg, client.lines)
        ],
    }


def _first(lines: list[Line]) -> Line:
    if not lines:
        raise HTTPException(409, "the browser has no such call now")
    return lines[-1]


def _leg(line: Line) -> Leg:
    assert isinstance(line, Leg)
    return line
