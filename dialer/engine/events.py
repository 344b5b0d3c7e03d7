"""Everything that can happen to the engine. Frozen; time (`at`, seconds since the epoch) arrives inside.

Who sends what: the *carrier* tells of calls, the *desk* (an agent's browser, or a simulated agent) tells of
agents, the *driver* tells of leads, gate refusals, limits and the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

__all__ = [
    "AgentAsked",
    "AgentFinishing",
    "AgentGone",
    "AgentPaused",
    "AgentReady",
    "Answered",
    "BridgeFailed",
    "Bridged",
    "CallbacksDue",
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
    "MachineReady",
    "ManualDialed",
    "MessagePlayed",
    "NoLeads",
    "OptedOut",
    "PlaceFailed",
    "Placed",
    "PreviewDialed",
    "PreviewSkipped",
    "PreviewTimedOut",
    "Promise",
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
    for_agent: str = ""  # whom a callback was promised with; "": anybody
    promised_at: float | None = None  # the time that was promised
    by_hand: bool = False  # an agent typed the number: without an outcome the lead stays what it was


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
class Promise:
    """What the person promised to pay, and by when.

    Raises:
        ValueError: no amount above zero with at most two decimals, no currency of three capitals.
    """

    amount: Decimal
    currency: str  # ISO 4217
    due: date  # on the person's calendar

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount <= 0 or self.amount != round(self.amount, 2):
            raise ValueError(f"{self.amount} is no amount to pay: write one such as 120.50")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise ValueError(f"{self.currency!r} is no currency: write its three letters, such as USD")


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
    callback_for: str = ""  # the agent who is to call back; "": anybody
    promise: Promise | None = None


@dataclass(frozen=True, slots=True)
class LeadsOffered:
    """Answer to `FetchLeads`: leased leads in dialing order; when none, why, and when to ask again."""

    at: float
    leads: tuple[Lead, ...]
    none_because: NoLeads = ""
    retry_at: float | None = None
    say: str = ""  # why there are none, as a sentence, where more is known than the reason


@dataclass(frozen=True, slots=True)
class CallbacksDue:
    """Callbacks whose promised time has come, leased: they go before all other leads."""

    at: float
    leads: tuple[Lead, ...]


@dataclass(frozen=True, slots=True)
class PreviewDialed:
    """The agent has looked at the lead on the screen and wants the call."""

    at: float
    agent_id: str


@dataclass(frozen=True, slots=True)
class PreviewSkipped:
    """The agent does not want to call the lead on the screen, and says why."""

    at: float
    agent_id: str
    why: str


@dataclass(frozen=True, slots=True)
class PreviewTimedOut:
    """The countdown of a preview is over: the call is placed by itself."""

    at: float
    agent_id: str


@dataclass(frozen=True, slots=True)
class ManualDialed:
    """The agent typed a number; its lead is leased for this call alone."""

    at: float
    agent_id: str
    lead: Lead
    then_pause: str | None = None  # the pause that the agent goes back to after it


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
    say: str = ""  # the refusal as a sentence, for the agent who waits for this very call
    as_it_was: bool = False  # nothing about this person: the lead goes back unchanged


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
class AgentAsked:
    """During the message of an agentless campaign the person pressed the key for an agent, and waits."""

    at: float
    call_id: str


@dataclass(frozen=True, slots=True)
class MachineReady:
    """A machine answered and its greeting is over: what is said from now on is recorded."""

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
    | CallbacksDue
    | PreviewDialed
    | PreviewSkipped
    | PreviewTimedOut
    | ManualDialed
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
    | AgentAsked
    | MachineReady
    | Ended
    | Lost
    | LimitsChanged
    | CampaignPaused
    | CampaignResumed
    | DrainRequested
)
