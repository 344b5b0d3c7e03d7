"""A file of consents and revocations into the ledger: streamed, every refused row told, twice the same as once.

*Theory of operation.* The file is read in chunks. A consent is taken only without any doubt: a number to call, a
basis that some rule knows, its date. A revocation is taken whatever else its row holds, as far as a number can be
made out: where its date cannot be read it counts from the moment it is recorded. Each chunk is one transaction;
rows that the ledger has already are passed over, so a file that broke off is simply imported again.
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
from campaigns.lists.notes import Notes
from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.consents import SCOPES, agreement_names, bases, consent_instant, keep_file, keep_text
from dialer.store import consents
from dialer.store.consents import Proof
from dialer.store.database import open_store
from dnc.numbers import normalise_suppression_number, parse_lead_numbers
from dnc.rules import Rulebook
from dnc.values import Consent

__all__ = ["COLUMNS", "ConsentFile", "ImportResult"]

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
}
_CHUNK = 5_000
_Record = tuple[int, dict[str, str]]
_Row = tuple[str, str, Consent, str]


@dataclass(slots=True)
class ImportResult:
    """What became of a file. Rows are `read`; entries of the ledger are the rest (a row may hold two)."""

    read: int = 0
    refused: int = 0  # rows of which something was refused
    granted: int = 0
    revoked: int = 0
    known: int = 0  # recorded before: nothing was written
    warnings: list[str] = field(default_factory=list)
    rejects: Path | None = None


class _Refused(Exception):
    """A part of a row that cannot be taken."""

    def __init__(self, column: str, code: str, message: str) -> None:
        super().__init__(message)
        self.column, self.code, self.message = column, code, message


class ConsentFile:
    """One file on its way into the ledger.

    Args:
        workspace: whose database, evidence and rejects.
        book: says which bases and agreements there are.
        file: CSV with a header line; comma, semicolon, tab or bar between the columns.
        client: whose consents these are, where the row does not say it.
        scopes: what they are for, where the row does not say it; empty: every purpose.
        country: of numbers written without one.
        evidence: the folder in which the files named in the column `evidence` lie; None: the column is a reference.
        encoding: of the file; told from its bytes when None.
    """

    def __init__(
        self,
        workspace: Workspace,
        book: Rulebook,
        file: Path,
        *,
        client: str = "",
        scopes: tuple[str, ...] = (),
        country: str = "US",
        evidence: Path | None = None,
        encoding: str | None = None,
    ) -> None:
        self._workspace, self._file, self._encoding = workspace, file, encoding
        self._client, self._scopes, self._country = client, scopes, country
        self._evidence = None if evidence is None else evidence.resolve()
        self._bases, self._agreements = frozenset(bases(book)), frozenset(agreement_names(book))
        self._kept: dict[str, str] = {}
        self._notes = Notes()

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
            while chunk:
                rows, refused = self._rows(chunk, now)
                rejects.write(refused)
                result.refused += len({each.line for each in refused})
                with store.writing() as tx:
                    fresh = consents.record_new(tx, rows, by=by, at=now)
                result.granted += sum(1 for row in fresh if row[2].basis != "revoked")
                result.revoked += sum(1 for row in fresh if row[2].basis == "revoked")
                result.known += len(rows) - len(fresh)
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
        if "number" not in known or not {"basis", "revoked_at"} & set(known):
            what = "the header names no column 'number' beside 'basis' or 'revoked_at'"
            remedy = f"give it a header line with columns of {', '.join(COLUMNS)}"
            raise ListError(what, file=self._file, line=1, remedy=remedy)
        return best

    # One chunk

    def _rows(self, chunk: list[_Record], now: datetime) -> tuple[list[_Row], list[Reject]]:
        """The entries of a chunk, in order, and what was refused."""
        parsed = parse_lead_numbers([cells.get("number", "") for _, cells in chunk], self._country)
        found: list[_Row] = []
        refused: list[Reject] = []
        for (line, cells), number, problem in zip(
            chunk, parsed["e164"].astype("object").tolist(), parsed["detail"].astype("object").tolist(), strict=True
        ):
            for part in (self._grant, self._revocation):
                try:
                    row = part(line, cells, number if isinstance(number, str) else "", str(problem), now)
                except _Refused as why:
                    value = cells.get(why.column, "")
                    refused.append(Reject(line, "row refused", why.column, why.code, why.message, value))
                else:
                    if row is not None:
                        found.append(row)
            if not any(cells.get(name) for name in ("basis", "at", "revoked_at")):
                message = "the row has neither a basis nor a revocation"
                refused.append(Reject(line, "row refused", "basis", "CONSENT_EMPTY", message, ""))
        return found, refused

    def _grant(self, line: int, cells: dict[str, str], number: str, problem: str, now: datetime) -> _Row | None:
        """The consent of a row; None when it holds none."""
        basis = cells.get("basis", "").lower()
        if basis in ("none", "revoked") or not (basis or (cells.get("at") and not cells.get("revoked_at"))):
            return None
        if "" in cells:
            raise _Refused("", "ROW_WIDTH", "the row has more cells than the header has columns; quote the text")
        if not number:
            raise _Refused("number", "NUMBER_INVALID", problem)
        if basis not in self._bases:
            raise _Refused("basis", "BASIS_UNKNOWN", f"no rule knows this basis; use {', '.join(sorted(self._bases))}")
        if not cells.get("at"):
            raise _Refused("at", "CONSENT_UNDATED", "a consent without its date counts as none; give its date")
        try:
            given, warning = consent_instant(cells["at"])
        except ValueError as error:
            raise _Refused("at", "DATE_UNREADABLE", str(error)) from None
        if given > now:
            raise _Refused("at", "CONSENT_FUTURE", "the consent is dated in the future")
        scopes = tuple(cells.get("scope", "").lower().replace("|", " ").replace(",", " ").split()) or self._scopes
        if wrong := [scope for scope in scopes if scope not in SCOPES]:
            raise _Refused("scope", "SCOPE_UNKNOWN", f"{wrong[0]!r} is no purpose; use {', '.join(SCOPES)}")
        waives = tuple(cells.get("waives", "").lower().replace("|", " ").replace(",", " ").split())
        if wrong := [name for name in waives if name not in self._agreements]:
            names = ", ".join(sorted(self._agreements))
            raise _Refused(
                "waives", "AGREEMENT_UNKNOWN", f"{wrong[0]!r} is no agreement that a rule knows; use {names}"
            )
        client = cells.get("client") or self._client
        if not client:
            raise _Refused("client", "CLIENT_MISSING", "a consent is given to one company; name it, or use --client")
        digest, name = self._proof(cells.get("evidence", ""))
        proof = Proof(
            channel=cells.get("channel", ""),
            scopes=scopes,
            shown=self._shown(cells.get("text", "")),
            evidence=digest,
            evidence_name=name,
        )
        if warning:
            self._notes.warn("CONSENT_ZONE", warning, [line])
        return number, client, Consent(basis, given, None, name, waives), proof.as_source()

    def _revocation(self, line: int, cells: dict[str, str], number: str, _: str, now: datetime) -> _Row | None:
        """The revocation of a row; None when it holds none."""
        text = cells.get("revoked_at", "")
        if not text and cells.get("basis", "").lower() == "revoked":
            text = cells.get("at", "") or "revoked"
        if not text:
            return None
        read = normalise_suppression_number(cells.get("number", ""), self._country)
        if read.e164 is None:
            raise _Refused("number", "REVOCATION_LOST", f"{read.error}; enter this revocation by hand")
        for warning in read.warnings:
            self._notes.warn("NUMBER_REPAIRED", warning, [line])
        said, at = "", None
        try:
            at, warning = consent_instant(text, end_of_day=True)
        except ValueError:
            said, warning = text, "a revocation without a readable date counts from this import on"
        if warning:
            self._notes.warn("REVOCATION_DATE", warning, [line])
        if at is not None and at > now:
            self._notes.warn("REVOCATION_FUTURE", "a revocation is dated in the future: it counts at once", [line])
        proof = Proof(channel=cells.get("channel", ""), said=said)
        client = cells.get("client") or self._client
        return read.e164, client, Consent("revoked", None, at), proof.as_source()

    def _shown(self, text: str) -> str:
        """The sha256 of the words as shown, kept once."""
        if text and text not in self._kept:
            self._kept[text] = keep_text(self._workspace, text)
        return self._kept[text] if text else ""

    def _proof(self, name: str) -> tuple[str, str]:
        """The sha256 of a file of evidence, and what to call it; a mere reference has no sha256."""
        if not name or self._evidence is None:
            return "", name
        path = (self._evidence / name).resolve()
        if not path.is_relative_to(self._evidence) or not path.is_file():
            raise _Refused("evidence", "EVIDENCE_MISSING", "there is no such file in the folder of evidence")
        try:
            return keep_file(self._workspace, path), name
        except OperatorError as error:
            raise _Refused("evidence", "EVIDENCE_UNREADABLE", str(error)) from None
