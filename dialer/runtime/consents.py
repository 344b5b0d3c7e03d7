"""What the consent ledger keeps beside its rows: the words as shown, the proof, and what a row may say at all.

16 CFR 310.5(a)(8) asks for the name, the number, a copy of the request for consent as shown and of the consent
given, its purpose and its date. Copies are kept in the working folder under the sha256 of their content, so that
a row names what it rests on and nobody can exchange it unseen.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from campaigns.problems import OperatorError, Problem
from campaigns.workspace import Workspace
from dnc.rules import Rulebook
from dnc.values import Scope

__all__ = [
    "SCOPES",
    "agreement_names",
    "bases",
    "clients_of",
    "consent_instant",
    "copies_state",
    "evidence_dir",
    "keep_file",
    "keep_text",
    "remove_copies",
]

SCOPES: tuple[str, ...] = get_args(Scope)

_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?P<time>[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?(?P<zone>[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_LARGEST = 256 << 20  # bytes of one piece of evidence


def bases(book: Rulebook) -> list[str]:
    """The bases that some rule accepts: any other word would be a consent to nothing."""
    found = {base for rule in book.consents for base in rule.bases}
    found |= {base for window in book.windows for base in window.waiver_bases}
    return sorted(found - {"ebr"})


def agreement_names(book: Rulebook) -> list[str]:
    """What a consent may name beyond the call itself: closed hours, a national list."""
    found = {name for window in book.windows for name in window.waivers}
    found |= {name for source in book.sources for name in source.lifted_by}
    return sorted(found - {"ebr"})


def clients_of(workspace: Workspace) -> dict[str, str]:
    """The companies that campaigns work for, by their name in lower case."""
    names = sorted({workspace.campaign(name).client for name in workspace.campaign_names()})
    return {name.casefold(): name for name in names}


def consent_instant(text: str, *, end_of_day: bool = False) -> tuple[datetime, str]:
    """Read an ISO 8601 instant; return it with a warning where something had to be added.

    Args:
        text: `2026-05-01T10:00:00-05:00`; without a zone it is read as UTC.
        end_of_day: what a date alone means: its last second (a revocation), else its first (a consent). Either way
            the consent is the older of the two.

    Raises:
        ValueError: it is no such instant; the sentence says how to write it.
    """
    found = _ISO.fullmatch(text.strip())
    try:
        if found is None or (found["zone"] and not found["time"]):
            raise ValueError
        at = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise ValueError(f"{text!r} is not an ISO 8601 instant such as 2026-05-01T10:00:00-05:00") from None
    if not found["time"]:
        day = at.replace(tzinfo=UTC)
        late = day + timedelta(days=1) - timedelta(seconds=1)
        return (late if end_of_day else day), "a date without time and zone was read in UTC"
    if not found["zone"]:
        return at.replace(tzinfo=UTC), "an instant without time zone was read as UTC"
    return at.astimezone(UTC), ""


def evidence_dir(workspace: Workspace) -> Path:
    """Where copies are kept, each in a file named by its sha256."""
    return workspace.root / "evidence"


def keep_text(workspace: Workspace, text: str) -> str:
    """Keep the words a person was shown; return their sha256."""
    return _keep(workspace, text.encode("utf-8"))


def keep_file(workspace: Workspace, path: Path) -> str:
    """Keep a copy of a file; return its sha256.

    Raises:
        OperatorError: it cannot be read, is empty, or is too large.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise OperatorError([Problem(str(path), "it is larger than 256 MiB", "keep an excerpt as evidence")])
        content = path.read_bytes()
    except OSError as error:
        raise OperatorError([Problem(str(path), f"it cannot be read ({error.strerror})", "name a file")]) from error
    if not content:
        raise OperatorError([Problem(str(path), "it is empty", "an empty file proves nothing; name the right one")])
    return _keep(workspace, content)


def copies_state(workspace: Workspace, digests: Iterable[str]) -> str:
    """Whether copies are there and still what they were: none, intact, MISSING: PATH or CHANGED: PATH."""
    wanted = [digest for digest in digests if digest]
    for digest in wanted:
        path = evidence_dir(workspace) / digest
        if not path.is_file():
            return f"MISSING: {path}"
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                return f"CHANGED: {path}"
    return "intact" if wanted else "none"


def remove_copies(workspace: Workspace, digests: Iterable[str]) -> None:
    """Delete copies whose records were lawfully removed."""
    for digest in digests:
        (evidence_dir(workspace) / digest).unlink(missing_ok=True)


def _keep(workspace: Workspace, content: bytes) -> str:
    """Write the content once, readable by its owner only, whole or not at all."""
    digest = hashlib.sha256(content).hexdigest()
    folder = evidence_dir(workspace)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / digest
    if target.is_file():
        return digest
    unfinished = folder / f".{digest}.{os.getpid()}"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(target)
    return digest
