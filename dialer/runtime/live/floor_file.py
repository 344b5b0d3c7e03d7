"""Where a running floor is found: a small file in the working folder, readable by its owner only.

It holds the floor's address and the token of its control door. A file whose process is gone is stale and is
overwritten; one whose floor answers means that a second floor may not start here.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["FloorFile", "find_floor", "forget_floor", "write_floor"]

_NAME = ".floor.json"


@dataclass(frozen=True, slots=True)
class FloorFile:
    """One running floor: its address, control token and process id."""

    url: str
    token: str
    pid: int


def write_floor(root: Path, floor: FloorFile) -> None:
    """Say where the floor is; the file is made with mode 0600, and replaced as a whole."""
    scratch = root / f"{_NAME}.{floor.pid}"
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(floor), file)
    scratch.replace(root / _NAME)


def forget_floor(root: Path, pid: int) -> None:
    """Remove the file if it is still this process's."""
    found = _read(root)
    if found is not None and found.pid == pid:
        (root / _NAME).unlink(missing_ok=True)


def find_floor(root: Path) -> FloorFile | None:
    """The floor of this working folder whose process lives, or None."""
    found = _read(root)
    if found is None:
        return None
    try:
        os.kill(found.pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # another user's process: it lives
    return found


def _read(root: Path) -> FloorFile | None:
    try:
        return FloorFile(**json.loads((root / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
