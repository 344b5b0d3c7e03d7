"""What a refused request means for the call, the campaign and the pace: one table.

Sources: Twilio's error and warning dictionary (www.twilio.com/docs/api/errors) and RFC 3261 section 21.
"""

from __future__ import annotations

from typing import Literal

from dialer.engine.events import EndCause, FailureKind

__all__ = ["end_cause", "failure_of", "is_gone"]

#: The number itself is bad: never again.
_NUMBER = (21211, 21214, 21217, 13223, 13224)
#: Caller id, account or geography: nothing can be dialed until a person mends it.
_ACCOUNT = (21210, 21212, 21264, 21215, 21216, 21219, 13225, 13226, 13227, 20003, 20005, 10001)
#: Too fast, or the carrier is in trouble: slow down, try the person later.
_RATE = (20429, 10004, 22005, 20500, 20503)
#: The call is over, or unknown, or left the conference: what was asked has no object any more.
_GONE = (21220, 20404, 16022, 16025)

_KIND: dict[int, FailureKind] = {
    **dict.fromkeys(_NUMBER, "number"),
    **dict.fromkeys(_ACCOUNT, "account"),
    **dict.fromkeys(_RATE, "rate"),
}

#: SIP answers that say: no such number (404, 410, 484, 604), no line free or overload (480 is nobody there).
_SIP: dict[int, EndCause] = {
    **dict.fromkeys((404, 410, 484, 604), "invalid"),
    **dict.fromkeys((500, 502, 503, 504), "congestion"),
    **dict.fromkeys((486, 600), "busy"),
}

_STATUS: dict[str, EndCause] = {
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "cancelled",
    "completed": "hung_up_by_person",
}


def failure_of(status: int, code: int | None) -> FailureKind:
    """Say what a refused `create` means.

    Args:
        status: of HTTP.
        code: the carrier's own error number, when it sent one.

    Returns:
        `unknown` for everything that does not say clearly that no call was made.
    """
    kind = _KIND.get(code or 0)
    if kind is not None:
        return kind
    if status in (401, 403):
        return "account"
    if status == 429:
        return "rate"
    # A 5xx may come from a proxy after the call was made: without the carrier's own word nobody knows.
    if status >= 500:
        return "unknown"
    return "account"  # a request that the carrier does not understand is not the person's fault


def is_gone(code: int | None, status: int) -> bool:
    """Tell whether the refusal of an `update` says that the call is over or unknown."""
    return code in _GONE or status == 404


def end_cause(status: str, sip_code: int | None, asked_by_us: bool) -> EndCause | Literal[""]:
    """Give the cause of a call's end, or "" while the status is not an end.

    Args:
        status: the carrier's `CallStatus`.
        sip_code: `SipResponseCode`, when there is one.
        asked_by_us: we asked for the hang-up.
    """
    if status == "failed":
        return _SIP.get(sip_code or 0, "failed")
    cause: EndCause | Literal[""] = _STATUS.get(status, "")
    if asked_by_us and cause == "hung_up_by_person":
        return "hung_up_by_us"
    return cause
