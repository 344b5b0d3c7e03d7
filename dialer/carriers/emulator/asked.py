"""What a handler of the REST face is given, and how it pages through lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dialer.carriers.emulator.represent import page_json

if TYPE_CHECKING:
    from dialer.carriers.emulator.exchange import Exchange

__all__ = ["Answer", "Asked", "Handler", "Handlers", "in_span", "paged"]

Answer = tuple[int, dict[str, Any] | None]
#: From the exchange and what is asked, a status and a document.
Handler = Callable[["Exchange", "Asked"], Answer]
#: By path and method: what the request is called in `faults`, and who answers it.
Handlers = Mapping[tuple[str, str], tuple[str, Handler]]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        names: what stands in the path.
        values: the parameters, read.
        path: as requested.
        query: the filters as they came.
        as_of: reads tell what was true then, seconds since the epoch.
    """

    names: Mapping[str, str]
    values: Mapping[str, Any]
    path: str
    query: Mapping[str, str]
    as_of: float


def paged(asked: Asked, key: str, items: Sequence[Item], represent: Callable[[Item], dict[str, Any]]) -> Answer:
    """One page of a list, newest first; only what stands on it is written out."""
    size = asked.values.get("PageSize", 50)
    number = asked.values.get("Page", 0)
    start = number * size
    page = [represent(each) for each in items[start : start + size]]
    return 200, page_json(asked.path, key, page, number, size, len(items) > start + size, asked.query)


def in_span(asked: Asked, name: str, at: float | None) -> bool:
    """Whether an instant meets the filters `name`, `name<` and `name>`; none at all meets no filter."""
    for sign in ("", "<", ">"):
        wanted = asked.values.get(name + sign)
        if wanted is None:
            continue
        if at is None:
            return False
        bound, whole_day = wanted
        end = bound + 86_400.0 if whole_day else bound + 1.0
        if (sign == "" and not bound <= at < end) or (sign == "<" and at >= end) or (sign == ">" and at < bound):
            return False
    return True
