"""The figures: one small pure function each, from the classified rows to one `Kpi`.

Letters of the formulas:
    D dials, A answered, M answered by machine or fax, H = A - M live, B live and bridged within 2 s of the
    end of the greeting, X live and not bridged within that time (who hung up before it was over is neither),
    C contacts, R right party reached, S conversions, P promises to pay, K promises kept, L leads;
    talk (hold is part of it), wrap, ready (waiting for a call, or being joined to one), pause: agents' time;
    calls: calls that an agent was bridged to.

A call belongs to the instant at which it was placed. The function's docstring is the figure's note.
"""

from __future__ import annotations

import numpy as np

from dialer.engine.states import AgentState, CallResult
from dialer.reports.calls import OPEN, Day
from dialer.reports.floor import line_use, micros, span_covered
from dialer.reports.formulas import REGISTERED, Figure, ratio_figure, value_figure
from dialer.reports.legal import clopper_pearson
from dialer.reports.values import Kpi

__all__ = ["KPIS", "all_kpis", "conversations", "penetration", "signed_in_span"]

_VOLUME, _REACH, _ABANDONMENT = "Volume", "Reach", "Abandonment"
_OCCUPANCY = "(talk + hold + wrap) / (talk + hold + wrap + ready)"
_AGENTS, _SERVICE = "Agents", "Service and rules"


def conversations(day: Day) -> int:
    """Calls that an agent was joined to, in time or late."""
    return int(day.calls["bridged_at"].notna().sum())


def _talk(day: Day) -> float:
    return day.seconds.get(str(AgentState.TALKING), 0.0)


def _wrap(day: Day) -> float:
    return day.seconds.get(str(AgentState.WRAP_UP), 0.0)


def _ready(day: Day) -> float:
    return day.seconds.get(str(AgentState.READY), 0.0) + day.seconds.get(str(AgentState.RESERVED), 0.0)


def _signed_in(day: Day) -> float:
    return sum(day.seconds.values())


def signed_in_span(day: Day) -> float:
    """Seconds during which at least one agent was signed in."""
    return span_covered(micros(day.stays["start"]), micros(day.stays["end"]))


# Volume ----------------------------------------------------------------------------------------------------


@value_figure("dials", "Dials", "count", "D", _VOLUME)
def dials(day: Day) -> float:
    """Calls placed with the carrier."""
    return len(day.calls)


@value_figure("answered", "Answered", "count", "A = H + M", _VOLUME)
def answered(day: Day) -> float:
    """By a person, a machine or a fax."""
    return day.count("answered")


@value_figure("machines", "Machines", "count", "M", _VOLUME)
def machines(day: Day) -> float:
    """Answered by a machine or a fax, as far as detection and agents know."""
    return day.count("machine")


@value_figure("live", "Live answers", "count", "H = A - M", _VOLUME)
def live(day: Day) -> float:
    """Answered by a person. H = B + X + hung up first."""
    return day.count("live")


@value_figure("bridged_in_time", "Joined to an agent in time", "count", "B", _VOLUME)
def bridged_in_time(day: Day) -> float:
    """Live, and an agent was there within 2 s of the end of the greeting."""
    return day.count("in_time")


@value_figure("abandoned", "Abandoned", "count", "X", _VOLUME)
def abandoned(day: Day) -> float:
    """Live, and no agent within that time; unknown outcomes and dialer faults count here."""
    return day.count("abandoned")


@value_figure("bridged_late", "of these joined late", "count", "part of X", _VOLUME)
def bridged_late(day: Day) -> float:
    """An agent came, but after the time was over."""
    return int((day.calls["abandoned"] & day.calls["bridged_at"].notna()).sum())


@value_figure("hung_up_first", "Hung up first", "count", "H - B - X", _VOLUME)
def hung_up_first(day: Day) -> float:
    """Left before the time was over and before an agent came: neither B nor X."""
    return day.count("hung_up_first")


