"""What an agent's client may ask for, one verb a message: `{"do": "mute", "on": true}`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from dialer.carriers.controls import NoSuchControl, TransferKind
from dialer.runtime.live.desks import DeskError
from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.live.hand_dialing import dial_by_hand
from dialer.runtime.live.outcomes import Outcome, foresee_callback, say_outcome

__all__ = ["Wanted", "act"]


class Wanted(BaseModel):
    """One message of a client."""

    model_config = ConfigDict(extra="forbid", strict=True)

    do: str
    code: str = Field(default="", max_length=32)
    call_id: str = Field(default="", max_length=64)
    notes: str = Field(default="", max_length=8000)
    callback_at: str | None = None  # ISO instant with its zone
    own: bool = False  # the agent calls back in person
    amount: str = Field(default="", max_length=16)  # promised, such as 120.50
    due: str = Field(default="", max_length=10)  # by when, YYYY-MM-DD on the person's calendar
    why: str = Field(default="", max_length=200)
    done: bool = True
    seconds: float = Field(default=0.0, ge=0, le=3600)
    on: bool = True  # of `mute`, `hold` and `record`
    digits: str = Field(default="", max_length=32)
    to: str = Field(default="", pattern=r"^(\+[1-9]\d{6,14})?$")
    kind: TransferKind = "warm"


def act(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    """Do what an agent's client asks for.

    Raises:
        KeyError: there is no such verb.
        DeskError: it cannot be done now; one line for the agent.
    """
    verb = _ACTS[wanted.do]
    try:
        verb(floor, agent_id, wanted)
    except NoSuchControl as error:
        raise DeskError(str(error)) from None


def _dispose(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    say_outcome(
        floor,
        agent_id,
        Outcome(
            wanted.call_id,
            wanted.code,
            notes=wanted.notes,
            callback_at=_instant(wanted.callback_at),
            own=wanted.own,
            amount=wanted.amount,
            due=wanted.due,
            done=wanted.done,
        ),
    )


def _check_callback(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    at = _instant(wanted.callback_at)
    if at is None:
        raise DeskError("say when to call back")
    found = foresee_callback(floor, wanted.call_id, at, wanted.own)
    told = {"ok": found.allowed, "say": found.say, "next_at": found.next_at}
    asked = {"call_id": wanted.call_id, "callback_at": wanted.callback_at, "own": wanted.own}
    floor.desks.desks[agent_id].tell({"event": "callback", **asked, **told})


def _instant(text: str | None) -> float | None:
    """An ISO 8601 instant as seconds since the epoch."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise DeskError(f"{text!r} is no instant") from None
    if instant.tzinfo is None:
        raise DeskError("a callback needs its time zone")
    return instant.timestamp()


def _skip(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    if not wanted.why.strip():
        raise DeskError("say why this person is not to be called now")
    floor.desks.skip(agent_id, wanted.why.strip())


def _mute(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    controls, _ = floor.conversation(agent_id)
    controls.mute(agent_id, wanted.on)


def _hold(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    controls, call_id = floor.conversation(agent_id)
    controls.hold(call_id, wanted.on)


def _keys(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    controls, call_id = floor.conversation(agent_id)
    controls.send_digits(call_id, wanted.digits)


def _record(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    controls, call_id = floor.conversation(agent_id)
    controls.record(call_id, wanted.on)


def _transfer(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    if not wanted.to:
        raise DeskError("say to whom: a number such as +12125550100")
    controls, call_id = floor.conversation(agent_id)
    controls.transfer(call_id, wanted.to, wanted.kind)


def _complete_transfer(floor: LiveFloor, agent_id: str, wanted: Wanted) -> None:
    controls, call_id = floor.conversation(agent_id)
    controls.complete_transfer(call_id)


_ACTS: dict[str, Callable[[LiveFloor, str, Wanted], None]] = {
    "alive": lambda floor, agent, wanted: None,
    "ping": lambda floor, agent, wanted: floor.desks.desks[agent].tell({"event": "pong"}),  # a browser's sign of life
    "ready": lambda floor, agent, wanted: floor.desks.ready(agent),
    "pause": lambda floor, agent, wanted: floor.desks.pause(agent, wanted.code),
    "finishing": lambda floor, agent, wanted: floor.desks.finishing(agent, wanted.seconds),
    "hang_up": lambda floor, agent, wanted: floor.hang_up(agent),
    "dispose": _dispose,
    "check_callback": _check_callback,
    "dial": lambda floor, agent, wanted: floor.desks.dial(agent),
    "skip": _skip,
    "dial_number": lambda floor, agent, wanted: dial_by_hand(floor, agent, wanted.to),
    "seen": lambda floor, agent, wanted: floor.desks.seen(agent, wanted.code),
    "sign_out": lambda floor, agent, wanted: floor.desks.sign_out(agent),
    "mute": _mute,
    "hold": _hold,
    "keys": _keys,
    "record": _record,
    "voicemail": lambda floor, agent, wanted: floor.leave_voicemail(agent),
    "transfer": _transfer,
    "complete_transfer": _complete_transfer,
}
