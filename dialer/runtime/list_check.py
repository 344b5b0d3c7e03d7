"""Judging a contact list without loading it: what a load would take, warn of and refuse.

A contact list under-dials: a row in doubt is refused, and the rest may be loaded. A list of which nothing could be
loaded is refused as a whole.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from campaigns.lists import ContactList, ListError, Reject
from dialer.runtime.consents import bases
from dnc import rules
from dnc.registries import BadLine, Counts, ImportReport
from dnc.registries.report import MAX_BAD_LINES, MAX_NUMBERS, mask, printable

__all__ = ["check_contacts"]

_FORMAT = "leads.v1"


def check_contacts(file: Path, country: str = "US") -> ImportReport:
    """Read a contact list and judge it as a registry's file is judged.

    `counts` are rows: those with content, those that a load would take, duplicates and refused ones.
    """
    name = printable(file.name)
    try:
        return _judged(file, name, country)
    except ListError as error:
        bad = (BadLine(error.line, "", error.message),) if error.line else ()
        said = (printable(str(error)),)
        return ImportReport("reject_file", _FORMAT, warnings=said, bad_lines=bad, file=name, dry_run=True)


def _judged(file: Path, name: str, country: str) -> ImportReport:
    numbers: list[str] = []
    bad: list[BadLine] = []
    seen: Counter[str] = Counter()
    with ContactList(file, default_country=country, bases=bases(rules.load())) as contacts:
        for chunk in contacts:
            if len(numbers) <= MAX_NUMBERS:
                numbers += chunk.phones["e164"].tolist()
            for reject in chunk.rejects:
                reason = _reason(reject)
                seen[reason if reject.effect == "row refused" else f"{reject.effect}: {reason}"] += 1
                if reject.effect == "row refused" and len(bad) < MAX_BAD_LINES:
                    bad.append(BadLine(reject.line, mask(reject.value), reason))
        funnel = contacts.funnel
        warnings = [str(warning) for warning in contacts.warnings]
    if not funnel.loaded:
        warnings.insert(0, "no row of the list could be loaded")
    warnings += [f"{what}: {count:,} {'row' if count == 1 else 'rows'}" for what, count in seen.items()]
    return ImportReport(
        outcome="reject_file" if not funnel.loaded else "accept_with_warnings" if warnings else "accept",
        format=_FORMAT,
        counts=Counts(funnel.read - funnel.empty, funnel.loaded, funnel.duplicate, funnel.refused),
        warnings=tuple(map(printable, warnings)),
        bad_lines=tuple(bad),
        numbers=tuple(numbers) if len(numbers) <= MAX_NUMBERS else None,
        file=name,
        dry_run=True,
    )


def _reason(reject: Reject) -> str:
    return printable(f"{reject.column or 'row'}: {reject.message}")
