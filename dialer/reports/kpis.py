"""The figures: one small pure function each, from what was counted to one `Kpi`.

Letters of the formulas:
    D dials, A answered, M answered by machine or fax, H = A - M live, B live and bridged within 2 s of the
    end of the greeting, X live and not bridged within that time (who hung up before it was over is neither),
    C contacts, R right party reached, S conversions, P promises to pay, K promises kept, L leads;
    talk (hold is part of it), wrap, ready (waiting for a call, or being joined to one), pause: agents' time;
    calls: calls that an agent was bridged to.

A call belongs to the instant at which it was placed. The function's docstring is the figure's note.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import nan

from dialer.engine.states import AgentState
from dialer.reports.formulas import REGISTERED, Figure, ratio_figure, value_figure
from dialer.reports.legal import clopper_pearson
from dialer.reports.tally import Tally
from dialer.reports.values import Kpi

__all__ = ["KPIS", "all_kpis", "conversations", "penetration"]

_VOLUME, _REACH, _ABANDONMENT = "Volume", "Reach", "Abandonment"
_OCCUPANCY = "(talk + hold + wrap) / (talk + hold + wrap + ready)"
_AGENTS, _SERVICE = "Agents", "Service and rules"
_MESSAGES = "Messages (agentless)"


def conversations(tally: Tally) -> int:
    """Calls that an agent was joined to, in time or late."""
    return tally.calls["joined"]


def _spent(tally: Tally, *states: AgentState) -> float:
    """Seconds of all agents in these states; not a number where nobody knows (see `formulas`)."""
    if tally.seconds is None:
        return nan
    return sum(tally.seconds.get(str(state), 0.0) for state in states)


def _busy(tally: Tally) -> float:
    return _spent(tally, AgentState.TALKING, AgentState.WRAP_UP)


def _ready(tally: Tally) -> float:
    return _spent(tally, AgentState.READY, AgentState.RESERVED)


def _signed_in(tally: Tally) -> float:
    return nan if tally.seconds is None else sum(tally.seconds.values())


# Volume ----------------------------------------------------------------------------------------------------


@value_figure("dials", "Dials", "count", "D", _VOLUME)
def dials(tally: Tally) -> float:
    """Calls placed with the carrier."""
    return tally.calls["dials"]


@value_figure("answered", "Answered", "count", "A = H + M", _VOLUME)
def answered(tally: Tally) -> float:
    """By a person, a machine or a fax."""
    return tally.calls["answered"]


@value_figure("machines", "Machines", "count", "M", _VOLUME)
def machines(tally: Tally) -> float:
    """Answered by a machine or a fax, as far as detection and agents know."""
    return tally.calls["machine"]


@value_figure("live", "Live answers", "count", "H = A - M", _VOLUME)
def live(tally: Tally) -> float:
    """Answered by a person. H = B + X + hung up first."""
    return tally.calls["live"]


@value_figure("bridged_in_time", "Joined to an agent in time", "count", "B", _VOLUME)
def bridged_in_time(tally: Tally) -> float:
    """Live, and an agent was there within 2 s of the end of the greeting."""
    return tally.calls["in_time"]


@value_figure("abandoned", "Abandoned", "count", "X", _VOLUME)
def abandoned(tally: Tally) -> float:
    """Live, and no agent within that time; unknown outcomes and dialer faults count here."""
    return tally.calls["abandoned"]


@value_figure("bridged_late", "of these joined late", "count", "part of X", _VOLUME)
def bridged_late(tally: Tally) -> float:
    """An agent came, but after the time was over."""
    return tally.calls["joined_late"]


@value_figure("hung_up_first", "Hung up first", "count", "H - B - X - messages to people", _VOLUME)
def hung_up_first(tally: Tally) -> float:
    """Left before the time was over and before an agent came: neither B nor X, nor told a message."""
    return tally.calls["hung_up_first"]


@value_figure("message_heard", "Message heard in full", "count", "result message_heard", _MESSAGES)
def message_heard(tally: Tally) -> float:
    """Live people to whom an agentless campaign's message was played to its end; not abandoned: it began at once."""
    return tally.calls["message_heard"]


