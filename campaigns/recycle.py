"""What becomes of a lead after a call: try again, when; wait for the callback; done; or never again.

Pure: the campaign's rules, what the machine saw (`result`), what the agent said (`disposition`) and how
often the lead was tried go in; the lead's next state comes out. Whether a call is *lawful* at `next_at` is
not asked here: every dial passes the gate at its own instant.

Order of precedence, the first that applies:

1. a disposition that forbids (`opt_out`, `attorney`, `cease`): blocked;
2. a disposition that ends (`final`): done;
3. a number that is no good (`wrong_number`, or result `invalid` or `fax`): the number is given up and the
   lead is ready for its next one (the driver makes it done when there is none);
4. the campaign's lifetime cap: done;
5. a promised callback: callback at its time;
6. a disposition with `recycle_after_minutes`: waiting that long;
7. a disposition that settles (`conversion`, `promise`, `refusal`): done;
8. the rule of the result: waiting `delay_minutes * backoff ** (attempts - 1)`, or done after `max_attempts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from campaigns.dispositions import BLOCKING_FLAGS, SETTLING_FLAGS, Disposition
from campaigns.files import RESULTS, Campaign, RecycledResult

__all__ = ["LONGEST_DELAY", "LeadNext", "LeadStatus", "after_call"]

#: The `dialer.engine.states.LeadState` values that can follow a call.
LeadStatus = Literal["ready", "waiting", "callback", "done", "blocked"]

#: No back-off grows beyond 30 days (seconds).
LONGEST_DELAY = 30 * 86_400.0

_BAD_RESULTS = {
    "invalid": "the number is not in service",
    "fax": "a fax machine answers this number",
}


@dataclass(frozen=True, slots=True)
class LeadNext:
    """The lead's next state.

    Attributes:
        status: `ready` (now, its next phone), `waiting`, `callback`, `done` or `blocked`.
        next_at: earliest next attempt, seconds since the epoch; only for `waiting` and `callback`.
        why: one phrase for the board and the journal.
        phone_bad: why the number just dialed is given up, or None when it is still good.
    """

    status: LeadStatus
    next_at: float | None
    why: str
    phone_bad: str | None = None


def after_call(
    campaign: Campaign,
    result: str,
    disposition: Disposition | None,
    attempts_so_far: int,
    at: float,
    callback_at: float | None = None,
) -> LeadNext:
    """What becomes of the lead.

    Args:
        campaign: whose rules hold.
        result: what the machine knows, a value of `dialer.engine.states.CallResult`.
        disposition: what the agent said, or None when nobody did.
        attempts_so_far: attempts of this lead in this campaign, the one just ended included.
        at: when the call ended, seconds since the epoch.
        callback_at: when the person wants to be called, seconds since the epoch, if a time was agreed.

    Raises:
        ValueError: an unknown result, or fewer than one attempt.
    """
    if result not in RESULTS:
        raise ValueError(f"{result!r} is no call result; use one of {', '.join(RESULTS)}")
    if attempts_so_far < 1:
        raise ValueError(f"attempts_so_far counts the call just ended, so it is at least 1; got {attempts_so_far}")
    flags: frozenset[str] = disposition.flags if disposition else frozenset()
    said = f"{disposition.code}: {disposition.label}" if disposition else ""

    if flags & BLOCKING_FLAGS:
        return LeadNext("blocked", None, said, "wrong number" if "wrong_number" in flags else None)
    if "final" in flags:
        return LeadNext("done", None, said, "wrong number" if "wrong_number" in flags else None)
    bad = "wrong number" if "wrong_number" in flags else _BAD_RESULTS.get(result)
    lifetime = campaign.caps.lifetime
    spent = lifetime is not None and attempts_so_far >= lifetime
    if bad is not None and not spent:
        return LeadNext("ready", None, f"{bad}; the next number of the lead, if any", bad)
    if spent:
        return LeadNext("done", None, f"attempt {attempts_so_far} of at most {lifetime} (caps.lifetime)", bad)
    if "callback" in flags and callback_at is not None:
        return LeadNext("callback", max(callback_at, at), said)
    return _again(campaign, cast(RecycledResult, result), disposition, attempts_so_far, at)


def _again(
    campaign: Campaign, result: RecycledResult, disposition: Disposition | None, attempts: int, at: float
) -> LeadNext:
    """The lead's next state where nothing forbids, ends or fixes a time: the recycling proper."""
    flags: frozenset[str] = disposition.flags if disposition else frozenset()
    # An agent who hears a machine that detection took for a person: what the agent heard counts.
    if "machine" in flags:
        result = "machine"
    rule = campaign.recycle_rule(result)
    said = f"{disposition.code}: {disposition.label}" if disposition else result
    own_delay = disposition.recycle_after_minutes if disposition else None
    if own_delay is None and flags & SETTLING_FLAGS:
        return LeadNext("done", None, said)
    if attempts >= rule.max_attempts:
        return LeadNext("done", None, f"{said}; attempt {attempts} of at most {rule.max_attempts}")
    if own_delay is not None:
        return LeadNext("waiting", at + own_delay * 60, f"{said}; again in {_span(own_delay * 60)}")
    delay = LONGEST_DELAY
    if rule.backoff == 1 or attempts < 100:  # 10 ** 99 is still a float; beyond, the longest delay holds anyway
        delay = min(rule.delay_minutes * 60 * rule.backoff ** (attempts - 1), LONGEST_DELAY)
    return LeadNext("waiting", at + delay, f"{said}; again in {_span(delay)}")


def _span(seconds: float) -> str:
    """A delay as people say it: `20 min`, `3 h`, `1.5 h`, `3 d`."""
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{round(seconds / 3_600, 1):g} h"
    return f"{round(seconds / 86_400, 1):g} d"
