"""What became of each call, decided once: the letters of the formulas as columns, and their sums.

For a call to be *live* (H), a person answered it: it has an answer, or ended as `human`, `abandoned` or
`hung_up_first`, and neither detection nor the agent (disposition flag `machine`) found a machine or fax. A
call that an agent found to be a machine is no served person: counted as one it would flatter the abandonment
rate, most of all where detection is off. A live call then is exactly one of

    in time (B)      an agent was there within `connect_within` (+ greeting) seconds of the answer
    hung up first    the person left before that time was over, and before an agent came
    told             an agentless campaign's message was played to them, and they asked for no agent
    abandoned (X)    everything else: nobody came, somebody came late, the dialer failed, the rows contradict
                     each other or do not say. What is not known is counted against us.

so B + hung up first + told + X = H, whatever the rows hold. A person who asked for an agent by key is in time when the
agent came within two seconds of the key press (result `to_agent`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dialer.engine.states import CallResult
from dialer.reports.records import CampaignMeta, DayRecords
from dialer.reports.tally import FLAGS, MESSAGE_RESULTS, WAIT_SHARES, Tally, rank_of

__all__ = ["OPEN", "Day", "classify", "contacts_of", "day_of", "fate_of", "who_answered"]

_MACHINE = [str(CallResult.MACHINE), str(CallResult.FAX), str(CallResult.VOICEMAIL_LEFT)]
#: A person heard an agentless campaign's message, which began at the answer: not abandoned (47 CFR 64.1200(a)(7)).
_TOLD = [str(CallResult.MESSAGE_HEARD), str(CallResult.MESSAGE_PART), str(CallResult.OPTED_OUT)]
_TALKED = [str(CallResult.HUMAN), str(CallResult.TO_AGENT)]
_LIVE = [*_TALKED, *_TOLD, str(CallResult.ABANDONED), str(CallResult.HUNG_UP_FIRST)]

#: The outcome of a call that had no result when the report was made.
OPEN = "open"


def classify(attempts: pd.DataFrame, within: float) -> pd.DataFrame:
    """The attempts with what became of them.

    Args:
        attempts: rows as in `DayRecords.attempts`.
        within: seconds from the answer in which an agent must be there, greeting included.

    Returns:
        `attempts` with `outcome` (the result, or `open`), the flags `machine`, `live`, `answered`, `in_time`,
        `hung_up_first`, `abandoned`, and `wait` (seconds from answer to bridge, NaN when never bridged).
    """
    result = attempts["result"]
    machine, live = who_answered(attempts)
    wait = _seconds(attempts["bridged_at"] - attempts["answered_at"])
    in_time, hung_up_first, abandoned = fate_of(attempts, live, within)
    return attempts.assign(
        outcome=result.fillna(OPEN),
        machine=machine,
        live=live,
        answered=live | machine,
        wait=wait,
        in_time=in_time,
        hung_up_first=hung_up_first,
        abandoned=abandoned,
    )


def who_answered(attempts: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Which calls a machine answered, and which a person."""
    result = attempts["result"]
    machine = attempts["amd_machine"] | result.isin(_MACHINE)
    return machine, (attempts["answered_at"].notna() | result.isin(_LIVE)) & ~machine


