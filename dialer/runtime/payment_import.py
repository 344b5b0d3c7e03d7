"""Importing payments: a client's CSV file, row by row; the same file twice changes nothing.

Columns, in any order, by name: one or more of `debt_id`, `account_id`, `external_id`; `amount` (a decimal above 0);
`currency` (ISO 4217); `paid_at` (a day or an instant in ISO 8601: its calendar day counts, as it is written); and, if
there is one, `reference`, the client's own name of the payment. A payment is known by its reference, or without one
by everything the row says and how often the file says it. What cannot be read goes to the reject file with line and
reason, and the rest is imported.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from io import TextIOWrapper
from pathlib import Path

from campaigns.problems import OperatorError, Problem
from dialer.reports.export import csv_cell
from dialer.store import payments
from dialer.store.database import Store
from dialer.store.payments import KEYS, Payment
from dialer.store.transactions import Writing

__all__ = ["Imported", "PaymentFileError", "import_payments"]

_ALIASES = {
    "account": "account_id", "account_number": "account_id", "debt": "debt_id", "paid_on": "paid_at", "date": "paid_at",
    "payment_date": "paid_at", "ref": "reference", "payment_reference": "reference", "vendor_lead_code": "external_id",
}  # fmt: skip
_NEEDED = ("amount", "currency", "paid_at")
_BATCH = 5_000
_LONGEST = 200  # characters of one cell
_MOST = Decimal("1e12")


class PaymentFileError(OperatorError):
    """The file as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of a file.

    Attributes:
        rows: read.
        added: new payments.
        known: payments that were on record already.
        rejected: rows that could not be read.
        rejects: the file that says why, or None when there is none.
    """

    rows: int
    added: int
    known: int
    rejected: int
    rejects: Path | None


def import_payments(store: Store, file: Path, client: str, *, rejects: Path, by: str, at: datetime) -> Imported:
    """Read a file and write its payments down, all of them in one transaction.

    Args:
        store: the database.
        file: CSV, UTF-8, with a header.
        client: whose accounts these are.
        rejects: the folder where refused rows are written, with line and reason.
        by: who imports.
        at: when.

    Raises:
        PaymentFileError: it cannot be read, or lacks a column.
        StoreError: the database refuses; then nothing is imported.
    """
    refused: list[tuple[int, str, list[str]]] = []
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    referenced: dict[str, tuple[Decimal, str, date]] = {}
    try:
        with file.open("rb") as raw, store.writing() as tx:
            text = TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            header, rows = _rows(text, file)
            batch: list[Payment] = []
            for line, cells in rows:
                counts["rows"] += 1
                try:
                    read = _payment(header, cells, client, f"{file.name}, line {line}", seen)
                    if read.reference:
                        said = (read.amount, read.currency, read.paid_on)
                        if referenced.setdefault(read.key, said) != said:
                            raise ValueError("reference: the file has it before, of another payment")
                except ValueError as error:
                    refused.append((line, str(error), cells))
                    continue
                batch.append(read)
                if len(batch) >= _BATCH:
                    _keep(tx, batch, counts, by, at)
                    batch = []
            _keep(tx, batch, counts, by, at)
    except OSError as error:
        raise PaymentFileError([Problem(str(file), f"it cannot be read: {error.strerror}", "check the path")]) from None
    except UnicodeDecodeError:
        raise PaymentFileError([Problem(str(file), "it is not UTF-8", "save it as CSV UTF-8")]) from None
    except csv.Error as error:
        raise PaymentFileError([Problem(str(file), f"it is no CSV file: {error}", "check the file")]) from None
    where = _write_rejects(rejects / f"{file.stem}-payments-rejects.csv", header, refused) if refused else None
    return Imported(counts["rows"], counts["added"], counts["known"], len(refused), where)


def _rows(text: TextIOWrapper, file: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header and the numbered rows; comma, semicolon, tab or bar divide."""
    first = text.readline()
    mark = max(",;\t|", key=first.count)
    names = next(csv.reader([first], delimiter=mark), [])
    header = [_ALIASES.get(name, name) for name in (re.sub(r"[\s-]+", "_", each.strip().lower()) for each in names)]
    twice = [name for name, times in Counter(header).items() if times > 1 and name in (*KEYS, *_NEEDED, "reference")]
    if twice:
        raise PaymentFileError([Problem(f"{file}, line 1", f"the column {twice[0]} is there twice", "keep one")])
    missing = [name for name in _NEEDED if name not in header]
    missing += [] if any(key in header for key in KEYS) else [f"one of {', '.join(KEYS)}"]
    if missing:
        what = f"no column {', '.join(missing)}"
        raise PaymentFileError([Problem(f"{file}, line 1", what, "name the columns in the first line")])
    reader = csv.reader(text, delimiter=mark)

    def numbered() -> Iterator[tuple[int, list[str]]]:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num + 1, cells

    return header, numbered()


