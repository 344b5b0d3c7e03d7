"""Everything the engine asks for. Facts (`*Changed`) are to be written down before the action that follows.

Actions go to the carrier or the driver; facts go to the store. The driver executes a list in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dialer.engine.events import Lead, Promise
from dialer.engine.states import AgentState, CallResult, CallState, CampaignState, LeadState
from dnc.values import Mode

__all__ = [
    "AgentChanged",
    "Bridge",
    "CallChanged",
    "CampaignChanged",
    "Command",
    "Dial",
    "FetchLeads",
    "HangUp",
    "LeadChanged",
    "LookUp",
    "PlayMessage",
    "ReleaseLeads",
    "Suppress",
    "WakeAt",
]


@dataclass(frozen=True, slots=True)
class Dial:
    """Ask the gate; when it allows, commit the attempt, then place the call; else answer `DialRefused`."""

    at: float
    call_id: str
    lead_id: int
    phone_id: int
    number: str
    agent_id: str | None = None  # the agent held for this very call, if any
    mode: Mode | None = None  # how it is placed, where that differs from the campaign's


@dataclass(frozen=True, slots=True)
class Bridge:
    """Join the person to the agent."""

    at: float
    call_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class PlayMessage:
    """Play a message with the opt-out key, then hang up.

    `what`: the safe-harbour message (seller, number, key) of a call that nobody could take; the `message` of an
    agentless campaign; or, without keys, what it leaves on an answering machine.
    """

    at: float
    call_id: str
    what: Literal["safe_harbour", "message", "voicemail"] = "safe_harbour"


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call, ringing or answered."""

    at: float
    call_id: str
    why: Literal["release", "machine", "agent_done", "ring_timeout", "drain", "lost_agent", "lost", "message_over"]


@dataclass(frozen=True, slots=True)
class LookUp:
    """The call is past its deadline: ask the carrier what became of it."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class FetchLeads:
    """Lease up to `count` further leads and answer `LeadsOffered`."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class ReleaseLeads:
    """Give leased leads back unused."""

    at: float
    lead_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send a `Tick` at this instant; later ones replace nothing, earlier ones may come too."""

    at: float


@dataclass(frozen=True, slots=True)
class Suppress:
    """Put the call's number on the internal Do-Not-Call list, before anything else happens.

    `whole_person`: every number of that person, whichever lead, debt or campaign of the client they stand under.
    """

    at: float
    call_id: str
    number: str
    reason: str
    source: str
    whole_person: bool = False


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A call has a new state. Fields that did not change with it are None."""

    at: float
    call_id: str
    state: CallState
    result: CallResult | None = None
    agent_id: str | None = None
    carrier_ref: str | None = None
    detail: str | None = None
    message_played: bool | None = None
    amd_machine: bool | None = None
    disposition: str | None = None
    callback_at: float | None = None
    notes: str | None = None
    callback_for: str = ""
    promise: Promise | None = None
    late: bool = False  # said of a call that was over: when it ended stays as it was


@dataclass(frozen=True, slots=True)
class LeadChanged:
    """A lead has a new state; `next_at` is the earliest next attempt."""

    at: float
    lead_id: int
    state: LeadState
    next_at: float | None
    why: str
    phone_id: int | None = None  # with `phone_bad`: the number that must not be tried again
    phone_bad: str | None = None
    for_agent: str = ""  # of a callback: who promised it


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent has a new state.

    `preview`: the lead on the screen. `say`: why the call they were held for did not come about, a `CallResult` or the
    sentence of a refusal; it is for the agent and is not written down.
    """

    at: float
    agent_id: str
    state: AgentState
    call_id: str | None = None
    code: str = ""
    preview: Lead | None = None
    say: str = ""


@dataclass(frozen=True, slots=True)
class CampaignChanged:
    """The campaign's health in a word and a sentence for the board: dialing, or why not."""

    at: float
    state: CampaignState
    why: str


Command = (
    Dial
    | Bridge
    | PlayMessage
    | HangUp
    | LookUp
    | FetchLeads
    | ReleaseLeads
    | WakeAt
    | Suppress
    | CallChanged
    | LeadChanged
    | AgentChanged
    | CampaignChanged
)
