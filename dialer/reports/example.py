"""A made-up day that looks like a real one, for tests, documentation and demonstrations. Seeded and exact.

Each agent waits, talks, wraps up and pauses; each conversation had its ringing before it; around the
conversations lie the dials that reached nobody, as many as the hour's answer rate asks for. It is drawn, not
simulated: for what a pacer would do see `dialer.simulation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dialer.reports.records import CampaignMeta, DayRecords, LedgerCheck

__all__ = ["empty_records", "example_meta", "example_records"]

_OPENS = datetime(2026, 12, 1, 14, tzinfo=UTC)  # nine o'clock in New York
_TALK, _WRAP, _WAIT = 120.0, 15.0, 9.0  # mean seconds
_LATE_SHARE, _ABANDONED_SHARE, _LEFT_SHARE = 0.002, 0.021, 0.012  # of conversations
_UNANSWERED = ("no_answer", "machine", "busy", "cancelled", "failed", "invalid", "congestion", "fax")
_UNANSWERED_SHARES = (0.47, 0.28, 0.07, 0.10, 0.03, 0.03, 0.015, 0.005)
_CODES: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("not interested", ("contact", "right_party", "final"), 0.34),
    ("call back later", ("contact", "right_party", "callback"), 0.19),
    ("sale", ("contact", "right_party", "conversion", "final"), 0.11),
    ("promise to pay", ("contact", "right_party", "promise"), 0.07),
    ("wrong person", ("contact", "wrong_number"), 0.09),
    ("do not call", ("contact", "opt_out", "final"), 0.04),
    ("hung up on agent", (), 0.16),
)
_LISTS, _PLACES = (
    ("renewals-november", "web-enquiries", "lapsed"),
    ("US-NY", "US-NJ", "US-PA", "US-FL", "US-OH"),
)


@dataclass(slots=True)
class _Floor:
    """What the agents did: changes of state, and the conversations of them, in seconds from opening."""

    agent: list[str]
    state: list[str]
    at: list[float]
    talks: list[tuple[str, float, float, float, float]]  # agent, answered, bridged, ended, wrapped

    def change(self, agent: str, state: str, at: float) -> None:
        self.agent.append(agent)
        self.state.append(state)
        self.at.append(at)


def example_meta(hours: float = 8.0, **changes: Any) -> CampaignMeta:
    """A campaign of one shift from nine o'clock in New York; `changes` replace its fields."""
    fields: dict[str, Any] = {
        "name": "renewals-q4",
        "client": "Example Energy",
        "scope": "telemarketing",
        "zone": "America/New_York",
        "since": _OPENS,
        "until": _OPENS + timedelta(hours=hours),
        "clock": "virtual",
        "seed": 7,
        "ledger": LedgerCheck(intact=True, rows=0, detail="Every row follows from the one before."),
    }
    return CampaignMeta(**(fields | changes))


def example_records(
    agents: int = 30, hours: float = 8.0, seed: int = 7, answer_rate: float = 0.24, **changes: Any
) -> DayRecords:
    """The rows of a day.

    Args:
        agents: how many agents work.
        hours: how long the shift is.
        seed: the same seed gives the same rows.
        answer_rate: mean share of dials that a person answers; it moves with the hour.
        changes: fields of the campaign to replace.

    Returns:
        Records whose instants lie in one shift, opening at 9 in New York.
    """
    rng = np.random.default_rng(seed)
    length = hours * 3600
    floor = _work(rng, agents, length)
    calls = _calls(rng, floor, length, answer_rate)
    dispositions = _dispositions(rng, calls)
    leads = max(1, int(len(calls) / 1.6))
    calls["lead_id"] = rng.integers(1, leads + 1, len(calls))
    tried = calls["lead_id"].value_counts().value_counts()
    counts = {0: leads - int(tried.sum())} | dict(zip(tried.index.astype(int), tried.astype(int), strict=True))
    refused = {"HOURS_STATE": 0.021, "DNC_NATIONAL": 0.034, "DNC_INTERNAL": 0.008, "FREQ_24H": 0.006}
    refused |= {"TZ_AMBIGUOUS": 0.011, "CONSENT_REQUIRED": 0.004, "ABANDON_72H": 0.002, "LITIGATOR": 0.0004}
    refusals = [(code, int(share * len(calls))) for code, share in refused.items()]
    loaded = int(leads * 1.08)
    shown: dict[str, Any] = {
        "seed": seed,
        "ledger": LedgerCheck(True, len(calls) + sum(n for _, n in refusals), "Every row follows from the one before."),
        "funnel": (
            ("rows in the files", int(loaded * 1.15)),
            ("valid numbers", int(loaded * 1.11)),
            ("loaded, without duplicates", loaded),
            ("callable under the rules", leads),
        ),
    }
    return DayRecords(
        meta=example_meta(hours, **(shown | changes)),
        attempts=calls,
        dispositions=dispositions,
        agent_changes=pd.DataFrame(
            {
                "change_id": np.arange(1, len(floor.at) + 1),
                "agent_id": floor.agent,
                "state": floor.state,
                "at": _instants(np.array(floor.at)),
            }
        ),
        campaign_changes=_campaign_changes(length),
        refusals=pd.DataFrame(refusals, columns=["code", "count"]),
        leads=pd.DataFrame(
            {
                "status": ["ready", "waiting", "callback", "done", "blocked"],
                "leads": [int(leads * share) for share in (0.31, 0.38, 0.06, 0.21, 0.04)],
            }
        ),
        tried=pd.DataFrame({"attempts": list(counts), "leads": list(counts.values())}),
    )


