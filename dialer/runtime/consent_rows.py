"""What one row of a file of consents says: a consent, a revocation, past business; or why it cannot be taken.

A consent or a business relationship is taken only without any doubt: a number to call, a basis that some rule knows,
its date, a client that we work for. A revocation is taken whatever else its row holds, as far as a number can be made
out: where its date cannot be read it counts from the moment it is recorded, where its client is none of ours it holds
for every one. Of a person who was erased nothing from before is brought back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from campaigns.lists.consent_words import NONE, REVOKED, consent_basis
from campaigns.lists.notes import Notes
from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.consents import SCOPES, agreement_names, bases, clients_of, consent_instant, keep_file, keep_text
from dialer.store.consents import Statement
from dialer.store.relationships import Fact, Kind
from dnc.numbers import normalise_suppression_number
from dnc.rules import Rulebook
from dnc.rules.deadlines import opt_out_deadline
from dnc.values import Consent

__all__ = ["TELLING", "Refused", "Row", "RowReader", "Terms"]

#: Columns of which one must be there: each tells of something to record.
TELLING = ("basis", "revoked_at", "last_transaction", "last_inquiry")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, its cells by our names, its number if that may be called, else why not."""

    line: int
    cells: dict[str, str]
    number: str
    problem: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """What a file leaves unsaid.

    `client` and `scopes` stand where a row does not say them (no scopes: every purpose); `country` is of numbers
    written without one; `evidence` is the folder in which the files named in the column `evidence` lie (None: the
    column is a mere reference).
    """

    client: str = ""
    scopes: tuple[str, ...] = ()
    country: str = "US"
    evidence: Path | None = None


class Refused(Exception):
    """A part of a row that cannot be taken. `secret`: nothing of the row may be written down."""

    def __init__(self, column: str, code: str, message: str, *, secret: bool = False) -> None:
        super().__init__(message)
        self.column, self.code, self.message, self.secret = column, code, message, secret


