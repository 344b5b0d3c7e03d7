"""A file of consents, revocations and past business into the ledgers: streamed, every refused row told.

*Theory of operation.* The file is read in chunks. A consent or a business relationship is taken only without any
doubt: a number to call, a basis that some rule knows, its date, a client that we work for. A revocation is taken
whatever else its row holds, as far as a number can be made out: where its date cannot be read it counts from the
moment it is recorded, where its client is none of ours it holds for every one. Of a person who was erased nothing
from before is brought back. Each chunk is one transaction; what the ledgers have already is passed over, so the same
file twice is the same as once, and a file that broke off is simply imported again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from campaigns.lists import ListError, Reject, RejectFile
from campaigns.lists.encoding import find_encoding
from campaigns.lists.notes import Notes
from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.consents import (
    SCOPES,
    agreement_names,
    bases,
    clients_of,
    consent_instant,
    keep_file,
    keep_text,
)
from dialer.store import consents, erasures, relationships
from dialer.store.consents import Statement
from dialer.store.database import open_store
from dialer.store.relationships import Fact, Kind
from dnc.numbers import normalise_suppression_number, parse_lead_numbers
from dnc.rules import Rulebook
from dnc.rules.deadlines import opt_out_deadline
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
    "reason": ("note",),
    "name": ("full_name",),
    "last_transaction": ("transaction_date", "last_purchase"),
    "last_inquiry": ("inquiry_date",),
}
#: Columns of which one must be there: each tells of something to record.
_TELLING = ("basis", "revoked_at", "last_transaction", "last_inquiry")
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
    known: int = 0  # recorded before: nothing was written
    warnings: list[str] = field(default_factory=list)
    rejects: Path | None = None


class _Refused(Exception):
    """A part of a row that cannot be taken. `secret`: nothing of the row may be written down."""

    def __init__(self, column: str, code: str, message: str, *, secret: bool = False) -> None:
        super().__init__(message)
        self.column, self.code, self.message, self.secret = column, code, message, secret


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: the line it begins on, its cells by our names, its number if that may be called, else why not."""

    line: int
    cells: dict[str, str]
    number: str
    problem: str
    now: datetime


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
        self._book = book
        self._bases, self._agreements = frozenset(bases(book)), frozenset(agreement_names(book))
        self._clients = clients_of(workspace)
        self._erased: dict[str, datetime] = {}
        self._deadlines: dict[date, date] = {}
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
            with store.reading() as seen:
                self._erased = erasures.every(seen)
            while chunk:
                said, facts, refused = self._rows(chunk, now)
                rejects.write(refused)
                result.refused += len({each.line for each in refused})
                with store.writing() as tx:
                    fresh = consents.record_new(tx, said, by=by, at=now)
                    new_facts = relationships.record_new(tx, facts, by=by, at=now)
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
        if "number" not in known or not set(_TELLING) & set(known):
            what = "the header names no column 'number' beside one of " + ", ".join(map(repr, _TELLING))
            remedy = f"give it a header line with columns of {', '.join(COLUMNS)}"
            raise ListError(what, file=self._file, line=1, remedy=remedy)
        return best

    # One chunk

    def _rows(self, chunk: list[_Record], now: datetime) -> tuple[list[Statement], list[Fact], list[Reject]]:
        """What a chunk says, in order, and what of it was refused."""
        parsed = parse_lead_numbers([cells.get("number", "") for _, cells in chunk], self._country)
        said: list[Statement] = []
        facts: list[Fact] = []
        refused: list[Reject] = []
        for (line, cells), number, problem in zip(
            chunk, parsed["e164"].astype("object").tolist(), parsed["detail"].astype("object").tolist(), strict=True
        ):
            row = _Row(line, cells, number if isinstance(number, str) else "", str(problem), now)
            for part in (self._grant, self._revocation, self._transaction, self._inquiry):
                try:
                    found = part(row)
                except _Refused as why:
                    value = "" if why.secret else cells.get(why.column, "")
                    refused.append(Reject(line, "row refused", why.column, why.code, why.message, value))
                    continue
                if isinstance(found, Fact):
                    facts.append(found)
                elif found is not None:
                    said.append(found)
            if not any(cells.get(name) for name in (*_TELLING, "at")):
                message = "the row tells of no consent, revocation, transaction or inquiry"
                refused.append(Reject(line, "row refused", "basis", "CONSENT_EMPTY", message, ""))
        return said, facts, refused

    def _grant(self, row: _Row) -> Statement | None:
        """The consent of a row; None when it holds none."""
        cells = row.cells
        basis = cells.get("basis", "").lower()
        others = any(cells.get(name) for name in _TELLING if name != "basis")
        if basis in ("none", "revoked") or not (basis or (cells.get("at") and not others)):
            return None
        self._fits(row)
        if basis not in self._bases:
            raise _Refused("basis", "BASIS_UNKNOWN", f"no rule knows this basis; use {', '.join(sorted(self._bases))}")
        if not cells.get("at"):
            raise _Refused("at", "CONSENT_UNDATED", "a consent without its date counts as none; give its date")
        try:
            given, warning = consent_instant(cells["at"])
        except ValueError as error:
            raise _Refused("at", "DATE_UNREADABLE", str(error)) from None
        if given > row.now:
            raise _Refused("at", "CONSENT_FUTURE", "the consent is dated in the future")
        self._not_erased(row, given)
        scopes = _words(cells.get("scope", "")) or self._scopes
        if wrong := [scope for scope in scopes if scope not in SCOPES]:
            raise _Refused("scope", "SCOPE_UNKNOWN", f"{wrong[0]!r} is no purpose; use {', '.join(SCOPES)}")
        waives = _words(cells.get("waives", ""))
        if wrong := [name for name in waives if name not in self._agreements]:
            names = ", ".join(sorted(self._agreements))
            raise _Refused(
                "waives", "AGREEMENT_UNKNOWN", f"{wrong[0]!r} is no agreement that a rule knows; use {names}"
            )
        client = self._whose(row, "a consent is given to one company")
        digest, reference = self._proof(cells.get("evidence", ""))
        if warning:
            self._notes.warn("CONSENT_ZONE", warning, [row.line])
        return Statement(
            row.number,
            client,
            Consent(basis, given, None, reference, waives),
            scopes=scopes,
            channel=cells.get("channel", ""),
            shown=self._shown(cells.get("text", "")),
            evidence=digest,
            name=cells.get("name", ""),
            reason=cells.get("reason", ""),
            source=self._source(row),
        )

    def _revocation(self, row: _Row) -> Statement | None:
        """The revocation of a row; None when it holds none."""
        cells = row.cells
        text = cells.get("revoked_at", "")
        if not text and cells.get("basis", "").lower() == "revoked":
            text = cells.get("at", "") or "revoked"
        if not text:
            return None
        read = normalise_suppression_number(cells.get("number", ""), self._country)
        if read.e164 is None:
            raise _Refused("number", "REVOCATION_LOST", f"{read.error}; enter this revocation by hand")
        for warning in read.warnings:
            self._notes.warn("NUMBER_REPAIRED", warning, [row.line])
        reason, at = cells.get("reason", ""), None
        try:
            at, warning = consent_instant(text, end_of_day=True)
        except ValueError:
            reason, warning = reason or text, "a revocation without a readable date counts from this import on"
        if warning:
            self._notes.warn("REVOCATION_DATE", warning, [row.line])
        if at is not None and at > row.now:
            self._notes.warn("REVOCATION_FUTURE", "a revocation is dated in the future: it counts at once", [row.line])
        named = cells.get("client") or self._client
        client = self._clients.get(named.casefold(), "")
        if named and not client:
            message = "no campaign works for the client of a revocation: it holds for every client"
            self._notes.warn("CLIENT_UNKNOWN", message, [row.line])
        return Statement(
            read.e164,
            client,
            Consent("revoked", None, at),
            channel=cells.get("channel", ""),
            reason=reason,
            honour_by=self._honour_by((at or row.now).astimezone(UTC).date()),
            source=self._source(row),
        )

    def _transaction(self, row: _Row) -> Fact | None:
        """The last purchase or payment of a row; None when it tells of none."""
        return self._fact(row, "last_transaction", "transaction")

    def _inquiry(self, row: _Row) -> Fact | None:
        """The last inquiry or application of a row; None when it tells of none."""
        return self._fact(row, "last_inquiry", "inquiry")

    def _fact(self, row: _Row, column: str, kind: Kind) -> Fact | None:
        text = row.cells.get(column, "")
        if not text:
            return None
        self._fits(row)
        try:
            at, _ = consent_instant(text)
        except ValueError as error:
            raise _Refused(column, "DATE_UNREADABLE", str(error)) from None
        if at > row.now:
            raise _Refused(column, "DATE_FUTURE", f"the {kind} is dated in the future")
        self._not_erased(row, at)
        client = self._whose(row, "a business relationship is with one company")
        digest, reference = self._proof(row.cells.get("evidence", ""))
        day = date.fromisoformat(text[:10])  # as written: on the person's own calendar
        channel = row.cells.get("channel", "")
        return Fact(row.number, client, kind, day, channel, digest, reference, self._source(row))

    # What a cell says

    def _fits(self, row: _Row) -> None:
        """Refuse a row whose cells may have shifted, or that has no number to call."""
        if "" in row.cells:
            raise _Refused("", "ROW_WIDTH", "the row has more cells than the header has columns; quote the text")
        if not row.number:
            raise _Refused("number", "NUMBER_INVALID", row.problem)

    def _not_erased(self, row: _Row, at: datetime) -> None:
        """Refuse what is from before the person's erasure."""
        erased = self._erased.get(row.number)
        if erased is not None and at <= erased:
            message = f"erased at the person's request on {erased:%Y-%m-%d}; nothing from before is brought back"
            raise _Refused("number", "ERASED", message, secret=True)

    def _whose(self, row: _Row, why: str) -> str:
        """The client of a row, as our campaigns call it."""
        named = row.cells.get("client") or self._client
        if not named:
            raise _Refused("client", "CLIENT_MISSING", f"{why}; name it, or use --client")
        client = self._clients.get(named.casefold())
        if client is None:
            known = ", ".join(self._clients.values())
            raise _Refused("client", "CLIENT_UNKNOWN", f"no campaign works for this client; there are {known}")
        return client

    def _source(self, row: _Row) -> str:
        return f"{self._file.name}, line {row.line}"

    def _honour_by(self, day: date) -> date:
        """The law's last day for a revocation made on a day."""
        if day not in self._deadlines:
            self._deadlines[day] = opt_out_deadline(self._book, day)
        return self._deadlines[day]

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


def _words(text: str) -> tuple[str, ...]:
    """Names separated by bars, commas or spaces."""
    return tuple(text.lower().replace("|", " ").replace(",", " ").split())
