"""A file of consents, revocations and past business into the ledgers: streamed, every refused row told.

*Theory of operation.* The file is read in chunks; what a row says, `dialer.runtime.consent_rows` judges. Each chunk is
one transaction. What the ledgers have already is passed over, so the same file twice is the same as once, and a
file that broke off is simply imported again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from campaigns.lists import ListError, Reject, RejectFile
from campaigns.lists.encoding import find_encoding
from campaigns.lists.fields import ALIASES
from campaigns.lists.notes import Notes
from campaigns.workspace import Workspace
from dialer.runtime.consent_rows import TELLING, Refused, Row, RowReader, Terms
from dialer.store import consents, erasures, relationships
from dialer.store.consents import Statement
from dialer.store.database import open_store
from dialer.store.reconsider import reconsider
from dialer.store.relationships import Fact
from dnc.numbers import parse_lead_numbers
from dnc.rules import Rulebook

__all__ = ["COLUMNS", "ConsentFile", "ImportResult"]


def _as_in_contact_lists(field_name: str) -> tuple[str, ...]:
    return tuple(other for other, ours in ALIASES.items() if ours == field_name)


#: Our name of each column -> further headings under which it comes.
COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("phone", "phone_number", "telephone"),
    "basis": ("consent_basis", "consent_type"),
    "at": ("given_at", "consent_at", "consent_date", "date"),
    "scope": ("purpose",),
    "text": ("shown", "disclosure"),
    "evidence": ("proof", "reference", "consent_ref"),
    "channel": ("source",),
    "waives": ("agreements",),
    "client": ("seller",),
    "revoked_at": ("revoked", "revocation_at", "opt_out_at"),
    "reason": ("note",),
    "name": ("full_name",),
    "last_transaction": _as_in_contact_lists("last_transaction"),
    "last_inquiry": _as_in_contact_lists("last_inquiry"),
}
_CHUNK = 5_000
_Record = tuple[int, dict[str, str]]


@dataclass(slots=True)
class ImportResult:
    """What became of a file. Rows are `read`; entries of the ledgers are the rest (a row may hold several)."""

    read: int = 0
    refused: int = 0  # rows of which something was refused
    granted: int = 0
    revoked: int = 0
    relationships: int = 0
    offered: int = 0  # leads that the gate had refused, offered again
    known: int = 0  # recorded before: nothing was written
    warnings: list[str] = field(default_factory=list)
    rejects: Path | None = None


class ConsentFile:
    """One file on its way into the ledger.

    Args:
        workspace: whose database, evidence and rejects.
        book: says which bases and agreements there are.
        file: CSV with a header line; comma, semicolon, tab or bar between the columns.
        terms: what the file leaves unsaid.
        encoding: of the file; told from its bytes when None.
    """

    def __init__(
        self, workspace: Workspace, book: Rulebook, file: Path, terms: Terms, *, encoding: str | None = None
    ) -> None:
        self._workspace, self._file, self._terms, self._encoding = workspace, file, terms, encoding
        self._notes = Notes()
        self._reader = RowReader(workspace, book, file.name, terms, self._notes)

    def load(self, by: str, now: datetime, progress: Callable[[int], None] | None = None) -> ImportResult:
        """Read the file into the ledger.

        Args:
            by: who imports it.
            now: the instant of the import; a consent cannot be given later.
            progress: called with the rows read so far.

        Raises:
            ListError: the file cannot be read as a list of consents.
            StoreError: the database refuses; the next import of the file goes on.
        """
        result = ImportResult()
        records = self._records()
        first = next(records, None)
        if first is None:
            raise ListError("the file has no rows behind its header", file=self._file, remedy="export it again")
        folder = self._workspace.rejects_dir
        folder.mkdir(parents=True, exist_ok=True)
        result.rejects = folder / f"{self._file.stem}-consents.csv"
        chunk = [first, *islice(records, _CHUNK - 1)]
        with RejectFile(result.rejects) as rejects, open_store(self._workspace.database_url) as store:
            with store.reading() as seen:
                self._reader.erased = erasures.every(seen)
            while chunk:
                said, facts, refused = self._rows(chunk, now)
                rejects.write(refused)
                result.refused += len({each.line for each in refused})
                with store.writing() as tx:
                    fresh = consents.record_new(tx, said, by=by, at=now)
                    new_facts = relationships.record_new(tx, facts, by=by, at=now)
                    news = [each.number for each in fresh if each.consent.basis != "revoked"]
                    news += [each.number for each in new_facts]
                    result.offered += reconsider(tx, news, "news of consent or business are on record")
                result.granted += sum(1 for each in fresh if each.consent.basis != "revoked")
                result.revoked += sum(1 for each in fresh if each.consent.basis == "revoked")
                result.relationships += len(new_facts)
                result.known += len(said) + len(facts) - len(fresh) - len(new_facts)
                result.read += len(chunk)
                if progress is not None:
                    progress(result.read)
                chunk = list(islice(records, _CHUNK))
        result.warnings = [str(each) for each in self._notes.warnings()]
        if not result.refused:
            result.rejects.unlink()
            result.rejects = None
        return result

    # Reading

    def _records(self) -> Iterator[_Record]:
        """Every row that is not empty: the line it begins on, and its cells by our names."""
        encoding = find_encoding(self._file, self._encoding)
        if encoding.guessed:
            self._notes.warn("ENCODING", f"the text was read as {encoding.name}, which is a guess")
        line = 0
        try:
            with self._file.open(encoding=encoding.name, newline="") as stream:
                names, delimiter = self._header(stream.readline())
                line = 1
                reader = csv.reader(stream, delimiter=delimiter)
                for row in reader:
                    begins, line = line + 1, reader.line_num + 1
                    found = {name: text.strip() for name, text in zip(names, row, strict=False) if name in COLUMNS}
                    if any(found.values()):
                        if len(row) > len(names):
                            found[""] = "more cells than columns"
                        yield begins, found
        except UnicodeError as error:
            raise ListError(
                f"the text is not {encoding.name}", file=self._file, line=line, remedy="give --encoding"
            ) from error
        except csv.Error as error:
            raise ListError(f"a row cannot be read ({error})", file=self._file, line=line) from error

    def _header(self, heading: str) -> tuple[list[str], str]:
        """Our name (or the file's own) of each column, and the delimiter."""
        ours = {other: name for name, others in COLUMNS.items() for other in (name, *others)}
        best: tuple[list[str], str] = ([], ",")
        for delimiter in ",;\t|":
            cells = next(csv.reader([heading], delimiter=delimiter), [])
            plain = [cell.strip().lower().replace(" ", "_") for cell in cells]
            names = [ours.get(each, f"other {n}") for n, each in enumerate(plain)]
            if sum(name in COLUMNS for name in names) > sum(name in COLUMNS for name in best[0]):
                best = names, delimiter
        known = [name for name in best[0] if name in COLUMNS]
        twice = sorted({name for name in known if known.count(name) > 1})
        if twice:
            what = f"two columns mean {twice[0]!r}"
            raise ListError(what, file=self._file, line=1, remedy="keep the one that is right")
        if "number" not in known or not set(TELLING) & set(known):
            what = "the header names no column 'number' beside one of " + ", ".join(map(repr, TELLING))
            remedy = f"give it a header line with columns of {', '.join(COLUMNS)}"
            raise ListError(what, file=self._file, line=1, remedy=remedy)
        return best

    # One chunk

    def _rows(self, chunk: list[_Record], now: datetime) -> tuple[list[Statement], list[Fact], list[Reject]]:
        """What a chunk says, in order, and what of it was refused."""
        texts = [cells.get("number", "") for _, cells in chunk]
        parsed = parse_lead_numbers(texts, self._terms.country)
        said: list[Statement] = []
        facts: list[Fact] = []
        refused: list[Reject] = []
        for (line, cells), number, problem in zip(
            chunk, parsed["e164"].astype("object").tolist(), parsed["detail"].astype("object").tolist(), strict=True
        ):
            row = Row(line, cells, number if isinstance(number, str) else "", str(problem), now)
            for found in self._reader.read(row):
                if isinstance(found, Refused):
                    value = "" if found.secret else cells.get(found.column, "")
                    refused.append(Reject(line, "row refused", found.column, found.code, found.message, value))
                elif isinstance(found, Fact):
                    facts.append(found)
                else:
                    said.append(found)
        return said, facts, refused
