"""The states of calls, leads, agents and campaigns, and the tables that say what may follow what.

One table per machine: `(state, event type) -> next state`. What a table does not list is refused with
`IllegalEvent` and changes nothing. The diagrams in `docs/developers/` are drawn from these tables.
"""

from __future__ import annotations

from enum import StrEnum

from dialer.engine import events as ev

__all__ = [
    "AGENT_TABLE",
    "CALL_TABLE",
    "TALKED",
    "AgentState",
    "CallResult",
    "CallState",
    "CampaignState",
    "IllegalEvent",
    "LeadState",
]


class IllegalEvent(Exception):
    """An event that the machine does not allow in its present state; nothing was changed."""


class CallState(StrEnum):
    """Where a call is. System state only: what a person made of it is the disposition."""

    PLANNED = "planned"  #: chosen by the engine; the gate has not yet spoken
    PLACING = "placing"  #: attempt committed, the carrier was asked
    QUEUED = "queued"  #: the carrier took it, nothing rings yet
    RINGING = "ringing"
    ANSWERED = "answered"  #: a live person waits for an agent, or hears the message
    BRIDGED = "bridged"
    ENDED = "ended"


class CallResult(StrEnum):
    """What became of a call, as the machine knows it."""

    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    INVALID = "invalid"
    CONGESTION = "congestion"
    FAILED = "failed"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"
    HUNG_UP_FIRST = "hung_up_first"  #: answered, and left before 2 s were over and before an agent came
    TO_AGENT = "to_agent"  #: agentless: asked for an agent by key, who came in time
    MESSAGE_HEARD = "message_heard"  #: agentless: a person heard the message to its end
    MESSAGE_PART = "message_part"  #: agentless: the person hung up before its end
    OPTED_OUT = "opted_out"  #: agentless: the person pressed the opt-out key
    VOICEMAIL_LEFT = "voicemail_left"  #: agentless: left on an answering machine to its end


#: Results of calls in which a person talked to an agent, when they were bridged.
TALKED = frozenset({CallResult.HUMAN, CallResult.TO_AGENT})


class LeadState(StrEnum):
    """Where a lead is."""

    READY = "ready"
    LEASED = "leased"
    WAITING = "waiting"
    CALLBACK = "callback"
    DONE = "done"
    BLOCKED = "blocked"


class AgentState(StrEnum):
    """What an agent does.

    `preview`: looks at a lead and decides about the call. `dialing`: waits for the answer to a call that was placed for
    this agent alone. `reserved`: an answered person is being joined to this agent.
    """

    OFFLINE = "offline"
    PAUSED = "paused"
    READY = "ready"
    PREVIEW = "preview"
    DIALING = "dialing"
    RESERVED = "reserved"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class CampaignState(StrEnum):
    """Dialing, or why not."""

    DRAFT = "draft"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    OUTSIDE_HOURS = "outside_hours"
    WAITING_FOR_AGENTS = "waiting_for_agents"
    WAITING_FOR_LEADS = "waiting_for_leads"
    WAITING_FOR_LINES = "waiting_for_lines"
    BLOCKED = "blocked"
    COMPLETE = "complete"


_C = CallState
_ON_ITS_WAY = (_C.PLACING, _C.QUEUED, _C.RINGING)

#: Callbacks of real carriers are not ordered, may be missing and may come twice: a later state may be
#: reached without the earlier ones, and what merely repeats the past stays where it is.
CALL_TABLE: dict[tuple[CallState, type], CallState] = {
    (_C.PLANNED, ev.DialAllowed): _C.PLACING,
    (_C.PLANNED, ev.DialRefused): _C.ENDED,
    (_C.PLACING, ev.Placed): _C.QUEUED,
    (_C.QUEUED, ev.Placed): _C.QUEUED,
    (_C.RINGING, ev.Placed): _C.RINGING,
    (_C.ANSWERED, ev.Placed): _C.ANSWERED,
    (_C.BRIDGED, ev.Placed): _C.BRIDGED,
    (_C.PLACING, ev.PlaceFailed): _C.ENDED,  # kind `unknown` stays: the call may live, the carrier is asked
    (_C.PLACING, ev.Ringing): _C.RINGING,
    (_C.QUEUED, ev.Ringing): _C.RINGING,
    (_C.RINGING, ev.Ringing): _C.RINGING,
    (_C.ANSWERED, ev.Ringing): _C.ANSWERED,
    (_C.BRIDGED, ev.Ringing): _C.BRIDGED,
    **{(state, ev.Answered): _C.ANSWERED for state in _ON_ITS_WAY},
    (_C.ANSWERED, ev.Answered): _C.ANSWERED,
    (_C.BRIDGED, ev.Answered): _C.BRIDGED,
    **{(state, ev.MachineDetected): _C.ENDED for state in (*_ON_ITS_WAY, _C.ANSWERED, _C.BRIDGED)},
    (_C.ANSWERED, ev.Bridged): _C.BRIDGED,
    (_C.BRIDGED, ev.Bridged): _C.BRIDGED,
    (_C.ANSWERED, ev.BridgeFailed): _C.ANSWERED,
    (_C.ANSWERED, ev.MessagePlayed): _C.ANSWERED,
    (_C.BRIDGED, ev.MessagePlayed): _C.BRIDGED,  # the agent was lost and the person was told
    (_C.ANSWERED, ev.OptedOut): _C.ANSWERED,
    (_C.ANSWERED, ev.AgentAsked): _C.ANSWERED,  # agentless: from now on the person waits for an agent
    (_C.BRIDGED, ev.AgentAsked): _C.BRIDGED,
    **{(state, ev.MachineReady): _C.ANSWERED for state in (*_ON_ITS_WAY, _C.ANSWERED)},
    (_C.BRIDGED, ev.MachineReady): _C.BRIDGED,  # the agent hears who it is
    (_C.BRIDGED, ev.OptedOut): _C.BRIDGED,
    **{(state, ev.Ended): _C.ENDED for state in (*_ON_ITS_WAY, _C.ANSWERED, _C.BRIDGED)},
    **{(state, ev.Lost): _C.ENDED for state in (*_ON_ITS_WAY, _C.ANSWERED, _C.BRIDGED)},
    # A call that is over may still be told of: late and repeated callbacks change nothing.
    **{
        (_C.ENDED, late): _C.ENDED
        for late in (
            ev.Placed,
            ev.PlaceFailed,
            ev.Ringing,
            ev.Answered,
            ev.MachineDetected,
            ev.Bridged,
            ev.BridgeFailed,
            ev.MessagePlayed,
            ev.OptedOut,
            ev.AgentAsked,
            ev.MachineReady,
            ev.Ended,
            ev.Lost,
        )
    },
}

