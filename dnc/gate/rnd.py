"""The Reassigned Numbers Database: what its answer is worth for one call.

47 CFR 64.1200(m) protects a caller who, "based upon the most recent numbering information", received a "no" that
verifies "that the number has not been permanently disconnected since the date prior express consent was obtained".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta

from dnc.gate.context import Context
from dnc.values import Check, Code, RndAnswer, RndReply

__all__ = ["newest_data", "rnd_checks"]

_SAID: dict[RndAnswer, str] = {
    "yes": "the number was disconnected and may belong to somebody else since the consent",
    "no_data": "the database has no data for this number: no safe harbour; confirm the person anew",
    "missing": "no answer on record: no safe harbour; query the number with the date of consent",
}


def rnd_checks(context: Context) -> Iterator[Check]:
    """The Reassigned Numbers Database.

    `yes` and `no_data` refuse. A "no" counts for the consent relied upon when the query named its date or an earlier
    one and no newer data has come out since (47 CFR 64.1200(m)); one that does not count is no answer. No answer
    refuses where one is required.
    """
    reply = context.facts.rnd
    required = any(place in context.bound.jurisdictions for s in context.bound.rnd for place in s.required_in)
    needed = required or context.policy.require_rnd
    if reply is None and not needed:
        return
    passed = False
    if reply is not None and reply.answer == "no":
        doubt = _doubt(context, reply)
        code = Code.RND_NO_DATA if doubt else Code.RND_YES
        passed = not (doubt and needed)
        saw = f"not reassigned, says the database, {doubt or f'asked since {reply.since}, obtained {reply.obtained}'}"
    else:
        answer: RndAnswer = "missing" if reply is None else reply.answer
        code = Code.RND_YES if answer == "yes" else Code.RND_NO_DATA
        saw = _SAID.get(answer, _SAID["no_data"])
    citation = "47 CFR 64.1200(m)" + ("; 10 M.R.S. 1499-B" if required else "")
    yield Check(code, "US.rnd", passed, citation, saw, status="verified")


def _doubt(context: Context, reply: RndReply) -> str:
    """Why a "no" does not cover the consent that this call relies on, or ""."""
    if reply.since is None or reply.obtained is None:
        return "but the date it was asked for is not known: query it with the date of consent"
    given = context.agreements.given
    if given is not None and reply.since > given.astimezone(UTC).date():
        return f"but only since {reply.since}, after the consent of {given:%Y-%m-%d}: query it with that date"
    newest = newest_data(context.book.rnd_renewed_on_day, context.at.date())
    if reply.obtained < newest:
        return f"but on {reply.obtained}, and newer data came out on {newest}: query it again"
    return ""


def newest_data(renewed_on_day: int, today: date) -> date:
    """The last day before `today` on which a database that is renewed once a month was renewed."""
    if today.day > renewed_on_day:
        return today.replace(day=renewed_on_day)
    return (today.replace(day=1) - timedelta(days=1)).replace(day=renewed_on_day)
