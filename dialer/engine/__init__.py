"""The call engine, sans-I/O: `Engine.handle(event) -> list[Command]`.

`events` says what can happen, `commands` what the engine asks for, `states` what may follow what.
"""

from dialer.engine.config import EngineConfig
from dialer.engine.engine import Engine
from dialer.engine.states import AgentState, CallResult, CallState, CampaignState, IllegalEvent, LeadState

__all__ = [
    "AgentState",
    "CallResult",
    "CallState",
    "CampaignState",
    "Engine",
    "EngineConfig",
    "IllegalEvent",
    "LeadState",
]
