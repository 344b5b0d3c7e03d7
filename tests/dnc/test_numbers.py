"""Numbers of leads: strict, and never other than phonenumbers says."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnc.numbers import SENTENCES, Number, NumberCode, Refusal, parse_lead_number


def code(text, region="US"):
    found = parse_lead_number(text, region)
    return found.code if isinstance(found, Refusal) else NumberCode.OK


@pytest.mark.parametrize(
    "text",
    [
        "2125550123",
        "(212) 555-0123",
        "212.555.0123",
        "1 212 555 0123",
        "+1 (212) 555-0123",
        " +12125550123\t",
        "(+1) 212-555-0123",
    ],
)
def test_usual_spellings_are_one_number(text):
    assert parse_lead_number(text) == Number("+12125550123", "US", "fixed_line_or_mobile")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "EMPTY"),
        ("   ", "EMPTY"),
        ("=2125550123", "FORMULA"),
        ("@2125550123", "FORMULA"),
        ("212555O123", "LETTERS"),
        ("212 555 0123 home", "LETTERS"),
        ("1-800-FLOWERS", "LETTERS"),
        ("212 555 0123 x45", "EXTENSION"),
        ("2125550123x45", "EXTENSION"),
        ("(212) 555-0123 ext. 12", "EXTENSION"),
        ("(212) 555-0123 Extension 12", "EXTENSION"),
        ("2125550123;ext=9", "EXTENSION"),
        ("212-555-0123 #4", "EXTENSION"),
        ("2.125550123E+09", "SPREADSHEET"),
        ("2125550123.0", "SPREADSHEET"),
        ("２１２5550123", "FOREIGN_DIGITS"),
        ("٢١٢٥٥٥٠١٢٣", "FOREIGN_DIGITS"),
        ("૨૧૨૫૫૫૦૧૨૩", "FOREIGN_DIGITS"),
        ("212555012³", "SUPERSCRIPT"),
        ("212555012₃", "SUPERSCRIPT"),
        ("\ufeff2125550123", "INVISIBLE"),
        ("212\u200b5550123", "INVISIBLE"),
        ("212\u00ad5550123", "INVISIBLE"),
        ("212\u00a0555\u00a00123", "SPACE"),
        ("212–555–0123", "CHARACTER"),
        ("212/555/0123", "CHARACTER"),
        ("++12125550123", "CHARACTER"),
        ("212+5550123", "CHARACTER"),
        ("'2125550123", "CHARACTER"),
        ("212Ο5550123", "LETTERS"),
        ("5550123", "INVALID"),
        ("12", "INVALID"),
        ("1", "UNPARSABLE"),
        ("+999 1234567", "UNPARSABLE"),
        ("21255501234567890123", "UNPARSABLE"),
        ("0125550123", "INVALID"),
        ("2120550123", "INVALID"),
        ("8005550123", "TOLL_FREE"),
        ("5005550123", "PERSONAL_NUMBER"),
        ("9005550123", "PREMIUM_RATE"),
        ("6005550123", "NON_GEOGRAPHIC"),
        ("2125551212", "SERVICE_LINE"),
        ("2129761234", "SERVICE_LINE"),
        ("+80012345678", "TOLL_FREE"),
        ("+39848123456", "SHARED_COST"),
        ("+449098790000", "PREMIUM_RATE"),
    ],
)
def test_each_doubt_has_its_reason(text, expected):
    assert code(text) == expected


def test_every_code_has_a_sentence():
    assert set(SENTENCES) == set(NumberCode)
    assert Refusal(NumberCode.LETTERS).detail == "it contains letters"


def test_fiction_is_valid():
    for line in range(100, 200):
        assert code(f"212555{line:04d}") == "OK"


@pytest.mark.parametrize("region", [None, "", "USA", "XX"])
def test_a_national_number_needs_a_known_country(region):
    assert code("2125550123", region) == "COUNTRY"
    assert code("+12125550123", region) == "OK"


def test_other_countries():
    assert parse_lead_number("020 7946 0123", "GB") == Number("+442079460123", "GB", "fixed_line")
    mobile = parse_lead_number("0812-5555-0101", "id")
    assert mobile == Number("+6281255550101", "ID", "mobile")
    assert mobile.line_type == "mobile"
    assert parse_lead_number("+390612345678", "US").e164 == "+390612345678"


@given(st.from_regex(r"[+]?[0-9 ().\-]{1,20}", fullmatch=True), st.sampled_from(["US", "CA", "GB", "ID", "AU"]))
def test_whatever_is_accepted_is_what_phonenumbers_says(text, region):
    found = parse_lead_number(text, region)
    if isinstance(found, Number):
        parsed = phonenumbers.parse(text, region)
        assert phonenumbers.is_valid_number(parsed)
        assert found.e164 == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        assert found.region == phonenumbers.region_code_for_number(parsed)
        assert found.type == phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(parsed)).lower()
    elif found.code == NumberCode.INVALID:
        assert not phonenumbers.is_valid_number(phonenumbers.parse(text, region))


@given(st.text(max_size=30))
def test_no_text_makes_it_raise(text):
    assert isinstance(parse_lead_number(text), (Number, Refusal))