@value_figure("conversations", "Conversations", "count", "calls", _VOLUME)
def conversations_figure(day: Day) -> float:
    """Calls that an agent was joined to, in time or late."""
    return conversations(day)


@value_figure("open_calls", "Still open", "count", "calls without a result", _VOLUME)
def open_calls(day: Day) -> float:
    """Calls that had no result when the report was made."""
    return int(day.calls["outcome"].eq(OPEN).sum())


# Reach -----------------------------------------------------------------------------------------------------


@ratio_figure("answer_rate", "Answer rate", "share", "A / D", _REACH)
def answer_rate(day: Day) -> tuple[float, float]:
    """Dials that somebody or something answered."""
    return day.count("answered"), len(day.calls)


@ratio_figure("live_answer_rate", "Live answer rate", "share", "H / D", _REACH)
def live_answer_rate(day: Day) -> tuple[float, float]:
    """Dials that a person answered."""
    return day.count("live"), len(day.calls)


@value_figure("contacts", "Contacts", "count", "C", _REACH)
def contacts(day: Day) -> float:
    """Calls whose last disposition carries the flag contact."""
    return day.marked("contact")


@ratio_figure("contact_rate_dials", "Contact rate of dials", "share", "C / D", _REACH)
def contact_rate_dials(day: Day) -> tuple[float, float]:
    """Dials that became a contact."""
    return day.marked("contact"), len(day.calls)


@ratio_figure("contact_rate_live", "Contact rate of live answers", "share", "C / H", _REACH)
def contact_rate_live(day: Day) -> tuple[float, float]:
    """Live answers that became a contact."""
    return day.marked("contact"), day.count("live")


@ratio_figure("right_party_rate", "Right-party rate", "share", "R / C", _REACH)
def right_party_rate(day: Day) -> tuple[float, float]:
    """Contacts with the person who was meant."""
    return day.marked("right_party"), day.marked("contact")


@ratio_figure("conversion_rate", "Conversion rate", "share", "S / C", _REACH)
def conversion_rate(day: Day) -> tuple[float, float]:
    """Contacts that reached the campaign's aim."""
    return day.marked("conversion"), day.marked("contact")


@ratio_figure("promise_rate", "Promise-to-pay rate", "share", "P / R", _REACH)
def promise_rate(day: Day) -> tuple[float, float]:
    """Right-party contacts that promised to pay."""
    return day.marked("promise"), day.marked("right_party")


@ratio_figure("kept_rate", "Promises kept", "share", "K / P", _REACH)
def kept_rate(day: Day) -> tuple[float | None, float]:
    """Promises kept by their due date; undefined while payments are not known."""
    return day.meta.promises_kept, day.marked("promise")


def penetration(day: Day, attempts: int) -> tuple[int, int]:
    """Leads with at least `attempts` attempts, and L, all leads."""
    tried = day.tried
    return int(tried.loc[tried["attempts"] >= attempts, "leads"].sum()), int(tried["leads"].sum())


@ratio_figure("penetration_1", "Penetration, 1 attempt", "share", "leads with >= 1 attempt / L", _REACH)
def penetration_1(day: Day) -> tuple[float, float]:
    """Leads that were tried at all, in this campaign so far."""
    return penetration(day, 1)


@ratio_figure("penetration_3", "Penetration, 3 attempts", "share", "leads with >= 3 attempts / L", _REACH)
def penetration_3(day: Day) -> tuple[float, float]:
    """Leads that were tried three times or more, in this campaign so far."""
    return penetration(day, 3)


# Abandonment -----------------------------------------------------------------------------------------------


@ratio_figure("abandonment_rate", "Abandonment rate", "share", "X / (B + X)", _ABANDONMENT)
def abandonment_rate(day: Day) -> tuple[float, float]:
    """Over the report's own time; the legal periods are in the table of definitions."""
    return day.count("abandoned"), day.count("abandoned") + day.count("in_time")


