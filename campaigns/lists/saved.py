"""Mappings that are kept by name in the working folder, and which of them fits a file.

A mapping is kept as `mappings/NAME.toml`: the `[columns]` table of `campaigns.lists.mapping`, and in `[file]` the
header it was made for. It is suggested for a file with the same header, in whatever order its names stand.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from campaigns.lists.errors import ListError
from campaigns.lists.fields import normal_name
from campaigns.lists.mapping import load_mapping
from campaigns.lists.reading import header_of
from campaigns.lists.workbooks import as_text

__all__ = ["find_mapping", "fingerprint", "mapping_names", "mapping_path", "save_mapping", "suggest_mapping"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def fingerprint(header: Iterable[str]) -> list[str]:
    """What two headers have in common that are the same: their names, normalised and in order."""
    return sorted(filter(None, map(normal_name, header)))


def mapping_path(folder: Path, name: str) -> Path:
    """Where the mapping of a name is kept; raises `ListError` for a name that is no file's."""
    if not _NAME.fullmatch(name):
        raise ListError(f"{name!r} is no name of a mapping: use letters, digits, - and _")
    return folder / f"{name}.toml"


def mapping_names(folder: Path) -> list[str]:
    """The names of all saved mappings."""
    return sorted(path.stem for path in folder.glob("*.toml")) if folder.is_dir() else []


def save_mapping(folder: Path, name: str, mapping: Path, example: Path | None = None) -> Path:
    """Keep a mapping under a name; an older one of that name is replaced.

    Args:
        folder: of saved mappings.
        name: to use it by.
        mapping: the file to keep.
        example: a list that it is for; its header is kept, so that the mapping is suggested for the next such file.

    Raises:
        ListError: the mapping cannot be read, or does not fit the example.
    """
    columns = load_mapping(mapping)
    path = mapping_path(folder, name)
    lines = ["[columns]", *(f"{json.dumps(theirs)} = {json.dumps(ours)}" for theirs, ours in columns.items())]
    if example is not None:
        with as_text(example) as text:
            header = header_of(text)
        lacks = [theirs for theirs in columns if normal_name(theirs) not in map(normal_name, header)]
        if lacks:
            raise ListError(f"the file has no column {', '.join(lacks)}", file=example, line=1)
        lines += ["", "[file]", f"header = {json.dumps(fingerprint(header))}"]
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def find_mapping(folder: Path, wanted: str) -> Path:
    """The mapping file that `--mapping` means: a saved name, else a file.

    Raises:
        ListError: there is neither.
    """
    if _NAME.fullmatch(wanted) and mapping_path(folder, wanted).is_file():
        return mapping_path(folder, wanted)
    if Path(wanted).is_file():
        return Path(wanted)
    known = ", ".join(mapping_names(folder)) or "none yet: dialer lists mapping save NAME FILE"
    raise ListError(f"there is no mapping {wanted!r}, neither saved nor as a file", remedy=f"saved are {known}")


def suggest_mapping(folder: Path, file: Path) -> str | None:
    """The saved mapping whose header is that of the file, or None; nothing of the file is judged."""
    names = mapping_names(folder)
    if not names:
        return None
    try:
        with as_text(file) as text:
            header = fingerprint(header_of(text))
    except ListError:
        return None
    for name in names:
        try:
            table = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue  # said when it is used
        kept = table.get("file")
        if isinstance(kept, dict) and kept.get("header") == header:
            return name
    return None