def _payment(header: list[str], cells: list[str], client: str, source: str, seen: Counter[str]) -> Payment:
    """One row; raises ValueError with column and reason."""
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} cells where the header has {len(header)}")
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for name in (*KEYS, "reference"):
        if len(row.get(name, "")) > _LONGEST:
            raise ValueError(f"{name}: longer than {_LONGEST} characters")
    account = {key: row[key] for key in KEYS if row.get(key)}
    if not account:
        raise ValueError(f"no {', '.join(KEYS)}: nobody knows whose payment it is")
    amount, currency, paid_on = _amount(row["amount"]), row["currency"].upper(), _day(row["paid_at"])
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError(f"currency: {row['currency']!r} is no code such as USD")
    reference = row.get("reference", "")
    said = "\x1f".join([*(account.get(key, "") for key in KEYS), f"{amount.normalize():f}", currency, row["paid_at"]])
    if reference:
        said = f"reference\x1f{reference}"
    else:
        seen[said] += 1  # two equal rows of one file are two payments, and the same two in the next file
        said = f"{said}\x1f{seen[said]}"
    key = sha256(said.encode()).hexdigest()
    return Payment(client, account, amount, currency, paid_on, reference, key, source)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"amount: {text!r} is no number such as 120.50") from None
    if not amount.is_finite() or not 0 < amount < _MOST:
        raise ValueError(f"amount: {text!r} is not above 0; a payment that was returned is not imported")
    if amount != amount.quantize(Decimal("0.0001")):
        raise ValueError(f"amount: {text!r} has more than four decimals")
    return amount


def _day(text: str) -> date:
    """The calendar day of a day or an instant."""
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-10-31") else datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError(f"paid_at: {text!r} is no day such as 2026-10-31") from None
    if not 1990 <= found.year <= 2100:
        raise ValueError(f"paid_at: {text!r} is no day of our time")
    return found


def _keep(tx: Writing, batch: list[Payment], counts: Counter[str], by: str, at: datetime) -> None:
    """Write down what is not on record yet."""
    if not batch:
        return
    fresh: dict[str, Payment] = {each.key: each for each in batch}
    for key in payments.known(tx, batch[0].client, list(fresh)):
        del fresh[key]
    payments.add(tx, list(fresh.values()), by=by, at=at)
    counts["added"] += len(fresh)
    counts["known"] += len(batch) - len(fresh)


def _write_rejects(path: Path, header: list[str], refused: list[tuple[int, str, list[str]]]) -> Path:
    """The refused rows as they came, with line and reason; no cell is a formula."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as written:
            writer = csv.writer(written)
            writer.writerow(["line", "reason", *map(csv_cell, header)])
            writer.writerows([line, csv_cell(why), *map(csv_cell, cells)] for line, why, cells in refused)
    except OSError as error:
        what = f"the refused rows cannot be written: {error.strerror}"
        raise PaymentFileError([Problem(str(path), what, "check the folder; the other rows are imported")]) from None
    return path
