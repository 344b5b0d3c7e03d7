"""Templates to HTML, in the language and with the rights of whoever asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialer.web.accounts import Act, User, may
from dialer.web.pages.texts import LANGUAGES, choose, texts

__all__ = ["LANGUAGE_COOKIE", "STATIC", "language_of", "page"]

#: Set by the switch in the page: a preference, no secret.
LANGUAGE_COOKIE = "dialer_language"
STATIC = Path(__file__).parent / "static"


def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(texts(language).translations, newstyle=True)  # type: ignore[attr-defined]
    return made


_ENVIRONMENTS = {language: _environment(language) for language in LANGUAGES}


def language_of(request: Request) -> str:
    """The language of whoever asks."""
    return choose(request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", ""))


def page(request: Request, template: str, *, status: int = 200, user: User | None = None, **data: Any) -> HTMLResponse:
    """Render a page.

    Args:
        request: decides the language.
        template: its file.
        status: of the answer.
        user: who has signed in to the office, or None.
        data: what the template shows.
    """
    language = language_of(request)
    html = (
        _ENVIRONMENTS[language]
        .get_template(template)
        .render(
            language=language,
            languages=LANGUAGES,
            words=texts(language).words,
            user=user,
            csrf=getattr(request.state, "csrf", ""),
            here=request.url.path,
            may=lambda act: user is not None and may(user, Act(act)),
            **data,
        )
    )
    # A page shows people's data: no cache may keep it, and Back after sign-out must not show it.
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
