"""The words of the pages in each language, from gettext catalogues in this package.

English is the language of the source. A catalogue is read as the `.po` text that translators edit; there is no
compiled copy that could be older. A test finds every word of templates and scripts that a catalogue lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

__all__ = ["LANGUAGES", "Texts", "choose", "texts"]

#: Language tag and its own name, as the switch shows them.
LANGUAGES = {"en": "English", "id": "Bahasa Indonesia"}
_CATALOGUES = Path(__file__).parent / "catalogues"


@dataclass(frozen=True, slots=True)
class Texts:
    """One language: `translations` for templates, `words` (English to this language) for scripts."""

    language: str
    translations: Translations
    words: dict[str, str]


@cache
def texts(language: str) -> Texts:
    """The words of one of `LANGUAGES`."""
    if language == "en":
        return Texts("en", Translations(), {})
    with (_CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    words = {str(each.id): str(each.string) for each in catalogue if each.id and each.string}
    return Texts(language, Translations(compiled), words)


def choose(chosen: str, accepted: str) -> str:
    """The language of a page.

    Args:
        chosen: what the person chose with the switch, or "".
        accepted: the browser's `Accept-Language`.
    """
    if chosen in LANGUAGES:
        return chosen
    for part in accepted.split(","):
        language = part.split(";")[0].strip().split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"
