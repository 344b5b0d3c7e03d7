"""Days small enough to work out by hand. Times are seconds from OPENS, nine o'clock in New York."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from dialer.reports.example import empty_records, example_meta
from dialer.reports.records import DayRecords

OPENS = datetime(2026, 12, 1, 14, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else OPENS + timedelta(seconds=seconds)


def attempt(number: int, result: str | None, placed: float = 0.0, **given: Any) -> dict[str, Any]:
    """One attempt; instants that are not given are missing, the others count from `placed`."""
    row: dict[str, Any] = {
        "call_id": f"c{number}",
        "lead_id": given.get("lead", number),
        "state": "ended" if result else "ringing",
        "result": result,
        "agent_id": given.get("agent"),
        "placed_at": at(placed),
        "amd_machine": given.get("machine", False),
        "message_played": given.get("message", False),
    }
    for name in ("ringing", "answered", "bridged", "ended"):
        row[f"{name}_at"] = at(placed + given[name]) if name in given else None
    return row


def served(number: int, placed: float = 0.0, wait: float = 0.5, talk: float = 60.0, **given: Any) -> dict[str, Any]:
    times = {"answered": 10.0, "bridged": 10.0 + wait, "ended": 10.0 + wait + talk}
    return attempt(number, "human", placed, **{"agent": "ann", **times, **given})


def dropped(number: int, placed: float = 0.0, **given: Any) -> dict[str, Any]:
    return attempt(number, "abandoned", placed, **{"answered": 10.0, "ended": 20.0, "message": True, **given})


def unanswered(number: int, placed: float = 0.0, result: str = "no_answer", **given: Any) -> dict[str, Any]:
    return attempt(number, result, placed, **{"ringing": 1.0, "ended": 27.0, **given})


def disposition(number: int, call: int, *flags: str, when: float = 100.0, code: str = "x") -> dict[str, Any]:
    return {
        "disposition_id": number,
        "call_id": f"c{call}",
        "agent_id": "ann",
        "code": code,
        "flags": list(flags),
        "at": at(when),
    }


def changes(*steps: tuple[str, str, float]) -> pd.DataFrame:
    """Agent, state, seconds."""
    rows = [
        {"change_id": n, "agent_id": agent, "state": state, "at": at(when)}
        for n, (agent, state, when) in enumerate(steps, start=1)
    ]
    return pd.DataFrame(rows)


def day(
    attempts: list[dict[str, Any]] | None = None,
    dispositions: list[dict[str, Any]] | None = None,
    agent_changes: pd.DataFrame | None = None,
    refusals: dict[str, int] | None = None,
    tried: dict[int, int] | None = None,
    campaign_changes: pd.DataFrame | None = None,
    **meta: Any,
) -> DayRecords:
    """Records with only what is given."""
    empty = empty_records()
    return DayRecords(
        meta=example_meta(**meta),
        attempts=pd.DataFrame(attempts) if attempts else empty.attempts,
        dispositions=pd.DataFrame(dispositions) if dispositions else empty.dispositions,
        agent_changes=empty.agent_changes if agent_changes is None else agent_changes,
        campaign_changes=empty.campaign_changes if campaign_changes is None else campaign_changes,
        refusals=pd.DataFrame(list((refusals or {}).items()), columns=["code", "count"]),
        leads=empty.leads,
        tried=pd.DataFrame(list((tried or {}).items()), columns=["attempts", "leads"]),
    )
