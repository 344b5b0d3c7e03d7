"""What became of each call, decided once: the letters of the formulas as columns.

For a call to be *live* (H), a person answered it: it has an answer, or ended as `human`, `abandoned` or
`hung_up_first`, and neither detection nor the agent (disposition flag `machine`) found a machine or fax. A
call that an agent found to be a machine is no served person: counted as one it would flatter the abandonment
rate, most of all where detection is off. A live call then is exactly one of

    in time (B)      an agent was there within `connect_within` (+ greeting) seconds of the answer
    hung up first    the person left before that time was over, and before an agent came
    abandoned (X)    everything else: nobody came, somebody came late, the dialer failed, the rows contradict
                     each other or do not say. What is not known is counted against us.

so B + hung up first + X = H, whatever the rows hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dialer.engine.states import CallResult
from dialer.reports.records import CampaignMeta, DayRecords

__all__ = ["OPEN", "Day", "classify", "contacts_of", "day_of", "fate_of"]

_LIVE = [str(CallResult.HUMAN), str(CallResult.ABANDONED), str(CallResult.HUNG_UP_FIRST)]
_MACHINE = [str(CallResult.MACHINE), str(CallResult.FAX)]

#: The outcome of a call that had no result when the report was made.
OPEN = "open"

#: The flags of dispositions that figures are computed from.
_FLAGS = ("contact", "right_party", "conversion", "promise", "opt_out", "machine")


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
    machine = attempts["amd_machine"] | result.isin(_MACHINE)
    live = (attempts["answered_at"].notna() | result.isin(_LIVE)) & ~machine
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


def fate_of(attempts: pd.DataFrame, live: pd.Series, within: float) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Which live calls were in time, which hung up first, which were abandoned.

    `within` is the limit in seconds from the answer; exactly so many are in time. A negative wait (the rows
    contradict each other) is not.
    """
    wait = _seconds(attempts["bridged_at"] - attempts["answered_at"])
    stayed = _seconds(attempts["ended_at"] - attempts["answered_at"])
    in_time = live & (wait >= 0) & (wait <= within)
    left = attempts["result"].eq(str(CallResult.HUNG_UP_FIRST)).fillna(value=False).astype("bool")
    hung_up_first = live & left & attempts["bridged_at"].isna() & (stayed >= 0) & (stayed <= within)
    return in_time, hung_up_first, live & ~in_time & ~hung_up_first


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
    flags = {name: mine["flags"].map(lambda found, name=name: name in found).astype("bool") for name in _FLAGS}
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

    def count(self, flag: str) -> int:
        """How many calls have the flag."""
        return int(self.calls[flag].sum())

    def marked(self, flag: str) -> int:
        """How many calls were given the disposition flag."""
        return int(self.contacts[flag].sum())


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
