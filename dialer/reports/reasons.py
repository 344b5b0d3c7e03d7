"""Reason codes and checks in words, for people who do not read code: auditors, officers, the person called."""

from __future__ import annotations

from typing import Final

from dnc.values import Code

__all__ = ["CHECKS", "REASONS", "check_citation", "check_words", "reason_words"]

#: Why a call was refused, one clause for every code.
REASONS: Final[dict[Code, str]] = {
    Code.ALLOW: "nothing stood against the call",
    Code.HOURS_FEDERAL: "outside of the hours that national law allows",
    Code.HOURS_STATE: "outside of the hours that the state allows",
    Code.HOURS_COUNTRY: "outside of the hours that the country allows",
    Code.DAY_SUNDAY: "no calls on Sundays there",
    Code.DAY_SATURDAY: "no calls on Saturdays there",
    Code.HOLIDAY: "no calls on this holiday there",
    Code.TZ_AMBIGUOUS: "the number may be in several time zones, and one of them is closed",
    Code.TZ_UNKNOWN: "nobody knows the person's time zone",
    Code.NUMBER_INVALID: "not a number that can be called",
    Code.FREQ_8H: "called too often within hours",
    Code.FREQ_24H: "called too often within 24 hours",
    Code.FREQ_7D: "called too often within seven days",
    Code.FREQ_30D: "called too often within thirty days",
    Code.FREQ_CAMPAIGN: "called as often as the campaign itself allows",
    Code.FREQ_AFTER_CONVERSATION: "too soon after a conversation",
    Code.COOLOFF_REFUSAL: "too soon after the person refused",
    Code.ABANDON_72H: "too soon after an abandoned call, without an agent guaranteed",
    Code.AMD_24H: "too soon after a call that a machine was taken to have answered",
    Code.DNC_NATIONAL: "on the national do-not-call list",
    Code.DNC_STATE: "on the state's do-not-call list",
    Code.DNC_INTERNAL: "on the internal do-not-call list",
    Code.DNC_CAMPAIGN: "on the campaign's do-not-call list",
    Code.DNC_AREACODE: "in an area code that the house does not call",
    Code.DNC_STALE: "a do-not-call list was too old to be relied on",
    Code.DNC_MISSING: "a do-not-call list that had to be consulted was not there",
    Code.LITIGATOR: "on the list of litigators",
    Code.RND_YES: "the number was given to somebody else since the consent",
    Code.RND_NO_DATA: "nobody knows whether the number was given to somebody else since the consent",
    Code.CONSENT_REQUIRED: "the consent that this kind of call needs is not on record",
    Code.CONSENT_REVOKED: "the consent was taken back",
    Code.INCONVENIENT_TIME: "a time that the person named as inconvenient",
    Code.EMERGENCY_SUSPENSION: "calling there was suspended",
    Code.DATA_UNREADABLE: "a rule could not be judged, and what cannot be judged is refused",
    Code.ON_A_CALL: "the person was on another call of ours",
    Code.CAMPAIGN_CLOSED: "the campaign was closed by its own calendar",
}

#: What the checks look at that are no rows of the rule tables, by their id.
CHECKS: Final[dict[str, str]] = {
    "number.valid": "the number can exist",
    "place.known": "the place and its clock are known",
    "zones.agree": "all zones the number may be in are open",
    "internal": "the company's own do-not-call list",
    "areacode": "area codes that the house does not call",
    "consent.revoked": "whether consent was taken back",
    "person.inconvenient": "times that the person named as inconvenient",
    "operator.suspension": "suspensions by the operator",
    "policy.one_call_at_a_time": "nobody is on two calls at once",
}

_LOCAL_TIME = "12 CFR 1006.6(b)(1)(i); 16 CFR 310.4(c): the local time at the called person's location"
_OWN_LISTS = "47 CFR 64.1200(d)(3), (d)(6); 16 CFR 310.4(b)(1)(iii)(A)"
_CITATIONS: Final[dict[str, str]] = {
    "place.known": _LOCAL_TIME,
    "zones.agree": _LOCAL_TIME,
    "internal": _OWN_LISTS,
    "areacode": _OWN_LISTS,
    "consent.revoked": "47 CFR 64.1200(a)(10)-(12)",
    "person.inconvenient": "12 CFR 1006.6(b)(1)(i)",
}
_PREFIXES: Final[tuple[tuple[str, str], ...]] = (
    ("client ", "the client's own do-not-call list"),
    ("campaign ", "the campaign's own do-not-call list"),
    ("campaign.", "the campaign's own limit"),
)
_SUFFIXES: Final[tuple[tuple[str, str], ...]] = (
    (".list", "the state's do-not-call list"),
    (".suspension", "a suspension of all calls there"),
    (".window", "calling hours of the country"),
    (".unreadable", "whether the rule could be judged"),
)


def reason_words(code: str) -> str:
    """A code in words; the code itself when it is of a later version."""
    return REASONS[Code(code)] if code in Code.__members__ else code


def check_words(rule: str) -> str:
    """What a check looked at when its rule is no row of the tables; empty when nobody knows."""
    if rule in CHECKS:
        return CHECKS[rule]
    found = [words for prefix, words in _PREFIXES if rule.startswith(prefix)]
    found += [words for suffix, words in _SUFFIXES if rule.endswith(suffix)]
    return found[0] if found else ""


def check_citation(rule: str) -> str:
    """On what a check stands whose rule is no row of the tables; empty where it is the house's own policy."""
    own = rule.startswith(("client ", "campaign "))
    return _OWN_LISTS if own else _CITATIONS.get(rule, "")