def _bound(day: Day, side: int) -> float | None:
    bounds = clopper_pearson(day.count("abandoned"), day.count("abandoned") + day.count("in_time"))
    return None if bounds is None else bounds[side]


@value_figure(
    "abandonment_low",
    "Abandonment, lower bound",
    "share",
    "Clopper-Pearson 95 % of X / (B + X)",
    _ABANDONMENT,
)
def abandonment_low(day: Day) -> float | None:
    """The rate that so many answers can carry is hardly below this."""
    return _bound(day, 0)


@value_figure(
    "abandonment_high",
    "Abandonment, upper bound",
    "share",
    "Clopper-Pearson 95 % of X / (B + X)",
    _ABANDONMENT,
)
def abandonment_high(day: Day) -> float | None:
    """The rate that so many answers can carry is hardly above this."""
    return _bound(day, 1)


@ratio_figure("hidden_abandonment", "Hidden abandonment", "share", "(X + f M) / (B + X + f M)", _ABANDONMENT)
def hidden_abandonment(day: Day) -> tuple[float | None, float]:
    """With f, the audited share of machine detections that were people; undefined until it is audited."""
    share, x, b = day.meta.amd_false_positive_rate, day.count("abandoned"), day.count("in_time")
    if share is None:
        return None, x + b
    mistaken = share * day.count("machine")
    return x + mistaken, x + b + mistaken


@value_figure(
    "abandoned_silent",
    "Abandoned without the message",
    "count",
    "X never joined, message not played",
    _ABANDONMENT,
)
def abandoned_silent(day: Day) -> float:
    """Abandoned people who did not hear the safe-harbour message to its end."""
    calls = day.calls
    return int((calls["abandoned"] & calls["bridged_at"].isna() & ~calls["message_played"]).sum())


# Agents ----------------------------------------------------------------------------------------------------


@value_figure("agents", "Agents", "count", "distinct agents signed in", _AGENTS)
def agents(day: Day) -> float:
    """Everyone who was signed in for some of the time."""
    return int(day.stays["agent_id"].nunique())


@value_figure("agent_hours", "Signed-in time", "h", "(talk + wrap + ready + pause) / 3600", _AGENTS)
def agent_hours(day: Day) -> float:
    """Of all agents together."""
    return _signed_in(day) / 3600


@ratio_figure("occupancy", "Occupancy", "share", _OCCUPANCY, _AGENTS)
def occupancy(day: Day) -> tuple[float, float]:
    """How much of their available time agents were busy; pauses are left out."""
    busy = _talk(day) + _wrap(day)
    return busy, busy + _ready(day)


@ratio_figure("utilisation", "Utilisation", "share", "(talk + hold + wrap) / signed-in time", _AGENTS)
def utilisation(day: Day) -> tuple[float, float]:
    """How much of their signed-in time agents were busy; pauses count against it."""
    return _talk(day) + _wrap(day), _signed_in(day)


@ratio_figure("handle_time", "Average handle time", "s", "(talk + hold + wrap) / calls", _AGENTS)
def handle_time(day: Day) -> tuple[float, float]:
    """An agent's work per conversation."""
    return _talk(day) + _wrap(day), conversations(day)


@ratio_figure("average_wait", "Agents' average wait", "s", "ready / calls", _AGENTS)
def average_wait(day: Day) -> tuple[float, float]:
    """An agent's wait before each conversation."""
    return _ready(day), conversations(day)


@ratio_figure("dials_per_agent_hour", "Dials per agent hour", "per_hour", "3600 D / signed-in time", _AGENTS)
def dials_per_agent_hour(day: Day) -> tuple[float, float]:
    """Of signed-in time, pauses included."""
    return len(day.calls), _signed_in(day) / 3600