def empty_records(**changes: Any) -> DayRecords:
    """A day on which nothing happened; `changes` replace the campaign's fields."""
    columns: dict[str, tuple[str, ...]] = {
        "attempts": (
            *("call_id", "lead_id", "state", "result", "agent_id", "placed_at", "ringing_at", "answered_at"),
            *("bridged_at", "ended_at", "amd_machine", "message_played"),
        ),
        "dispositions": ("disposition_id", "call_id", "agent_id", "code", "flags", "at"),
        "agent_changes": ("change_id", "agent_id", "state", "at"),
        "campaign_changes": ("change_id", "state", "why", "at"),
        "refusals": ("code", "count"),
        "leads": ("status", "leads"),
        "tried": ("attempts", "leads"),
    }
    frames = {table: pd.DataFrame(columns=list(names)) for table, names in columns.items()}
    return DayRecords(meta=example_meta(**changes), **frames)


def _instants(seconds: NDArray[np.float64]) -> pd.Series:
    """Seconds from opening as UTC instants; NaN is no instant."""
    return pd.Series(pd.Timestamp(_OPENS) + pd.to_timedelta(seconds, unit="s").round("ms")).dt.as_unit("us")


def _lognormal(rng: np.random.Generator, mean: float, spread: float) -> float:
    """A draw with this mean and coefficient of variation."""
    variance = np.log1p(spread**2)
    return float(rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance)))


def _work(rng: np.random.Generator, agents: int, length: float) -> _Floor:
    """Let every agent wait, talk, wrap up and pause until the shift is over."""
    floor = _Floor([], [], [], [])
    for number in range(1, agents + 1):
        agent = f"agent-{number:03d}"
        lunch = length * (0.38 + 0.14 * (number % 3) / 2)
        pauses = sorted([(length * 0.2, 600.0), (lunch, 1800.0), (length * 0.78, 600.0)])
        pauses = [(begin + float(rng.normal(0, 300)), span * length / 28800) for begin, span in pauses]
        at = float(rng.uniform(0, 240))
        floor.change(agent, "ready", at)
        while True:
            if pauses and at >= pauses[0][0]:
                floor.change(agent, "paused", at)
                at += pauses.pop(0)[1]
                floor.change(agent, "ready", at)
            answered = at + float(rng.exponential(_WAIT))
            joined = answered + float(rng.uniform(0.02, 0.35))
            if rng.random() < _LATE_SHARE:
                joined = answered + float(rng.uniform(2.05, 3.5))
            ended = joined + _lognormal(rng, _TALK, 1.0)
            wrapped = ended + _lognormal(rng, _WRAP, 0.5)
            if wrapped >= length - 1:
                break
            for state, when in (
                ("reserved", answered),
                ("talking", joined),
                ("wrap_up", ended),
                ("ready", wrapped),
            ):
                floor.change(agent, state, when)
            floor.talks.append((agent, answered, joined, ended, wrapped))
            at = wrapped
        floor.change(agent, "offline", min(length - 0.5, max(at + 30, length - float(rng.uniform(1, 120)))))
    return floor


