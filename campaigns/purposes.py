"""New campaign files by purpose, language and country: `dialer campaigns new`.

What differs is data in `campaigns/templates`: `purposes.toml` (scope and why, mode, caps, results, texts),
`countries.toml` (fictitious numbers, zone, hours, currency) and `languages.toml` (what every purpose says in the same
words). Two templates turn them into a campaign file, commented key by key, and its script. In US English some
purposes have a sample written by hand, which `dialer init` writes too; that one is taken.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["Draft", "countries", "draft", "languages", "purposes"]

#: Purposes whose sample for the United States in English is written by hand.
_BY_HAND = ("telemarketing", "collections", "reminder")

#: Keys of the results every campaign with agents has, beside `goal` on 1 and `other` on 7 and 8.
_COMMON: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "NOT_INTERESTED": (2, ("contact", "right_party", "refusal", "final")),
    "CALLBACK": (3, ("contact", "callback")),
    "NOT_HOME": (4, ("contact",)),
    "MACHINE": (5, ("machine",)),
    "WRONG_NUMBER": (6, ("contact", "wrong_number")),
    "DNC": (9, ("contact", "opt_out")),
}

#: Minutes until the next attempt. An abandoned person rests 72 h: Ofcom's rule, kept everywhere.
_RECYCLE = {"busy": 60, "no_answer": 300, "machine": 360, "human": 1_440, "abandoned": 4_320, "hung_up_first": 1_440}


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign file to begin from. `script` is None where its script is a file that exists already, or none."""

    campaign: str
    script: str | None
    script_file: str


def purposes() -> tuple[str, ...]:
    """What calls can be for, in the order of the file."""
    return tuple(_table("purposes"))


def countries() -> tuple[str, ...]:
    """Countries with a pack, ISO 3166-1 alpha-2."""
    return tuple(_table("countries"))


def languages() -> tuple[str, ...]:
    """Languages that every purpose has its texts in, ISO 639-1."""
    return tuple(_table("languages"))


def draft(name: str, purpose: str, language: str, country: str) -> Draft:
    """The file of a new campaign and its script. Raises `KeyError` for a purpose, language or country without data."""
    if purpose in _BY_HAND and (language, country) == ("en", "US"):
        text = re.sub(r'^name = "\w+"', f'name = "{name}"', _read(f"{purpose}.toml"), count=1, flags=re.MULTILINE)
        if (found := re.search(r'^file = "scripts/(\w+\.md)"', text, flags=re.MULTILINE)) is None:
            return Draft(text, None, "")
        own = f"scripts/{name}.md"
        text = text.replace(f'"scripts/{found[1]}"', f'"{own}"')
        return Draft(text, _read(f"scripts/{found[1]}"), own)
    values = _values(name, purpose, language, country)
    environment = _environment()
    campaign = environment.from_string(_read("campaign.toml.jinja")).render(values)
    if values["agentless"]:
        return Draft(campaign, None, "")
    return Draft(campaign, environment.from_string(_read("script.md.jinja")).render(values), values["script"])


def _values(name: str, purpose: str, language: str, country: str) -> dict[str, Any]:
    """What the templates are filled with."""
    what, land, words = _table("purposes")[purpose], _table("countries")[country], _table("languages")[language]
    said = what[language]
    shown = f"{land['shown']}{what['line']:04d}"
    places = {"SELLER": what["seller"], "PHONEFOR": f"{shown}, {said.get('for', '')}", "PHONE": shown}
    places |= {"CURRENCY": land["currency"], "MATTER": said["matter"]}

    def fill(text: str) -> str:
        return re.sub(r"\b(SELLER|PHONEFOR|PHONE|CURRENCY|MATTER)\b", lambda found: places[found[1]], text)

    common = {key: fill(text) if isinstance(text, str) else text for key, text in words.items()}
    agentless = what["mode"] == "agentless"
    labels = {**words["labels"], **said["labels"]}
    results = [
        {"code": each["code"], "flags": each["flags"], "label": labels[each["code"]], "key": key}
        for key, each in zip((1, 7, 8, None), (what["goal"], *what["other"]), strict=False)
    ]
    for code, (key, flags) in _COMMON.items():
        if not (agentless and "callback" in flags):  # the recording would call back
            results.append({"code": code, "flags": list(flags), "label": labels[code], "key": key})
    return {
        **{key: fill(text) for key, text in said.items() if isinstance(text, str)},
        **{key: what.get(key) for key in ("client", "seller", "scope", "subject", "mode", "why", "kpis", "private")},
        **{key: what.get(key) for key in ("lifetime", "per_day", "per_hours")},
        "name": name,
        "country": country,
        "language": language,
        "purpose": purpose,
        "labels": labels,
        "land": land,
        "words": common,
        "title": f"{what['seller']}, {said['title']}",
        "phone": f"{land['prefix']}{what['line']:04d}",
        "caller_ids": [f"{land['prefix']}{what['line'] + step:04d}" for step in (1, 2)],
        "message": common["message_private" if what["private"] else "message"],
        "text": common["text"],
        "voicemail": common["voicemail"],
        "agentless": agentless,
        "recycle": _RECYCLE,
        "goal": results[0],
        "other": results[1 : 1 + len(what["other"])],
        "dispositions": sorted(results, key=lambda each: each["key"] or 10),
        "script": f"scripts/{name}.md",
    }


def _environment() -> Any:
    from jinja2 import Environment, StrictUndefined

    from campaigns.scripts import slug

    made = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    made.filters["q"] = lambda value: json.dumps(value, ensure_ascii=False)  # a TOML basic string or array
    made.filters["slug"] = slug
    return made


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(_read(f"{name}.toml"))


def _read(name: str) -> str:
    return (resources.files("campaigns") / "templates" / name).read_text(encoding="utf-8")
