"""Everything that can happen to the engine. Frozen; time (`at`, seconds since the epoch) arrives inside.

Who sends what: the *carrier* tells of calls, the *desk* (an agent's browser, or a simulated agent) tells of
agents, the *driver* tells of leads, gate refusals, limits and the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AgentFinishing",
    "AgentGone",
    "AgentPaused",
    "AgentReady",
    "Answered",
    "BridgeFailed",
    "Bridged",
    "CampaignPaused",
    "CampaignResumed",
    "DialAllowed",
    "DialRefused",
    "Dispositioned",
    "DrainRequested",
    "EndCause",
    "Ended",
    "Event",
    "FailureKind",
    "Lead",
    "LeadsOffered",
    "LimitsChanged",
    "Lost",
    "MachineDetected",
    "MessagePlayed",
    "NoLeads",
    "OptedOut",
    "PlaceFailed",
    "Placed",
    "Ringing",
    "Tick",
]

#: Why a call ended, as the carrier saw it.
EndCause = Literal[
    "busy",
    "no_answer",
    "invalid",
    "congestion",
    "failed",
    "cancelled",
    "hung_up_by_person",
    "hung_up_by_us",
    "machine",
]

#: What a refused placement says: `number` never again; `account` pauses the campaign; `rate` slows the pace;
#: `unknown` may have been placed after all, so the person is not dialed again because of it.
FailureKind = Literal["number", "account", "rate", "unknown"]

#: Why the driver has no leads to offer now.
NoLeads = Literal["", "outside_hours", "waiting", "done"]


@dataclass(frozen=True, slots=True)
class Lead:
    """One person to call, as the engine needs it: which number is next and how often was tried."""

    lead_id: int
    number: str  # E.164, the phone whose turn it is
    phone_id: int
    attempts: int = 0  # earlier attempts in this campaign
    answer_probability: float | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; timers that are due fire."""

    at: float


@dataclass(frozen=True, slots=True)
class AgentReady:
    """The agent (signed in, leg up) waits for a call."""

    at: float
    agent_id: str


@dataclass(frozen=True, slots=True)
class AgentPaused:
    """The agent takes no calls for now; during a call it takes effect after wrap-up."""

    at: float
    agent_id: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class AgentGone:
    """The agent signed out, or browser or leg was lost."""

    at: float
    agent_id: str
    why: str = "signed out"


@dataclass(frozen=True, slots=True)
class AgentFinishing:
    """The desk knows that the agent will be free in about `seconds`."""

    at: float
    agent_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Dispositioned:
    """The agent said what came of the call. `done`: wrap-up is over with it."""

    at: float
    agent_id: str
    call_id: str
    code: str
    callback_at: float | None = None
    notes: str = ""
    done: bool = True


@dataclass(frozen=True, slots=True)
class LeadsOffered:
    """Answer to `FetchLeads`: leased leads in dialing order; when none, why, and when to ask again."""

    at: float
    leads: tuple[Lead, ...]
    none_because: NoLeads = ""
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class DialAllowed:
    """The gate allowed the call and its attempt is committed; the carrier is asked next."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class DialRefused:
    """The gate refused the call at the instant of dialing; `retry_at` None means never."""

    at: float
    call_id: str
    codes: tuple[str, ...]
    retry_at: float | None
    whole_lead: bool = True  # False: only this number is barred; another phone of the lead may be tried


@dataclass(frozen=True, slots=True)
class Placed:
    """The carrier took the call."""

    at: float
    call_id: str
    carrier_ref: str = ""


@dataclass(frozen=True, slots=True)
class PlaceFailed:
    """The carrier did not take the call, or nobody knows whether it did (`unknown`)."""

    at: float
    call_id: str
    kind: FailureKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end rings."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody, taken for a person, answered."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class MachineDetected:
    """Answering-machine detection is sure. `unknown` verdicts never become this event: they are people."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class Bridged:
    """Person and agent hear each other."""

    at: float
    call_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class BridgeFailed:
    """The join did not happen; the person still waits, or is gone (then `Ended` follows)."""

    at: float
    call_id: str
    agent_id: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MessagePlayed:
    """The safe-harbour message was heard to its end."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The person pressed the opt-out key (or said so to a machine)."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over at the carrier."""

    at: float
    call_id: str
    cause: EndCause


@dataclass(frozen=True, slots=True)
class Lost:
    """The carrier was asked and knows nothing: closed as lost, and it counts towards every cap."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """Lines free for this campaign and dials the rate allows now; None is no limit."""

    at: float
    line_limit: int | None
    dial_tokens: int | None


@dataclass(frozen=True, slots=True)
class CampaignPaused:
    """A person, or the carrier's account, stopped dialing; live calls go on."""

    at: float
    why: str


@dataclass(frozen=True, slots=True)
class CampaignResumed:
    """Dialing may go on."""

    at: float


@dataclass(frozen=True, slots=True)
class DrainRequested:
    """No new dials; live calls finish; then the run is complete."""

    at: float
    why: str


Event = (
    Tick
    | AgentReady
    | AgentPaused
    | AgentGone
    | AgentFinishing
    | Dispositioned
    | LeadsOffered
    | DialAllowed
    | DialRefused
    | Placed
    | PlaceFailed
    | Ringing
    | Answered
    | MachineDetected
    | Bridged
    | BridgeFailed
    | MessagePlayed
    | OptedOut
    | Ended
    | Lost
    | LimitsChanged
    | CampaignPaused
    | CampaignResumed
    | DrainRequested
)