def _calls(rng: np.random.Generator, floor: _Floor, length: float, answer_rate: float) -> pd.DataFrame:
    """The conversations, the people whom nobody reached in time, and the dials that reached nobody."""
    talks = pd.DataFrame(floor.talks, columns=["agent_id", "answered", "bridged", "ended", "wrapped"]).assign(
        result="human"
    )
    answered = talks["answered"].to_numpy()
    crowded = rng.permutation(answered)
    lost = crowded[: round(_ABANDONED_SHARE * len(talks))]
    left = crowded[::-1][: round(_LEFT_SHARE * len(talks))]
    abandoned = pd.DataFrame({"answered": lost, "ended": lost + rng.uniform(9, 13, len(lost)), "result": "abandoned"})
    hung_up = pd.DataFrame(
        {"answered": left, "ended": left + rng.uniform(0.3, 1.9, len(left)), "result": "hung_up_first"}
    )
    live = pd.concat([talks, abandoned, hung_up], ignore_index=True)
    live["ringing"] = live["answered"] - np.minimum(rng.lognormal(2.37, 0.47, len(live)), 25.0)
    live["placed"] = live["ringing"] - 1.0

    rate = answer_rate * (1 + 0.3 * np.sin(2 * np.pi * live["answered"].to_numpy() / length - 1.2))
    near = np.repeat(live["placed"].to_numpy(), rng.poisson((1 - rate) / rate))
    placed = np.clip(near + rng.uniform(-90, 90, len(near)), 0.0, length - 60)
    result = rng.choice(_UNANSWERED, len(near), p=np.array(_UNANSWERED_SHARES) / sum(_UNANSWERED_SHARES))
    rings = {"no_answer": 26.0, "machine": 20.0, "fax": 8.0, "cancelled": 17.5, "busy": 3.0}
    rang = np.array([rings.get(name, 1.5) for name in result]) + rng.uniform(0, 1.2, len(near))
    nobody = pd.DataFrame({"placed": placed, "ringing": placed + 1.0, "ended": placed + 1.0 + rang, "result": result})
    nobody.loc[nobody["result"].isin(["failed", "invalid", "congestion"]), "ringing"] = np.nan

    calls = pd.concat([live, nobody], ignore_index=True)
    calls["placed"] = calls["placed"].clip(lower=0.0)
    calls["ended"] = calls["ended"].clip(upper=length)
    calls = calls.sort_values("placed", kind="stable").reset_index(drop=True)
    return pd.DataFrame(
        {
            "call_id": [f"call-{number:06d}" for number in range(1, len(calls) + 1)],
            "state": "ended",
            "result": calls["result"],
            "agent_id": calls["agent_id"],
            **{
                f"{name}_at": _instants(calls[name].to_numpy()) for name in ("placed", "ringing", "answered", "bridged")
            },
            "ended_at": _instants(calls["ended"].to_numpy()),
            "amd_machine": calls["result"].eq("machine"),
            "message_played": calls["result"].eq("abandoned"),
            "list_id": rng.choice(_LISTS, len(calls), p=[0.6, 0.25, 0.15]),
            "jurisdiction": rng.choice(_PLACES, len(calls), p=[0.35, 0.2, 0.2, 0.15, 0.1]),
        }
    )


def _dispositions(rng: np.random.Generator, calls: pd.DataFrame) -> pd.DataFrame:
    """What the agents said of their conversations."""
    talks = calls[calls["bridged_at"].notna()]
    chosen = rng.choice(len(_CODES), len(talks), p=[share for _, _, share in _CODES])
    return pd.DataFrame(
        {
            "disposition_id": np.arange(1, len(talks) + 1),
            "call_id": talks["call_id"].to_numpy(),
            "agent_id": talks["agent_id"].to_numpy(),
            "code": [_CODES[number][0] for number in chosen],
            "flags": [list(_CODES[number][1]) for number in chosen],
            "at": talks["ended_at"].to_numpy() if not len(talks) else talks["ended_at"].reset_index(drop=True),
        }
    )


def _campaign_changes(length: float) -> pd.DataFrame:
    """A day with a late start, a shortage of lines and a refill of leads."""
    steps = (
        (0.0, "waiting_for_agents", "nobody is signed in"),
        (0.008, "running", ""),
        (0.43, "waiting_for_lines", "the carrier's limit of calls at once is reached"),
        (0.436, "running", ""),
        (0.81, "waiting_for_leads", "9,120 leads wait for their next hour"),
        (0.815, "running", ""),
        (0.985, "complete", "the shift ended"),
    )
    return pd.DataFrame(
        {
            "change_id": range(1, len(steps) + 1),
            "state": [state for _, state, _ in steps],
            "why": [why for _, _, why in steps],
            "at": _instants(np.array([length * share for share, _, _ in steps])),
        }
    )
