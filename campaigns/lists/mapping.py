"""Saved mappings: how one supplier's columns are called, kept as a small TOML file.

    [columns]
    "Cell Number" = "phone"
    "Zip5" = "postal_code"
    "Signup" = "consent_at"

A mapping wins over what the columns' names would mean.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from campaigns.lists.errors import ListError
from campaigns.lists.fields import FIELDS, field_of, normal_name

__all__ = ["Layout", "layout_of", "load_mapping"]


@dataclass(frozen=True, slots=True)
class Layout:
    """What each column of a file is: `fields` by field name, `custom` by the column's own name; column positions."""

    fields: dict[str, int]
    custom: dict[str, int]
    names: tuple[str, ...]  # the columns' names as they stand in the file


def load_mapping(path: Path | str) -> dict[str, str]:
    """Read a mapping file: their column -> our field; raises `ListError`."""
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ListError(f"the mapping cannot be read ({error.strerror})", file=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ListError(f"the mapping is not TOML ({error})", file=path) from error
    columns = table.get("columns")
    if not isinstance(columns, dict) or not columns:
        remedy = 'write for instance: [columns] "Cell Number" = "phone"'
        raise ListError("the mapping has no [columns] table", file=path, remedy=remedy)
    for theirs, ours in columns.items():
        if ours not in FIELDS:
            fields = ", ".join(FIELDS)
            raise ListError(f"{ours!r} is no field", file=path, column=theirs, remedy=f"use one of {fields}")
    return {str(theirs): str(ours) for theirs, ours in columns.items()}


def layout_of(names: list[str], mapping: dict[str, str] | None = None, file: Path | str = "") -> Layout:
    """Decide what each column is: the mapping first, then our names, then the aliases; the rest is custom.

    A column named twice, a mapped column that the file lacks, and a file without any phone column raise `ListError`.
    """
    saved = {normal_name(theirs): ours for theirs, ours in (mapping or {}).items()}
    present = {normal_name(name) for name in names}
    for theirs in mapping or {}:
        if normal_name(theirs) not in present:
            raise ListError(
                "the mapping names this column, but the file does not have it", file=file, line=1, column=theirs,
                remedy=f"its columns are {', '.join(names)}",
            )  # fmt: skip
    fields: dict[str, int] = {}
    custom: dict[str, int] = {}
    exact = {normal_name(name): name for name in names}
    for position, name in enumerate(names):
        normal = normal_name(name)
        if not normal:
            continue
        field = saved.get(normal) or (None if normal in saved.values() else field_of(name))
        if field is not None and field != normal and field in exact and normal not in saved:
            field = None  # an alias yields to a column that has the field's own name
        if field is None:
            if name.strip() in custom:
                raise ListError("two columns have this name", file=file, line=1, column=name, remedy="rename one")
            custom[name.strip()] = position
        elif field in fields:
            other = names[fields[field]]
            raise ListError(
                f"columns {other!r} and {name!r} are both read as {field}", file=file, line=1, column=name,
                remedy="rename one, or say in a mapping file which is which",
            )  # fmt: skip
        else:
            fields[field] = position
    if "phone" not in fields:
        spare = next((field for field in fields if field.startswith("phone") and field[5:].isdigit()), None)
        if spare is None:
            raise ListError(
                "no phone column was found", file=file, line=1,
                remedy=f"name one phone, or map it in a mapping file; the columns are {', '.join(names) or 'none'}",
            )  # fmt: skip
        fields["phone"] = fields.pop(spare)
    return Layout(fields, custom, tuple(names))
