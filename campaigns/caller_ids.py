"""No two clients show people the same number.

A person who saw a number and rings it back, or asks not to be called again, has one company in mind. With one caller
id in the files of two clients nobody could tell which (`dialer.runtime.live.return_calls` answers by the id).
"""

from __future__ import annotations

from typing import Any

from campaigns.files.load import read_toml
from campaigns.files.toml_lines import line_of
from campaigns.problems import OperatorError, Problem
from campaigns.workspace import Workspace, WorkspaceError

__all__ = ["refuse_shared", "shared_caller_ids"]

_KEY = ("dialing", "caller_ids")


def shared_caller_ids(workspace: Workspace) -> dict[str, list[Problem]]:
    """Campaign name -> a problem for each caller id that stands in another client's file too.

    A file that is no TOML is left out: `campaigns check` says what is wrong with it.
    """
    users: dict[str, list[tuple[str, str, int | None]]] = {}
    for name in workspace.campaign_names():
        try:
            data, lines, _ = read_toml(workspace.campaigns_dir / f"{name}.toml", name, WorkspaceError)
        except OperatorError:
            continue
        for number in sorted(set(_numbers(data))):
            users.setdefault(number, []).append((name, str(data.get("client")), line_of(_KEY, lines)))
    found: dict[str, list[Problem]] = {}
    for number, places in users.items():
        for name, client, line in places:
            other = next((each for each in places if each[1] != client), None)
            if other is None:
                continue
            where = f"{workspace.settings.campaigns}/{other[0]}.toml" + (f", line {other[2]}" if other[2] else "")
            what = f"{number} is a caller id of another client, {other[1]!r}, too ({where})"
            do = "give each client numbers of its own: who calls one back means one company"
            problem = Problem(f"{workspace.settings.campaigns}/{name}.toml", what, do, key=".".join(_KEY), line=line)
            found.setdefault(name, []).append(problem)
    return found


def refuse_shared(workspace: Workspace, name: str) -> None:
    """Raise `WorkspaceError` when the campaign shows a number of another client.

    The message names neither that client nor its file: who starts a campaign may not see the other client.
    """
    problems = shared_caller_ids(workspace).get(name)
    if problems:
        what = "a caller id stands in the file of another client too"
        do = "run dialer campaigns check, and give each client numbers of its own"
        raise WorkspaceError([Problem(problems[0].file, what, do, key=problems[0].key, line=problems[0].line)])


def _numbers(data: dict[str, Any]) -> list[str]:
    """The caller ids of a file that may be wrong in any way."""
    dialing = data.get("dialing")
    shown = dialing.get("caller_ids") if isinstance(dialing, dict) else None
    return [each for each in shown if isinstance(each, str)] if isinstance(shown, list) else []