@value_figure("message_part", "Message heard in part", "count", "result message_part", _MESSAGES)
def message_part(tally: Tally) -> float:
    """Live people who hung up before the end of the message."""
    return tally.calls["message_part"]


@value_figure("opted_out", "Opt-outs by key", "count", "result opted_out", _MESSAGES)
def opted_out(tally: Tally) -> float:
    """Live people who pressed the opt-out key during an agentless campaign's message."""
    return tally.calls["opted_out"]


@value_figure("to_agent", "Asked for an agent, and had one", "count", "result to_agent, part of B", _MESSAGES)
def to_agent(tally: Tally) -> float:
    """Pressed the key for an agent, who came within 2 s of it. Who asked and had none in time is abandoned (X)."""
    return tally.calls["to_agent"]


@value_figure("voicemail_left", "Messages left on machines", "count", "result voicemail_left, part of M", _MESSAGES)
def voicemail_left(tally: Tally) -> float:
    """Machines on which an agentless campaign left its message to the end."""
    return tally.calls["voicemail_left"]


@value_figure("conversations", "Conversations", "count", "calls", _VOLUME)
def conversations_figure(tally: Tally) -> float:
    """Calls that an agent was joined to, in time or late."""
    return conversations(tally)


@value_figure("open_calls", "Still open", "count", "calls without a result", _VOLUME)
def open_calls(tally: Tally) -> float:
    """Calls that had no result when the report was made."""
    return tally.calls["open"]


# Reach -----------------------------------------------------------------------------------------------------


@ratio_figure("answer_rate", "Answer rate", "share", "A / D", _REACH)
def answer_rate(tally: Tally) -> tuple[float, float]:
    """Dials that somebody or something answered."""
    return tally.calls["answered"], tally.calls["dials"]


@ratio_figure("live_answer_rate", "Live answer rate", "share", "H / D", _REACH)
def live_answer_rate(tally: Tally) -> tuple[float, float]:
    """Dials that a person answered."""
    return tally.calls["live"], tally.calls["dials"]


@value_figure("contacts", "Contacts", "count", "C", _REACH)
def contacts(tally: Tally) -> float:
    """Calls whose last disposition carries the flag contact."""
    return tally.flags["contact"]


@ratio_figure("contact_rate_dials", "Contact rate of dials", "share", "C / D", _REACH)
def contact_rate_dials(tally: Tally) -> tuple[float, float]:
    """Dials that became a contact."""
    return tally.flags["contact"], tally.calls["dials"]


@ratio_figure("contact_rate_live", "Contact rate of live answers", "share", "C / H", _REACH)
def contact_rate_live(tally: Tally) -> tuple[float, float]:
    """Live answers that became a contact."""
    return tally.flags["contact"], tally.calls["live"]


@ratio_figure("right_party_rate", "Right-party rate", "share", "R / C", _REACH)
def right_party_rate(tally: Tally) -> tuple[float, float]:
    """Contacts with the person who was meant."""
    return tally.flags["right_party"], tally.flags["contact"]


@ratio_figure("conversion_rate", "Conversion rate", "share", "S / C", _REACH)
def conversion_rate(tally: Tally) -> tuple[float, float]:
    """Contacts that reached the campaign's aim."""
    return tally.flags["conversion"], tally.flags["contact"]


@ratio_figure("promise_rate", "Promise-to-pay rate", "share", "P / R", _REACH)
def promise_rate(tally: Tally) -> tuple[float, float]:
    """Right-party contacts that promised to pay."""
    return tally.flags["promise"], tally.flags["right_party"]


@ratio_figure("kept_rate", "Promises kept", "share", "K / P due", _REACH)
def kept_rate(tally: Tally) -> tuple[float | None, float]:
    """Promises paid in full by their due date, of those whose due date and grace are over; needs payments imported."""
    promises = tally.promises
    return (None, 0) if promises is None else (promises.kept, promises.due)