def fate_of(attempts: pd.DataFrame, live: pd.Series, within: float) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Which live calls were in time, which hung up first, which were abandoned.

    `within` is the limit in seconds from the answer; exactly so many are in time. A negative wait (the rows
    contradict each other) is not.
    """
    wait = _seconds(attempts["bridged_at"] - attempts["answered_at"])
    stayed = _seconds(attempts["ended_at"] - attempts["answered_at"])
    # Who asked for an agent by key and had one in time waited from the key press on: the engine has judged that.
    asked = attempts["result"].eq(str(CallResult.TO_AGENT)).fillna(value=False).astype("bool")
    in_time = live & (((wait >= 0) & (wait <= within)) | (asked & attempts["bridged_at"].notna()))
    told = live & ~in_time & attempts["result"].isin(_TOLD)
    left = attempts["result"].eq(str(CallResult.HUNG_UP_FIRST)).fillna(value=False).astype("bool")
    hung_up_first = live & left & attempts["bridged_at"].isna() & (stayed >= 0) & (stayed <= within)
    return in_time, hung_up_first, live & ~in_time & ~hung_up_first & ~told


def _last(dispositions: pd.DataFrame) -> pd.DataFrame:
    """The last disposition of each call."""
    ordered = dispositions.sort_values(["at", "disposition_id"], kind="stable")
    return ordered.drop_duplicates("call_id", keep="last")


def contacts_of(dispositions: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """One row per call with a disposition: its last one, with a yes/no column per flag.

    Returns:
        `call_id`, `lead_id`, `agent_id`, `code`, `placed_at` and one boolean column per flag.
    """
    last = _last(dispositions)
    mine = last.merge(calls[["call_id", "lead_id", "placed_at"]], on="call_id", how="inner", validate="one_to_one")
    flags = {name: mine["flags"].map(lambda found, name=name: name in found).astype("bool") for name in FLAGS}
    return mine[["call_id", "lead_id", "agent_id", "code", "placed_at"]].assign(**flags)


@dataclass(frozen=True, eq=False)
class Day:
    """The rows of a report, each looked at once. Everything that is counted is counted from here.

    Attributes:
        meta: the campaign.
        calls: the attempts of [since, until), classified with the campaign's own clock (2 s + greeting).
        past: all attempts given, for windows longer than the report; `amd_machine` includes agents' findings.
        contacts: the last disposition of each of those calls, flags as columns.
        stays: how long each agent was in which state (`dialer.reports.floor.stays`).
        health: how long the campaign was in which state.
        refusals: refusals by code.
        leads: leads by status.
        tried: leads by number of attempts.
        stray_dispositions: dispositions of calls that are not among the calls; not counted.
    """

    meta: CampaignMeta
    calls: pd.DataFrame
    past: pd.DataFrame
    contacts: pd.DataFrame
    stays: pd.DataFrame
    health: pd.DataFrame
    refusals: pd.DataFrame
    leads: pd.DataFrame
    tried: pd.DataFrame
    stray_dispositions: int

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Seconds that all agents together spent in each state; states that nobody was in are missing."""
        return {str(state): float(total) for state, total in self.stays.groupby("state")["seconds"].sum().items()}

    @cached_property
    def waits(self) -> NDArray[np.float64]:
        """Seconds from answer to agent of the people joined, ascending."""
        calls = self.calls
        return np.sort(calls.loc[calls["live"] & (calls["wait"] >= 0), "wait"].to_numpy())

    @cached_property
    def tally(self) -> Tally:
        """What every figure is computed from."""
        from dialer.reports.floor import line_use, micros

        calls, waits = self.calls, self.waits
        joined = calls["bridged_at"].notna()
        rang = _seconds(calls["ended_at"] - calls["ringing_at"].fillna(calls["placed_at"]))
        unanswered = calls["outcome"].eq(str(CallResult.CANCELLED)) & calls["answered_at"].isna()
        flags = ("answered", "machine", "live", "in_time", "abandoned", "hung_up_first")
        use = line_use(micros(calls["placed_at"]), micros(calls["ended_at"].fillna(self.meta.until)))
        return Tally(
            calls={
                "dials": len(calls),
                **{flag: int(calls[flag].sum()) for flag in flags},
                "joined": int(joined.sum()),
                "joined_late": int((calls["abandoned"] & joined).sum()),
                "open": int(calls["outcome"].eq(OPEN).sum()),
                **{name: int(calls["outcome"].eq(name).sum()) for name in MESSAGE_RESULTS},
                "silent": int((calls["abandoned"] & ~joined & ~calls["message_played"]).sum()),
                "short_rings": int((unanswered & (rang < self.meta.min_ring)).sum()),
            },
            flags={flag: int(self.contacts[flag].sum()) for flag in FLAGS},
            waits={share: float(waits[rank_of(share, len(waits))]) for share in WAIT_SHARES} if len(waits) else {},
            lines=use[:2] if len(calls) else None,
            seconds=self.seconds,
            agents=int(self.stays["agent_id"].nunique()),
            refusals=int(self.refusals["count"].sum()),
            tried=tuple((int(made), int(leads)) for made, leads in self.tried[["attempts", "leads"]].to_numpy()),
            promises=self.meta.promises,
            amd_false_positive_rate=self.meta.amd_false_positive_rate,
        )


def day_of(records: DayRecords) -> Day:
    """Classify the rows of a report."""
    from dialer.reports.floor import stays

    meta = records.meta
    last = _last(records.dispositions)
    heard = last.loc[last["flags"].map(lambda flags: "machine" in flags).astype("bool"), "call_id"]
    attempts = records.attempts.assign(
        amd_machine=records.attempts["amd_machine"] | records.attempts["call_id"].isin(heard)
    )
    calls = classify(attempts[attempts["placed_at"] >= meta.since].reset_index(drop=True), 2.0 + meta.greeting)
    contacts = contacts_of(records.dispositions, calls)
    agents = stays(records.agent_changes, meta.since, meta.until, who="agent_id")
    states = stays(records.campaign_changes.assign(campaign=meta.name), meta.since, meta.until, who="campaign")
    return Day(
        meta=meta,
        calls=calls,
        past=attempts,
        contacts=contacts,
        stays=agents[agents["state"] != "offline"].reset_index(drop=True),
        health=states,
        refusals=records.refusals,
        leads=records.leads,
        tried=records.tried,
        stray_dispositions=int(records.dispositions["call_id"].nunique()) - len(contacts),
    )


def _seconds(durations: pd.Series) -> pd.Series:
    """Durations in seconds as floats; NaN where one end is missing."""
    seconds: pd.Series = durations.dt.total_seconds()
    return seconds
