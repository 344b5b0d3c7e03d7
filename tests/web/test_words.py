"""Every word of the pages is in every catalogue, and fits."""

import re

import pytest

from dialer.reports.reasons import REASONS
from dialer.web.pages.rendering import STATIC
from dialer.web.pages.texts import LANGUAGES, choose, texts
from dialer.web.pages.words import catalogue, used
from dnc.values import Code

_NAMES = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_a_catalogue_has_every_word_of_the_pages_and_no_other(language):
    known = {str(each.id): str(each.string) for each in catalogue(language) if each.id}
    assert known.keys() == used()
    for english, translated in known.items():
        assert translated.strip(), f"{english!r} is not translated"
        assert sorted(_NAMES.findall(english)) == sorted(_NAMES.findall(translated)), f"{english!r} loses a value"
    assert texts(language).translations.gettext("Ready") == known["Ready"] != "Ready"


def test_no_script_hides_a_word_where_the_extractor_does_not_look():
    for file in STATIC.glob("*.js"):
        inside = re.findall(r"`[^`]*\$\{[^}`]*\b_\(", file.read_text())
        assert not inside, f"{file.name}: {inside}"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "id-ID,id;q=0.9,en;q=0.5", "id"),
        ("", "fr-FR, en-US;q=0.7, id;q=0.1", "en"),
        ("", "fr", "en"),
        ("id", "en-US", "id"),
        ("../../etc/passwd", "", "en"),
    ],
)
def test_the_language_is_the_chosen_one_then_the_browsers_then_english(chosen, accepted, language):
    assert choose(chosen, accepted) == language


def test_the_desk_has_a_word_for_every_refusal_of_the_gate():
    script = (STATIC / "reasons.js").read_text(encoding="utf-8")
    shown = dict(re.findall(r'^  ([A-Z0-9_]+): _\("(.*)"\),$', script, re.M))
    assert shown == {code.value: words for code, words in REASONS.items() if code is not Code.ALLOW}