class RowReader:
    """Reads the rows of one file.

    Args:
        workspace: whose clients and evidence.
        book: says which bases and agreements there are.
        file: its name, for the record.
        terms: what the file leaves unsaid.
        notes: where warnings go.
    """

    def __init__(self, workspace: Workspace, book: Rulebook, file: str, terms: Terms, notes: Notes) -> None:
        self._workspace, self._book, self._file, self._terms, self._notes = workspace, book, file, terms, notes
        self._evidence = None if terms.evidence is None else terms.evidence.resolve()
        self._bases, self._agreements = frozenset(bases(book)), frozenset(agreement_names(book))
        self._clients = clients_of(workspace)
        self._kept: dict[str, str] = {}
        self._deadlines: dict[date, date] = {}
        self.erased: dict[str, datetime] = {}  # numbers whose erasure stands, and since when

    def read(self, row: Row) -> Iterator[Statement | Fact | Refused]:
        """Everything that a row says, and every part of it that cannot be taken."""
        for part in (self._grant, self._revocation, self._transaction, self._inquiry):
            try:
                found = part(row)
            except Refused as why:
                yield why
            else:
                if found is not None:
                    yield found
        if not any(row.cells.get(name) for name in (*TELLING, "at")):
            message = "the row tells of no consent, revocation, transaction or inquiry"
            yield Refused("basis", "CONSENT_EMPTY", message, secret=True)

    def _grant(self, row: Row) -> Statement | None:
        """The consent of a row; None when it holds none."""
        cells = row.cells
        basis = consent_basis(cells["basis"]) if cells.get("basis") else ""
        others = any(cells.get(name) for name in TELLING if name != "basis")
        if basis in (NONE, REVOKED) or not (basis or (cells.get("at") and not others)):
            return None
        self._fits(row)
        if basis not in self._bases:
            raise Refused("basis", "BASIS_UNKNOWN", f"no rule knows this basis; use {', '.join(sorted(self._bases))}")
        if not cells.get("at"):
            raise Refused("at", "CONSENT_UNDATED", "a consent without its date counts as none; give its date")
        try:
            given, warning = consent_instant(cells["at"])
        except ValueError as error:
            raise Refused("at", "DATE_UNREADABLE", str(error)) from None
        if given > row.now:
            raise Refused("at", "CONSENT_FUTURE", "the consent is dated in the future")
        self._not_erased(row, given)
        scopes = _words(cells.get("scope", "")) or self._terms.scopes
        if wrong := [scope for scope in scopes if scope not in SCOPES]:
            raise Refused("scope", "SCOPE_UNKNOWN", f"{wrong[0]!r} is no purpose; use {', '.join(SCOPES)}")
        waives = _words(cells.get("waives", ""))
        if wrong := [name for name in waives if name not in self._agreements]:
            names = ", ".join(sorted(self._agreements))
            raise Refused("waives", "AGREEMENT_UNKNOWN", f"{wrong[0]!r} is no agreement that a rule knows; use {names}")
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

    def _revocation(self, row: Row) -> Statement | None:
        """The revocation of a row; None when it holds none."""
        cells = row.cells
        text = cells.get("revoked_at", "")
        if not text and consent_basis(cells.get("basis", "")) == REVOKED:
            text = cells.get("at", "") or "revoked"
        if not text:
            return None
        read = normalise_suppression_number(cells.get("number", ""), self._terms.country)
        if read.e164 is None:
            raise Refused("number", "REVOCATION_LOST", f"{read.error}; enter this revocation by hand")
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
        named = cells.get("client") or self._terms.client
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

    def _transaction(self, row: Row) -> Fact | None:
        """The last purchase or payment of a row; None when it tells of none."""
        return self._fact(row, "last_transaction", "transaction")

    def _inquiry(self, row: Row) -> Fact | None:
        """The last inquiry or application of a row; None when it tells of none."""
        return self._fact(row, "last_inquiry", "inquiry")

    def _fact(self, row: Row, column: str, kind: Kind) -> Fact | None:
        text = row.cells.get(column, "")
        if not text:
            return None
        self._fits(row)
        try:
            at, _ = consent_instant(text)
        except ValueError as error:
            raise Refused(column, "DATE_UNREADABLE", str(error)) from None
        if at > row.now:
            raise Refused(column, "DATE_FUTURE", f"the {kind} is dated in the future")
        self._not_erased(row, at)
        client = self._whose(row, "a business relationship is with one company")
        digest, reference = self._proof(row.cells.get("evidence", ""))
        day = date.fromisoformat(text[:10])  # as written: on the person's own calendar
        channel = row.cells.get("channel", "")
        return Fact(row.number, client, kind, day, channel, digest, reference, self._source(row))

    # What a cell says

    def _fits(self, row: Row) -> None:
        """Refuse a row whose cells may have shifted, or that has no number to call."""
        if "" in row.cells:
            raise Refused("", "ROW_WIDTH", "the row has more cells than the header has columns; quote the text")
        if not row.number:
            raise Refused("number", "NUMBER_INVALID", row.problem)

    def _not_erased(self, row: Row, at: datetime) -> None:
        """Refuse what is from before the person's erasure."""
        erased = self.erased.get(row.number)
        if erased is not None and at <= erased:
            message = f"erased at the person's request on {erased:%Y-%m-%d}; nothing from before is brought back"
            raise Refused("number", "ERASED", message, secret=True)

    def _whose(self, row: Row, why: str) -> str:
        """The client of a row, as our campaigns call it."""
        named = row.cells.get("client") or self._terms.client
        if not named:
            raise Refused("client", "CLIENT_MISSING", f"{why}; name it, or use --client")
        client = self._clients.get(named.casefold())
        if client is None:
            known = ", ".join(self._clients.values())
            raise Refused("client", "CLIENT_UNKNOWN", f"no campaign works for this client; there are {known}")
        return client

    def _source(self, row: Row) -> str:
        return f"{self._file}, line {row.line}"

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
            raise Refused("evidence", "EVIDENCE_MISSING", "there is no such file in the folder of evidence")
        try:
            return keep_file(self._workspace, path), name
        except OperatorError as error:
            raise Refused("evidence", "EVIDENCE_UNREADABLE", str(error)) from None


def _words(text: str) -> tuple[str, ...]:
    """Names separated by bars, commas or spaces."""
    return tuple(text.lower().replace("|", " ").replace(",", " ").split())
