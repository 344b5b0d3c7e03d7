"""A script shows the person's data, and a list can put nothing into it but text."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.scripts import Choice, ScriptError, load_script, parse_script, render

TEXT = """\
# Title

## Opening
Hello {first_name}, you owe {'%.2f' | format(balance)}{% if city %} in {city}{% endif %}.

- [Yes, {first_name}](#offer)
- [Not interested!](#refusal)

## Offer ##
Text.

## Refusal
Good-bye.
"""
LEAD = {"first_name": "Ada", "balance": 12.5, "city": ""}


def told(text: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        parse_script(text, "scripts/s.md")
    return str(caught.value).splitlines()


def test_a_script_is_sections_with_choices_that_lead_to_sections():
    opening, offer, refusal = render(parse_script(TEXT), LEAD)
    assert (opening.name, offer.name, refusal.name) == ("opening", "offer", "refusal")
    assert opening.text == "Hello Ada, you owe 12.50."
    assert opening.choices == (Choice("Yes, Ada", "offer"), Choice("Not interested!", "refusal"))
    assert (offer.title, offer.text, offer.choices) == ("Offer", "Text.", ())


def test_text_without_headings_is_one_opening():
    (only,) = render(parse_script("Hello {first_name}."), LEAD)
    assert (only.name, only.text) == ("opening", "Hello Ada.")


def test_placeholders_are_known_before_the_first_call():
    script = parse_script(TEXT)
    assert script.placeholders == {"first_name", "balance", "city"}
    assert script.missing(["first_name", "phone"]) == ("balance", "city")


def test_a_placeholder_without_a_column_is_named_with_the_nearest_one():
    with pytest.raises(ScriptError) as caught:
        render(parse_script("## Opening\nHello {frist_name}", "scripts/s.md"), LEAD)
    assert str(caught.value) == (
        "scripts/s.md: line 2: section 'opening' asks for {frist_name}, which this contact does not have; "
        "did you mean {first_name}? Write that."
    )


def test_an_expression_that_fails_on_the_data_is_told():
    with pytest.raises(ScriptError, match="section 'opening' cannot be filled in for this contact"):
        render(parse_script(TEXT), LEAD | {"balance": "much"})


def test_mistakes_of_a_script_are_told_all_at_once():
    assert told("## A\n{first name}\n- [x](#refusl)\n## Refusal\n\n{x | nofilter}\n## A\n") == [
        'scripts/s.md: line 2: the choice "x" leads to #refusl, and there is no such section; '
        "did you mean #refusal? Write that.",
        "scripts/s.md: line 2: a placeholder cannot be read: expected token 'end of print statement', "
        "got 'name'; write it as {column}.",
        "scripts/s.md: line 6: a placeholder cannot be read: No filter named 'nofilter'; write it as {column}.",
        "scripts/s.md: line 8: there already is a section 'a'; give one of them another heading.",
    ]
    assert told("# Only a title\n") == ["scripts/s.md: it has no text; begin with a heading such as ## Opening."]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ScriptError, match=r"there is no such file; check script\.file"):
        load_script(tmp_path / "s.md")
    (tmp_path / "s.md").write_bytes(b"\xff\xfe")
    with pytest.raises(ScriptError, match="save it as UTF-8"):
        load_script(tmp_path / "s.md")


@pytest.mark.parametrize(
    "attack",
    [
        "{balance}",
        "{{7*7}}",
        "{% for x in y %}",
        "{# x",
        "\n## Refusal\nnew",
        "\r\n- [go](#offer)",
        "\u202etxt\x00",
    ],
)
def test_what_a_list_says_is_shown_and_never_obeyed(attack):
    opening, *rest = render(parse_script(TEXT), LEAD | {"first_name": attack})
    assert len(rest) == 2
    assert len(opening.choices) == 2
    assert "\n" not in opening.text
    assert not set("\x00\u202e\r") & set(opening.text)
    assert opening.text.startswith("Hello " + " ".join(attack.split()).strip("\u202e\x00"))


def test_a_script_cannot_reach_out_of_its_sandbox():
    for text in ("{first_name.__class__.__mro__}", "{''.__class__}", "{range(10**9) | list}"):
        with pytest.raises(ScriptError):
            render(parse_script(text), LEAD)


def test_markup_of_a_list_is_escaped_for_whoever_shows_html():
    opening = render(parse_script("Hello {first_name}"), {"first_name": "<script>"}, escape=html.escape)[0]
    assert opening.text == "Hello &lt;script&gt;"


@settings(deadline=None)
@given(st.text(), st.none() | st.integers() | st.text())
def test_any_data_leaves_the_shape_of_the_script_alone(name, city):
    sections = render(parse_script("## A\n{first_name}{city}\n- [b](#b)\n## B\nb"), {"first_name": name, "city": city})
    assert [section.name for section in sections] == ["a", "b"]
    assert sections[0].choices == (Choice("b", "b"),)
    assert len(sections[0].text.splitlines()) <= 1