_A = AgentState

#: `Answered`, `Bridged`, `BridgeFailed` and `Ended` reach an agent through the call that holds the agent.
AGENT_TABLE: dict[tuple[AgentState, type], AgentState] = {
    (_A.OFFLINE, ev.AgentReady): _A.READY,
    (_A.PAUSED, ev.AgentReady): _A.READY,
    (_A.READY, ev.AgentReady): _A.READY,
    (_A.WRAP_UP, ev.AgentReady): _A.READY,
    (_A.RESERVED, ev.AgentReady): _A.RESERVED,  # takes back a pause that waited for the call's end
    (_A.TALKING, ev.AgentReady): _A.TALKING,
    (_A.OFFLINE, ev.AgentPaused): _A.PAUSED,
    (_A.READY, ev.AgentPaused): _A.PAUSED,
    (_A.PAUSED, ev.AgentPaused): _A.PAUSED,
    (_A.RESERVED, ev.AgentPaused): _A.RESERVED,  # takes effect after the call
    (_A.TALKING, ev.AgentPaused): _A.TALKING,
    (_A.WRAP_UP, ev.AgentPaused): _A.WRAP_UP,
    **{(state, ev.AgentGone): _A.OFFLINE for state in AgentState},
    **{(state, ev.AgentFinishing): state for state in (_A.TALKING, _A.WRAP_UP)},
    (_A.READY, ev.LeadsOffered): _A.PREVIEW,
    (_A.PREVIEW, ev.AgentReady): _A.PREVIEW,
    (_A.PREVIEW, ev.AgentPaused): _A.PAUSED,
    (_A.PREVIEW, ev.PreviewDialed): _A.DIALING,
    (_A.PREVIEW, ev.PreviewTimedOut): _A.DIALING,
    (_A.PREVIEW, ev.PreviewSkipped): _A.READY,
    (_A.PREVIEW, ev.DrainRequested): _A.READY,
    (_A.READY, ev.ManualDialed): _A.DIALING,
    (_A.PAUSED, ev.ManualDialed): _A.DIALING,
    (_A.DIALING, ev.AgentReady): _A.DIALING,  # takes back a pause that waited for the call's end
    (_A.DIALING, ev.AgentPaused): _A.DIALING,
    **{
        (_A.DIALING, nobody_came): _A.READY
        for nobody_came in (ev.DialRefused, ev.PlaceFailed, ev.MachineDetected, ev.Ended, ev.Lost)
    },
    (_A.DIALING, ev.Answered): _A.RESERVED,
    (_A.READY, ev.Answered): _A.RESERVED,
    (_A.RESERVED, ev.Bridged): _A.TALKING,
    (_A.RESERVED, ev.BridgeFailed): _A.READY,
    (_A.RESERVED, ev.Ended): _A.READY,
    (_A.TALKING, ev.Ended): _A.WRAP_UP,
    (_A.RESERVED, ev.MachineDetected): _A.READY,
    (_A.TALKING, ev.MachineDetected): _A.READY,
    (_A.RESERVED, ev.Lost): _A.READY,
    (_A.TALKING, ev.Lost): _A.WRAP_UP,
    (_A.RESERVED, ev.Tick): _A.READY,  # the join took longer than the person may wait
    (_A.TALKING, ev.Dispositioned): _A.TALKING,
    (_A.WRAP_UP, ev.Dispositioned): _A.READY,
    (_A.WRAP_UP, ev.Tick): _A.READY,  # the wrap-up limit is over
}