@ratio_figure(
    "conversations_per_agent_hour",
    "Conversations per agent hour",
    "per_hour",
    "3600 calls / signed-in time",
    _AGENTS,
)
def conversations_per_agent_hour(day: Day) -> tuple[float, float]:
    """Of signed-in time, pauses included."""
    return conversations(day), _signed_in(day) / 3600


# Service and rules -----------------------------------------------------------------------------------------


def _lines(day: Day) -> tuple[float, int, float]:
    ended = day.calls["ended_at"].fillna(day.meta.until)
    return line_use(micros(day.calls["placed_at"]), micros(ended))


@value_figure(
    "lines_mean",
    "Lines in use, mean",
    "number",
    "sum of (ended - placed) / (last end - first dial)",
    _SERVICE,
)
def lines_mean(day: Day) -> float | None:
    """Ringing and talking together; an open call holds its line until the report's end."""
    return _lines(day)[0] if len(day.calls) else None


@value_figure("lines_max", "Lines in use, most", "count", "most calls at once", _SERVICE)
def lines_max(day: Day) -> float | None:
    """A line freed at an instant may be taken at the same instant."""
    return _lines(day)[1] if len(day.calls) else None


def _wait_percentile(day: Day, share: float) -> float | None:
    waits = day.calls.loc[day.calls["live"] & (day.calls["wait"] >= 0), "wait"].to_numpy()
    return float(np.quantile(waits, share, method="inverted_cdf")) if len(waits) else None


@value_figure("wait_p50", "Answer to agent, median", "s", "50th percentile of bridged - answered", _SERVICE)
def wait_p50(day: Day) -> float | None:
    """Half of the people joined waited no longer than this."""
    return _wait_percentile(day, 0.50)


@value_figure("wait_p95", "Answer to agent, 95 %", "s", "95th percentile of bridged - answered", _SERVICE)
def wait_p95(day: Day) -> float | None:
    """95 of 100 people joined waited no longer than this."""
    return _wait_percentile(day, 0.95)


@value_figure("wait_p99", "Answer to agent, 99 %", "s", "99th percentile of bridged - answered", _SERVICE)
def wait_p99(day: Day) -> float | None:
    """99 of 100 people joined waited no longer than this."""
    return _wait_percentile(day, 0.99)


@value_figure("wait_max", "Answer to agent, longest", "s", "maximum of bridged - answered", _SERVICE)
def wait_max(day: Day) -> float | None:
    """The longest wait of a person who was joined in the end."""
    return _wait_percentile(day, 1.0)


@value_figure(
    "ring_floor_violations",
    "Rang too short",
    "count",
    "unanswered, cancelled by us, ended - ringing < 15 s",
    _SERVICE,
)
def ring_floor_violations(day: Day) -> float:
    """Must be 0 (16 CFR 310.4(b)(4)(ii)). Without a ringing signal the time from the dial counts."""
    calls = day.calls
    rang = (calls["ended_at"] - calls["ringing_at"].fillna(calls["placed_at"])).dt.total_seconds()
    cancelled = calls["outcome"].eq(str(CallResult.CANCELLED)) & calls["answered_at"].isna()
    return int((cancelled & (rang < day.meta.min_ring)).sum())


@value_figure("refusals", "Refused by the gate", "count", "sum of refusals by rule", _SERVICE)
def refusals(day: Day) -> float:
    """Calls that the rules forbade at the instant of dialing."""
    return int(day.refusals["count"].sum())


@value_figure("opt_outs", "Opt-outs given to agents", "count", "calls with the flag opt_out", _SERVICE)
def opt_outs(day: Day) -> float:
    """Calls whose last disposition carries the flag opt_out."""
    return day.marked("opt_out")


#: Every figure, in the order in which they are shown.
KPIS: tuple[Figure, ...] = tuple(REGISTERED)


def all_kpis(day: Day) -> tuple[Kpi, ...]:
    """Every figure of the day."""
    return tuple(figure(day) for figure in KPIS)
