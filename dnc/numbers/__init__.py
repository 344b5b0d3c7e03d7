"""Telephone numbers: strict for people we want to call, generous for people we must not.

`parse_lead_number` and its column form `parse_lead_numbers` under-dial: any doubt refuses the number, with a
code and a sentence. `normalise_suppression_number` over-blocks: whatever a registry line may have meant is
blocked. What a valid number is, and its E.164 form, region and type, is what the library `phonenumbers` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dnc.numbers.lead import parse_lead_number
from dnc.numbers.suppression import SuppressionNumber, normalise_suppression_number
from dnc.numbers.values import SENTENCES, Number, NumberCode, Refusal

if TYPE_CHECKING:
    from dnc.numbers.columns import parse_lead_numbers

__all__ = [
    "SENTENCES",
    "Number",
    "NumberCode",
    "Refusal",
    "SuppressionNumber",
    "normalise_suppression_number",
    "parse_lead_number",
    "parse_lead_numbers",
]


def __getattr__(name: str) -> Any:
    """Load the column form only where it is used: it brings pandas with it."""
    if name == "parse_lead_numbers":
        from dnc.numbers.columns import parse_lead_numbers

        return parse_lead_numbers
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