def penetration(tried: Iterable[tuple[int, int]], attempts: int) -> tuple[int, int]:
    """Leads with at least `attempts` attempts, and L, all leads; `tried` holds (attempts, leads)."""
    pairs = list(tried)
    return sum(leads for made, leads in pairs if made >= attempts), sum(leads for _, leads in pairs)


def _tried(tally: Tally, attempts: int) -> tuple[float | None, float]:
    return (None, 0) if tally.tried is None else penetration(tally.tried, attempts)


@ratio_figure("penetration_1", "Penetration, 1 attempt", "share", "leads with >= 1 attempt / L", _REACH)
def penetration_1(tally: Tally) -> tuple[float | None, float]:
    """Leads that were tried at all, in this campaign so far."""
    return _tried(tally, 1)


@ratio_figure("penetration_3", "Penetration, 3 attempts", "share", "leads with >= 3 attempts / L", _REACH)
def penetration_3(tally: Tally) -> tuple[float | None, float]:
    """Leads that were tried three times or more, in this campaign so far."""
    return _tried(tally, 3)


# Abandonment -----------------------------------------------------------------------------------------------


@ratio_figure("abandonment_rate", "Abandonment rate", "share", "X / (B + X)", _ABANDONMENT)
def abandonment_rate(tally: Tally) -> tuple[float, float]:
    """Over the report's own time; the legal periods are in the table of definitions."""
    return tally.calls["abandoned"], tally.calls["abandoned"] + tally.calls["in_time"]


def _bound(tally: Tally, side: int) -> float | None:
    bounds = clopper_pearson(tally.calls["abandoned"], tally.calls["abandoned"] + tally.calls["in_time"])
    return None if bounds is None else bounds[side]


@value_figure(
    "abandonment_low",
    "Abandonment, lower bound",
    "share",
    "Clopper-Pearson 95 % of X / (B + X)",
    _ABANDONMENT,
)
def abandonment_low(tally: Tally) -> float | None:
    """The rate that so many answers can carry is hardly below this."""
    return _bound(tally, 0)


@value_figure(
    "abandonment_high",
    "Abandonment, upper bound",
    "share",
    "Clopper-Pearson 95 % of X / (B + X)",
    _ABANDONMENT,
)
def abandonment_high(tally: Tally) -> float | None:
    """The rate that so many answers can carry is hardly above this."""
    return _bound(tally, 1)


@ratio_figure("hidden_abandonment", "Hidden abandonment", "share", "(X + f M) / (B + X + f M)", _ABANDONMENT)
def hidden_abandonment(tally: Tally) -> tuple[float | None, float]:
    """With f, the audited share of machine detections that were people; undefined until it is audited."""
    share, x, b = tally.amd_false_positive_rate, tally.calls["abandoned"], tally.calls["in_time"]
    if share is None:
        return None, x + b
    mistaken = share * tally.calls["machine"]
    return x + mistaken, x + b + mistaken


@value_figure(
    "abandoned_silent",
    "Abandoned without the message",
    "count",
    "X never joined, message not played",
    _ABANDONMENT,
)
def abandoned_silent(tally: Tally) -> float:
    """Abandoned people who did not hear the safe-harbour message to its end."""
    return tally.calls["silent"]


# Agents ----------------------------------------------------------------------------------------------------


@value_figure("agents", "Agents", "count", "distinct agents signed in", _AGENTS)
def agents(tally: Tally) -> float | None:
    """Everyone who was signed in for some of the time."""
    return tally.agents


@value_figure("agent_hours", "Signed-in time", "h", "(talk + wrap + ready + pause) / 3600", _AGENTS)
def agent_hours(tally: Tally) -> float:
    """Of all agents together."""
    return _signed_in(tally) / 3600


@ratio_figure("occupancy", "Occupancy", "share", _OCCUPANCY, _AGENTS)
def occupancy(tally: Tally) -> tuple[float, float]:
    """How much of their available time agents were busy; pauses are left out."""
    return _busy(tally), _busy(tally) + _ready(tally)


@ratio_figure("utilisation", "Utilisation", "share", "(talk + hold + wrap) / signed-in time", _AGENTS)
def utilisation(tally: Tally) -> tuple[float, float]:
    """How much of their signed-in time agents were busy; pauses count against it."""
    return _busy(tally), _signed_in(tally)


