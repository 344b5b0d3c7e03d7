"""Entries of suppression lists: whatever they may mean is blocked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnc.numbers import Number, normalise_suppression_number, parse_lead_number


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("2125550123", ""),
        ("12125550123", ""),
        ("+12125550123", ""),
        ("212,5550123", "punctuation"),
        ("(212) 555-0123", "punctuation"),
        ("２１２５５５０１２３", "digits of another script"),
        ("٢١٢٥٥٥٠١٢٣", "digits of another script"),
        ("૨૧૨૫૫૫૦૧૨૩", "digits of another script"),
        ("\ufeff2125550123", "invisible"),
        ("212\u200b5550123", "invisible"),
        ("2125550123.0", "spreadsheet"),
        ("2125550123 x45", "extension"),
        ('="2125550123"', "leading ="),
        ("212\u00a05550123", "special spaces"),
    ],
)
def test_repaired_and_told(text, warning):
    found = normalise_suppression_number(text)
    assert found.e164 == "+12125550123"
    assert found.error is None
    assert (warning == "" and found.warnings == ()) or any(warning in told for told in found.warnings)


def test_validity_is_not_asked():
    assert normalise_suppression_number("2120550123").e164 == "+12120550123"
    assert normalise_suppression_number("+6281255550101").e164 == "+6281255550101"
    assert normalise_suppression_number("02079460123", "GB").e164 == "+442079460123"
    assert normalise_suppression_number("442079460123", "GB").e164 == "+442079460123"
    assert normalise_suppression_number("61234567", "SG").e164 == "+6561234567"


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "5550123", "1125550123", "2.12555E+09", "212555ABCD", "---", "212555012345"]
)
def test_what_cannot_be_read_says_why(text):
    found = normalise_suppression_number(text)
    assert found.e164 is None
    assert found.error.startswith("the entry ")


@given(st.text(alphabet="0123456789+-() .", max_size=18))
def test_blocks_at_least_what_leads_accept(text):
    lead = parse_lead_number(text, "US")
    if isinstance(lead, Number) and lead.e164.startswith("+1"):
        assert normalise_suppression_number(text, "US").e164 == lead.e164
