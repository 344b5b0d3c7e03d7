"""Telephone numbers: strict for people we want to call, generous for people we must not.

`parse_lead_number` and its column form `parse_lead_numbers` under-dial: any doubt refuses the number, with a
code and a sentence. `normalise_suppression_number` over-blocks: whatever a registry line may have meant is
blocked. What a valid number is, and its E.164 form, region and type, is what the library `phonenumbers` says.
"""

from dnc.numbers.columns import parse_lead_numbers
from dnc.numbers.lead import parse_lead_number
from dnc.numbers.suppression import SuppressionNumber, normalise_suppression_number
from dnc.numbers.values import SENTENCES, Number, NumberCode, Refusal

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
