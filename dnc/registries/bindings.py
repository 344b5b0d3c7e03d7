"""Which list binds which number, and how old it may be: `sources.toml` joined with `dnc_sources.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, cast

from dnc.registries.territory import jurisdictions_of

__all__ = ["Binding", "all_bindings", "binding_of", "bindings_for", "number_area"]

Kind = Literal["national", "state", "wireless", "litigator", "answers"]
By = Literal["area_code", "number", "all"]

_NAME: Final = re.compile(r"[A-Z]{2}(?:-[A-Z]{2})?\.[a-z]+(?:\.[a-z]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Binding:
    """One list: its name in the store, whom it binds and how long a copy may be used.

    `max_age_days` counts whole days from the day a copy was obtained to the day of the call; None means
    that the copy does not age. Outside `effective_from`..`effective_until` the list is not required. `states`
    are those whose lists the row with `*` requires.
    """

    name: str
    kind: Kind
    country: str
    calling_code: str
    required: bool
    states: tuple[str, ...]
    by: By
    format: str
    max_age_days: int | None
    citation: str
    effective_from: date | None
    effective_until: date | None

    def requires(self, day: date) -> bool:
        """Whether a call on this day needs the list."""
        if not self.required:
            return False
        started = self.effective_from is None or self.effective_from <= day
        return started and (self.effective_until is None or day <= self.effective_until)

    @property
    def jurisdiction(self) -> str:
        """`US`, `US-TX` ..."""
        return self.name.partition(".")[0]

    @property
    def how_to_import(self) -> str:
        """The command that brings a newer version."""
        extra = f" --registry {self.name}" if self.format in ("us_state", "e164.flat") else ""
        return f"import the newest file: dialer dnc import FILE --format {self.format}{extra}"


def _day(row: dict[str, Any], key: str) -> date | None:
    return date.fromisoformat(row[key]) if key in row else None


@cache
def all_bindings() -> dict[str, Binding]:
    """Every list by name; the state lists' one row has `*` for the state."""
    ages_text = files("dnc").joinpath("data/dnc_sources.toml").read_text(encoding="utf-8")
    ages = {row["id"]: row for row in tomllib.loads(ages_text)["dnc"]}
    text = files("dnc.registries").joinpath("sources.toml").read_text(encoding="utf-8")
    found = {}
    for row in tomllib.loads(text)["list"]:
        source = ages[row["source"]] if row["source"] else {}
        found[row["id"]] = Binding(
            name=row["id"],
            kind=cast(Kind, row["kind"]),
            country=row["country"],
            calling_code=row["calling_code"],
            required=source.get("required", False),
            states=tuple(source.get("states", ())),
            by=cast(By, row["by"]),
            format=row["format"],
            max_age_days=source.get("max_age_days"),
            citation=source.get("citation", ""),
            effective_from=_day(source, "effective_from"),
            effective_until=_day(source, "effective_until"),
        )
    return found


@cache
def binding_of(name: str) -> Binding:
    """The binding of a list's name, such as `US.ndnc` or `US-TX.state`. Raises KeyError for others."""
    if not _NAME.fullmatch(name):
        raise KeyError(name)
    known = all_bindings()
    if name in known:
        return known[name]
    pattern = re.sub(r"-[A-Z]{2}\.", "-*.", name)
    base = known[pattern]
    place = name.partition(".")[0]
    return replace(base, name=name, required=base.required and place in base.states, states=())


@cache
def _by_country() -> dict[tuple[str, str], tuple[Binding, ...]]:
    found: dict[tuple[str, str], tuple[Binding, ...]] = {}
    for binding in all_bindings().values():
        if binding.kind != "answers":
            key = (binding.calling_code, binding.country)
            found[key] = (*found.get(key, ()), binding)
    return found


@cache
def _calling_codes() -> tuple[str, ...]:
    return tuple(sorted({code for code, _ in _by_country()}, key=len, reverse=True))


def number_area(number: str) -> str:
    """What decides which lists bind an E.164 number: `1919` for +1 numbers, else the calling code."""
    if number.startswith("+1"):
        return number[1:5]
    digits = number[1:]
    for code in _calling_codes():
        if digits.startswith(code):
            return code
    return ""


@cache
def _for_area(area: str, states: tuple[str, ...]) -> tuple[Binding, ...]:
    places = set(states)
    if area.startswith("1"):
        homes = jurisdictions_of(area[1:])
        places.update(homes)
        # An area code that nobody knows is judged as American: it is missing from that list, and refused.
        countries = sorted({place[:2] for place in homes}) or ["US"]
    else:
        countries = [country for code, country in _by_country() if code == area]
    code = "1" if area.startswith("1") else area
    found: list[Binding] = []
    for country in countries:
        for binding in _by_country().get((code, country), ()):
            if "*" not in binding.name:
                found.append(binding)
    for place in sorted(places):
        pattern = f"{place[:2]}-*.state"
        if len(place) == 5 and pattern in all_bindings():
            found.append(binding_of(f"{place}.state"))
    return tuple(found)


def bindings_for(area: str, jurisdictions: Iterable[str] = ()) -> tuple[Binding, ...]:
    """The lists that bind numbers of an area (`number_area`) or people who live in `jurisdictions`."""
    return _for_area(area, tuple(jurisdictions)) if area else ()
