"""Judging a contact list without loading it: what a load would take, warn of and refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from campaigns.lists import ContactList, ListError

__all__ = ["check_contacts"]

#: Numbers are listed when there are at most so many.
_SHOWN = 1_000


def check_contacts(file: Path, country: str = "US") -> dict[str, Any]:
    """Read a contact list; the answer has the keys of a registry import's.

    `outcome` is `accept`, `accept_with_warnings` or `reject_file`; `counts` those of the funnel.
    """
    numbers: list[str] = []
    bad: list[dict[str, Any]] = []
    try:
        with ContactList(file, default_country=country) as contacts:
            for chunk in contacts:
                numbers += chunk.phones["e164"].tolist() if len(numbers) <= _SHOWN else []
                bad += [
                    {"line": each.line, "reason": f"{each.column or 'row'}: {each.message}"} for each in chunk.rejects
                ]
            warnings = [str(warning) for warning in contacts.warnings]
            counts = contacts.funnel.as_dict()
    except ListError as error:
        line = getattr(error, "line", None)
        return {
            "outcome": "reject_file",
            "format": "leads.v1",
            "file": str(file),
            "counts": {},
            "warnings": [str(error)],
            "bad_lines": [] if line is None else [{"line": line, "reason": error.message}],
            "numbers": [],
        }
    outcome = "accept_with_warnings" if warnings or bad else "accept"
    found: dict[str, Any] = {
        "outcome": outcome,
        "format": "leads.v1",
        "file": str(file),
        "counts": counts,
        "warnings": warnings,
        "bad_lines": bad,
    }
    if len(numbers) <= _SHOWN:
        found["numbers"] = numbers
    return found