@ratio_figure("handle_time", "Average handle time", "s", "(talk + hold + wrap) / calls", _AGENTS)
def handle_time(tally: Tally) -> tuple[float, float]:
    """An agent's work per conversation."""
    return _busy(tally), conversations(tally)


@ratio_figure("average_wait", "Agents' average wait", "s", "ready / calls", _AGENTS)
def average_wait(tally: Tally) -> tuple[float, float]:
    """An agent's wait before each conversation."""
    return _ready(tally), conversations(tally)


@ratio_figure("dials_per_agent_hour", "Dials per agent hour", "per_hour", "3600 D / signed-in time", _AGENTS)
def dials_per_agent_hour(tally: Tally) -> tuple[float, float]:
    """Of signed-in time, pauses included."""
    return tally.calls["dials"], _signed_in(tally) / 3600


@ratio_figure(
    "conversations_per_agent_hour",
    "Conversations per agent hour",
    "per_hour",
    "3600 calls / signed-in time",
    _AGENTS,
)
def conversations_per_agent_hour(tally: Tally) -> tuple[float, float]:
    """Of signed-in time, pauses included."""
    return conversations(tally), _signed_in(tally) / 3600


# Service and rules -----------------------------------------------------------------------------------------


@value_figure(
    "lines_mean",
    "Lines in use, mean",
    "number",
    "sum of (ended - placed) / (last end - first dial)",
    _SERVICE,
)
def lines_mean(tally: Tally) -> float | None:
    """Ringing and talking together; an open call holds its line until the report's end."""
    return None if tally.lines is None else tally.lines[0]


@value_figure("lines_max", "Lines in use, most", "count", "most calls at once", _SERVICE)
def lines_max(tally: Tally) -> float | None:
    """A line freed at an instant may be taken at the same instant."""
    return None if tally.lines is None else tally.lines[1]


@value_figure("wait_p50", "Answer to agent, median", "s", "50th percentile of bridged - answered", _SERVICE)
def wait_p50(tally: Tally) -> float | None:
    """Half of the people joined waited no longer than this."""
    return tally.waits.get(50)


@value_figure("wait_p95", "Answer to agent, 95 %", "s", "95th percentile of bridged - answered", _SERVICE)
def wait_p95(tally: Tally) -> float | None:
    """95 of 100 people joined waited no longer than this."""
    return tally.waits.get(95)


@value_figure("wait_p99", "Answer to agent, 99 %", "s", "99th percentile of bridged - answered", _SERVICE)
def wait_p99(tally: Tally) -> float | None:
    """99 of 100 people joined waited no longer than this."""
    return tally.waits.get(99)


@value_figure("wait_max", "Answer to agent, longest", "s", "maximum of bridged - answered", _SERVICE)
def wait_max(tally: Tally) -> float | None:
    """The longest wait of a person who was joined in the end."""
    return tally.waits.get(100)


@value_figure(
    "ring_floor_violations",
    "Rang too short",
    "count",
    "unanswered, cancelled by us, ended - ringing < 15 s",
    _SERVICE,
)
def ring_floor_violations(tally: Tally) -> float:
    """Must be 0 (16 CFR 310.4(b)(4)(ii)). Without a ringing signal the time from the dial counts."""
    return tally.calls["short_rings"]


@value_figure("refusals", "Refused by the gate", "count", "sum of refusals by rule", _SERVICE)
def refusals(tally: Tally) -> float | None:
    """Calls that the rules forbade at the instant of dialing."""
    return tally.refusals


@value_figure("opt_outs", "Opt-outs given to agents", "count", "calls with the flag opt_out", _SERVICE)
def opt_outs(tally: Tally) -> float:
    """Calls whose last disposition carries the flag opt_out."""
    return tally.flags["opt_out"]


#: Every figure, in the order in which they are shown.
KPIS: tuple[Figure, ...] = tuple(REGISTERED)


def all_kpis(tally: Tally) -> tuple[Kpi, ...]:
    """Every figure of what was counted."""
    return tuple(figure(tally) for figure in KPIS)
