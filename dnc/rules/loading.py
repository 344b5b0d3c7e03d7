"""Read the rule files: the shipped ones, then the user's. Anything unreadable stops everything."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from dnc.rules.book import Rulebook
from dnc.rules.model import Rule, RulesError, Suspension
from dnc.rules.overlay import replace_row
from dnc.rules.reading import Row
from dnc.rules.tables import SCOPES, TABLES, read_rule, read_suspension

__all__ = ["SHIPPED_FILES", "load"]

#: The files of the package's `data` folder that hold rules.
SHIPPED_FILES = (
    "abandonment.toml",
    "calling_windows.toml",
    "consent_retention.toml",
    "dnc_sources.toml",
    "frequency_caps.toml",
    "holidays.toml",
)


def load(*overlays: Path) -> Rulebook:
    """The shipped rules, changed by each overlay folder in order; raises `RulesError`.

    An overlay is a folder of `.toml` files of the same layout. A row with a new id is added; a row with a
    known id replaces it, and must carry `approved_by` when it is looser. `[[suspension]]` rows close a
    jurisdiction. The version is the sha256 of all files read, in order.
    """
    reading = _Reading()
    shipped = resources.files("dnc") / "data"
    reading.layer("shipped", [shipped / name for name in SHIPPED_FILES])
    for folder in overlays:
        if not folder.is_dir():
            raise RulesError(f"{folder} is not a folder of rule files; create it or correct the setting.")
        reading.layer(folder.name, sorted(folder.glob("*.toml"), key=lambda p: p.name))
    return reading.book()


class _Reading:
    """Rows read so far, by table and id, and the running hash of the files."""

    def __init__(self) -> None:
        self.rules: dict[str, dict[str, Rule]] = {table: {} for table in TABLES}
        self.suspensions: list[Suspension] = []
        self.fallback: dict[str, str] = {}
        self.hash = hashlib.sha256()

    def layer(self, label: str, files: Iterable[Traversable]) -> None:
        """Read one folder's files."""
        seen: set[tuple[str, str]] = set()
        for file in files:
            try:
                raw = file.read_bytes()
                document = tomllib.loads(raw.decode("utf-8"))
            except OSError as error:
                raise RulesError(f"{file.name}: cannot be read ({error}); restore the file.") from error
            except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise RulesError(f"{file.name}: is not TOML ({error}); correct or restore the file.") from error
            self.hash.update(f"{label}/{file.name}\0{len(raw)}\0".encode() + raw)
            self._document(file.name, document, seen)

    def _document(self, file: str, document: Mapping[str, Any], seen: set[tuple[str, str]]) -> None:
        for table, rows in document.items():
            if table == "fallback":
                self._fallback(file, rows)
                continue
            if table not in TABLES and table != "suspension":
                known = ", ".join([*TABLES, "suspension", "fallback"])
                raise RulesError(f"{file}: [[{table}]] is not a table of rules; write one of {known}.")
            if not isinstance(rows, list):
                raise RulesError(f"{file}: write [[{table}]] with double brackets, one for each row.")
            for values in rows:
                if table == "suspension":
                    named = {"id": str(values.get("jurisdiction", "?")), **values}
                    row = Row(file, table, named)
                    row.text("id")
                    self.suspensions.append(read_suspension(row))
                    continue
                rule = read_rule(table, Row(file, table, values))
                if (table, rule.id) in seen:
                    raise RulesError(f"{file}: [[{table}]] {rule.id}: appears twice; give each row its own id.")
                seen.add((table, rule.id))
                old = self.rules[table].get(rule.id)
                self.rules[table][rule.id] = rule if old is None else replace_row(table, old, rule)

    def _fallback(self, file: str, scopes: Any) -> None:
        if self.fallback:
            raise RulesError(f"{file}: [fallback] is already given; an overlay cannot change it, add rows instead.")
        if not isinstance(scopes, dict) or not {*scopes, *scopes.values()} <= set(SCOPES):
            raise RulesError(f"{file}: [fallback] must lead from scopes to scopes ({', '.join(SCOPES)}); correct it.")
        self.fallback = dict(scopes)

    def book(self) -> Rulebook:
        """The rulebook, when every calendar that is named exists."""
        table: dict[str, Any] = {name: tuple(rows.values()) for name, rows in self.rules.items()}
        calendars = {rule.id for rule in table["calendar"]}
        for window in table["window"]:
            if window.holiday_calendar and window.holiday_calendar not in calendars:
                raise RulesError(
                    f"{window.origin}: [[window]] {window.id}: holiday_calendar: "
                    f"{window.holiday_calendar!r} does not exist; add a [[calendar]] of that id. "
                    "No call is placed until it is."
                )
        return Rulebook(
            version=self.hash.hexdigest()[:16],
            windows=table["window"],
            caps=table["cap"],
            calendar_rules=table["calendar"],
            sources=table["dnc"],
            consents=table["consent"],
            retentions=table["retention"],
            identities=table["identity"],
            abandonments=table["abandonment"],
            suspensions=tuple(self.suspensions),
            fallback=self.fallback,
        )
