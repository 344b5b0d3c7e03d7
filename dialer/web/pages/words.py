"""Every text of templates and scripts; `python -m dialer.web.pages.words` prints what a catalogue lacks.

A catalogue (`catalogues/LANGUAGE.po`) is edited by hand; this finds the texts it lacks and those nobody uses any more.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

__all__ = ["catalogue", "used"]

_HERE = Path(__file__).parent
_METHODS = [("templates/**.html", "jinja2"), ("static/**.js", "javascript")]


def used() -> set[str]:
    """The English texts of the pages."""
    options = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    found = extract_from_dir(str(_HERE), _METHODS, options, keywords={"_": None})
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def catalogue(language: str) -> Catalog:
    """A catalogue as translators left it."""
    with (_HERE / "catalogues" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


if __name__ == "__main__":
    known = {str(each.id) for each in catalogue("id") if each.id and each.string}
    sys.stdout.write("".join(f"{text!r}\n" for text in sorted(used() - known)))
    sys.stdout.write("".join(f"no longer used: {text!r}\n" for text in sorted(known - used())))
