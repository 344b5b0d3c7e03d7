"""The agents, and the journal of what each did when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from dialer.store.schema import agent as _agent
from dialer.store.schema import agent_change as _change
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Agent", "add", "agent_changed", "every", "get", "secret_hash", "set_secret"]


@dataclass(frozen=True, slots=True)
class Agent:
    """One person who may sign in to take calls."""

    agent_id: str
    name: str
    created_at: datetime


_INSERT = Prepared(insert(_agent).inline(), ("agent_id", "name", "created_at"))
_RENAME = Prepared(update(_agent).where(_agent.c.agent_id == bindparam("key")), ("name",))
_SHOWN = (_agent.c.agent_id, _agent.c.name, _agent.c.created_at)
_GET = Prepared(select(*_SHOWN).where(_agent.c.agent_id == bindparam("key")))
_EVERY = Prepared(select(*_SHOWN).order_by(_agent.c.agent_id))
_SECRET = Prepared(select(_agent.c.secret_hash).where(_agent.c.agent_id == bindparam("key")))
_SET_SECRET = Prepared(update(_agent).where(_agent.c.agent_id == bindparam("key")), ("secret_hash",))
_CHANGED = Prepared(insert(_change).inline(), ("run_id", "campaign", "agent_id", "state", "at", "call_id", "code"))


def add(tx: Writing, agent_id: str, name: str, at: datetime) -> bool:
    """Add an agent, or rename the one of that id; return whether the agent is new."""
    if _RENAME.run(tx, key=agent_id, name=name):
        return False
    _INSERT.run(tx, agent_id=agent_id, name=name, created_at=at)
    return True


def get(tx: Reading, agent_id: str) -> Agent | None:
    """Return the agent, or None."""
    row = _GET.first(tx, key=agent_id)
    return None if row is None else Agent(*row)


def every(tx: Reading) -> list[Agent]:
    """Return all agents by id."""
    return [Agent(*row) for row in _EVERY.rows(tx)]


def secret_hash(tx: Reading, agent_id: str) -> str | None:
    """Return the hash of the agent's sign-in secret; None for an agent without one, or no such agent."""
    found: str | None = _SECRET.value(tx, key=agent_id)
    return found


def set_secret(tx: Writing, agent_id: str, hashed: str | None) -> bool:
    """Keep the hash of a new secret, or take the agent's away (None); return whether there is such an agent."""
    return bool(_SET_SECRET.run(tx, key=agent_id, secret_hash=hashed))


def agent_changed(
    tx: Writing,
    *,
    run_id: str,
    campaign: str,
    agent_id: str,
    state: str,
    at: datetime,
    call_id: str | None = None,
    code: str = "",
) -> None:
    """Write down an agent's new state (`dialer.engine.states.AgentState`)."""
    _CHANGED.run(
        tx,
        run_id=run_id,
        campaign=campaign,
        agent_id=agent_id,
        state=state,
        at=at,
        call_id=call_id,
        code=code,
    )
