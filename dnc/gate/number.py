"""The number itself.

A valid, geographic or mobile number of its country, exactly as `dnc.numbers` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dnc.gate.context import Context
from dnc.numbers import Number, parse_lead_number
from dnc.values import Check, Code

__all__ = ["number_checks"]

_CITATION = "ITU-T E.164; NANP format; policy: a number that is not certain is not dialed"


@lru_cache(maxsize=200_000)
def _problem(number: str) -> str:
    """Why this is no number to dial, or ""."""
    found = parse_lead_number(number)
    if isinstance(found, Number):
        return "" if found.e164 == number else f"{number!r} is not written as E.164; write {found.e164}"
    return found.detail


def number_checks(context: Context) -> Iterator[Check]:
    """Refuse what is no callable number."""
    problem = _problem(context.call.number)
    yield Check(Code.NUMBER_INVALID, "number.valid", not problem, _CITATION, problem or "valid", status="policy")
