"""Pydantic's errors in the words of the people who edit files.

`explain` turns a `ValidationError` into findings: what is wrong, and what to do. It reads the model only for
its field names (did you mean ...?), descriptions and units.
"""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from campaigns.problems import Finding, Findings, did_you_mean

__all__ = ["explain", "key_text"]

_EMPTY = "it is empty"

#: What each kind of value is called, and what to do about another.
_KINDS: dict[str, tuple[str, str]] = {
    "string": ("a text", 'write it in quotes, as "..."'),
    "int": ("a whole number", "write one such as 15"),
    "float": ("a number", "write one such as 2.5"),
    "bool": ("yes or no", "write true or false, without quotes"),
    "date": ("a date", "write it as 2026-12-24, without quotes"),
    "tuple": ("a list", 'write it in brackets, as ["..."]'),
    "frozen_set": ("a list", 'write it in brackets, as ["..."]'),
    "dict": ("a table", "give it a [table] of its own"),
    "model": ("a table", "give it a [table] of its own"),
}


def explain(model: type[BaseModel], error: ValidationError) -> list[Finding]:
    """Every error as a finding, in the order of the model's checks."""
    found: list[Finding] = []
    for details in error.errors(include_url=False):
        path = tuple(details["loc"])
        cause = details.get("ctx", {}).get("error")
        if isinstance(cause, Findings):
            found += [Finding((*path, *each.path), each.what, each.do) for each in cause.findings]
        else:
            found.append(_one(model, path, details))
    return [each for each in found if each.what != _EMPTY or not _inside(each.path, found)]


def _inside(path: tuple[str | int, ...], found: list[Finding]) -> bool:
    """Whether something below `path` is wrong: a list whose only item is wrong is not also empty."""
    return any(len(each.path) > len(path) and each.path[: len(path)] == path for each in found)


def key_text(path: tuple[str | int, ...]) -> str:
    """A path as people write it: `dialing.caller_ids item 2`, `caps.per_hours item 1.hours`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f" item {part + 1}"
        else:
            text += f".{part}" if text else part
    return text


def _one(model: type[BaseModel], path: tuple[str | int, ...], details: ErrorDetails) -> Finding:
    kind, given, bounds = details["type"], details["input"], details.get("ctx", {})
    if path and path[-1] == "[key]":
        path = path[:-1]
        known = _allowed(_step_types(model, path[:-1], keys=True))
        if known:
            return Finding(path, f"{path[-1]!r} is not one of {', '.join(known)}", _instead(str(path[-1]), known))
        return Finding(path, f"{path[-1]!r} is no name that fits here", "use letters, digits and _ only")
    field = _field(model, path)
    about = (field.description if field else None) or ""
    unit = _unit(field)
    if kind == "missing":
        return Finding(path, "it is missing", f"add it: {about}" if about else "add it")
    if kind == "extra_forbidden":
        known = _names(_step_types(model, path[:-1]))
        return Finding(path, "there is no such key", _instead(str(path[-1]), known))
    if kind == "literal_error":
        known = _allowed(_step_types(model, path))
        return Finding(path, f"{_shown(given)} is not one of {', '.join(known)}", _instead(str(given), known))
    if kind == "greater_than_equal":
        return Finding(
            path,
            f"{_shown(given)} is below the {bounds['ge']:g}{unit} floor",
            f"set {bounds['ge']:g} or more",
        )
    if kind == "greater_than":
        return Finding(path, f"{_shown(given)}{unit} is too small", f"set more than {bounds['gt']:g}")
    if kind == "less_than_equal":
        what = f"{_shown(given)} is above the {bounds['le']:g}{unit} ceiling"
        return Finding(path, what, f"set {bounds['le']:g} or less")
    if kind == "finite_number":
        return Finding(path, f"{_shown(given)} is no finite number", "write it in digits")
    if kind in ("too_short", "string_too_short"):
        return Finding(path, _EMPTY, f"fill it in: {about}" if about else "fill it in")
    if kind in ("too_long", "string_too_long"):
        return Finding(path, "it is too long", f"use at most {bounds['max_length']} characters or items")
    if kind == "string_pattern_mismatch":
        return Finding(path, f"{_shown(given)} does not fit here", f"give {about}" if about else "use another form")
    if kind == "value_error":
        what, _, do = str(bounds["error"]).partition("; ")
        return Finding(path, what, do or "change it")
    name, how = _KINDS.get(kind.rsplit("_", 1)[0], ("what belongs here", f"give {about or 'another value'}"))
    return Finding(path, f"{_shown(given)} is not {name}", how)


def _shown(given: Any) -> str:
    """A value as the file would show it, shortened."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, dict):
        return "a table"
    text = f'"{given}"' if isinstance(given, str) else str(given)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _instead(given: str, known: tuple[str, ...]) -> str:
    """What to do about a name that is not known."""
    close = did_you_mean(given, known)
    if close:
        return f"did you mean {close!r}? Write that or remove it"
    return f"use one of {', '.join(known)}" if known else "remove it"


def _unit(field: FieldInfo | None) -> str:
    extra = field.json_schema_extra if field else None
    return f" {extra['unit']}" if isinstance(extra, dict) and "unit" in extra else ""


def _field(model: type[BaseModel], path: tuple[str | int, ...]) -> FieldInfo | None:
    """The model field at a path, if the path ends at one."""
    if not path or not isinstance(path[-1], str):
        return None
    for kind in _step_types(model, path[:-1]):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and path[-1] in kind.model_fields:
            return kind.model_fields[path[-1]]
    return None


def _step_types(model: type[BaseModel], path: tuple[str | int, ...], *, keys: bool = False) -> list[Any]:
    """The types a value at `path` may have (`keys`: the types of the keys of the dictionary there)."""
    here: list[Any] = [model]
    for part in path:
        nexts: list[Any] = []
        for kind in here:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                field = kind.model_fields.get(str(part))
                nexts += _plain(field.annotation) if field else []
            elif get_origin(kind) is dict:
                nexts += _plain(get_args(kind)[1])
            elif get_origin(kind) in (tuple, list, frozenset):
                nexts += _plain(get_args(kind)[0])
        here = nexts
    if keys:
        return [each for kind in here if get_origin(kind) is dict for each in _plain(get_args(kind)[0])]
    return here


def _plain(annotation: Any) -> list[Any]:
    """An annotation without `Annotated` and with its alternatives side by side."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [each for choice in get_args(annotation) for each in _plain(choice)]
    return [annotation]


def _names(kinds: list[Any]) -> tuple[str, ...]:
    """The field names of the models among `kinds`."""
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return tuple(name for kind in models for name in kind.model_fields)


def _allowed(kinds: list[Any]) -> tuple[str, ...]:
    """The values of the literal types among `kinds`."""
    return tuple(str(value) for kind in kinds if get_origin(kind) is Literal for value in get_args(kind))
