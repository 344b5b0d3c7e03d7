"""Read a campaign file, or say everything that is wrong with it, each with its line and what to do."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from campaigns.files.checks import cross_check
from campaigns.files.model import Campaign, fill_in
from campaigns.files.toml_lines import find_lines, line_of
from campaigns.problems import Finding, OperatorError, Problem
from campaigns.wording import explain, key_text

__all__ = ["CampaignFileError", "file_hash", "load_campaign", "located", "read_toml"]

_PLACE = re.compile(r"^(.*?) ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


class CampaignFileError(OperatorError):
    """A campaign file that cannot be used; `problems` holds everything wrong with it, one line each."""


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises `OSError`."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_campaign(path: Path) -> Campaign:
    """The campaign in a TOML file. Its name is the file's name without `.toml`.

    Raises `CampaignFileError` with every problem found.
    """
    shown = _shown(path)
    data, lines, digest = read_toml(path, shown, CampaignFileError)
    findings: list[Finding] = []
    data.setdefault("name", path.stem)
    if isinstance(data["name"], str) and data["name"] != path.stem:
        what = f'"{data["name"]}" is not the name of the file'
        findings.append(Finding(("name",), what, f'write name = "{path.stem}" or rename the file'))
    try:
        campaign = Campaign.model_validate(data)
    except ValidationError as error:
        findings += explain(Campaign, error)
        findings += [each for each in _cross_findings(data, findings) if each not in findings]
    if findings:
        raise CampaignFileError(located(findings, shown, lines))
    campaign._file_hash = digest
    return campaign


def read_toml(
    path: Path, shown: str, error_type: type[OperatorError]
) -> tuple[dict[str, Any], dict[tuple[str | int, ...], int], str]:
    """A TOML file's data, the lines of its keys, and the SHA-256 of its bytes.

    Raises `error_type` when the file cannot be read or is no TOML.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise error_type([Problem(shown, "there is no such file", "check the name")]) from None
    except OSError as error:
        raise error_type([Problem(shown, f"it cannot be read: {error.strerror}", "check its permissions")]) from error
    try:
        text = raw.decode("utf-8-sig")
        return tomllib.loads(text), find_lines(text), hashlib.sha256(raw).hexdigest()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise error_type([Problem(shown, "it is not UTF-8 text", "save it as UTF-8", line=line)]) from None
    except tomllib.TOMLDecodeError as error:
        raise error_type([_broken(shown, str(error), text)]) from None


def located(findings: list[Finding], shown: str, lines: dict[tuple[str | int, ...], int]) -> list[Problem]:
    """Findings as lines for the operator, in the order of the file; those without a line come last."""
    problems = [
        Problem(shown, each.what, each.do, key=key_text(each.path), line=line_of(each.path, lines)) for each in findings
    ]
    return sorted(problems, key=lambda problem: problem.line or len(lines) + 1_000_000)


def _broken(shown: str, message: str, text: str) -> Problem:
    """What `tomllib` says of a broken text, with its place."""
    place = _PLACE.match(message)
    what = (place[1] if place else message).strip()
    what = f"not valid TOML: {what[:1].lower()}{what[1:]}"
    do = "mend this line"
    if place and place[2]:
        line, column = int(place[2]), int(place[3])
    else:
        line, column = max(1, len(text.splitlines())), None
        do = "look for a quote or bracket that is never closed"
    return Problem(shown, what, do, line=line, column=column)


def _cross_findings(data: dict[str, Any], found: list[Finding]) -> list[Finding]:
    """What the checks between tables find in those parts of a broken file that are sound."""
    broken = {str(each.path[0]) for each in found if each.path}
    filled = fill_in(data)
    sound: dict[str, Any] = {}
    for name, field in Campaign.model_fields.items():
        if name in broken:
            continue
        if name not in filled:
            sound[name] = field.get_default(call_default_factory=True)
            continue
        try:
            sound[name] = _adapter(name).validate_python(filled[name])
        except ValidationError:
            broken.add(name)
    return list(cross_check(Campaign.model_construct(**sound), broken))


def _adapter(name: str) -> TypeAdapter[Any]:
    """What validates one top-level key of a campaign by itself."""
    annotation: Any = Campaign.model_fields[name].annotation
    return TypeAdapter(annotation)


def _shown(path: Path) -> str:
    """The file as messages name it: its folder and name."""
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name
