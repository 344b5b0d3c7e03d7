"""Pictures of the state tables, as Mermaid text: `docs/developers/states.md` is made by `states_page`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from dialer.engine.states import AGENT_TABLE, CALL_TABLE, AgentState, CallState

__all__ = ["mermaid", "states_page"]

_HEAD = """\
# States of calls and agents

Made from the tables in `dialer/engine/states.py`; a test fails when this page and the tables differ.
To make it again: `python -m dialer.engine.diagrams > docs/developers/states.md`.

An event that a table does not list for a state raises `IllegalEvent` and changes nothing. An event that
leaves the state as it is (a late or repeated callback, say) is allowed and not drawn.
"""


_State = TypeVar("_State", bound=StrEnum)


def mermaid(table: Mapping[tuple[_State, type], _State], start: _State) -> str:
    """Draw one table as a Mermaid state diagram.

    Args:
        table: (state, event type) -> next state.
        start: the state in which a new record begins.
    """
    arrows: dict[tuple[_State, _State], list[str]] = defaultdict(list)
    for (state, event), following in table.items():
        if state is not following:
            arrows[state, following].append(event.__name__)
    lines = ["stateDiagram-v2", f"    [*] --> {start.value}"]
    lines += [
        f"    {state.value} --> {following.value}: {', '.join(sorted(events))}"
        for (state, following), events in arrows.items()
    ]
    return "\n".join(lines)


def states_page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, picture in (
        ("Calls", mermaid(CALL_TABLE, CallState.PLANNED)),
        ("Agents", mermaid(AGENT_TABLE, AgentState.OFFLINE)),
    ):
        parts.append(f"## {title}\n\n```mermaid\n{picture}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(states_page(), end="")
