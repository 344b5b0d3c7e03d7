"""Pages that need nothing else: no network, no script, no font, no file beside them.

All extend `page.html.j2`: one style sheet, one head that forbids every outside connection (Content-Security-Policy).
Everything that comes from the data passes jinja2's autoescape, and characters that a reader cannot see, such as those
that turn the direction of writing, are shown by their code.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from dialer.reports.values import show

__all__ = ["template", "utc_text"]

#: Control characters, and those that turn the direction of writing or are not seen.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@lru_cache(maxsize=8)
def template(name: str) -> Template:
    """A template of this package."""
    loader = PackageLoader("dialer.reports", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_seen
    )
    environment.filters["show"] = show
    environment.filters["utc"] = utc_text
    return environment.get_template(name)


def utc_text(at: datetime | None) -> str:
    """An instant in UTC, to the second; nothing for None."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _seen(value: Any) -> Any:
    """What is printed: nothing for None, and no character that a reader cannot see."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return value
