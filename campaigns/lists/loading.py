"""Load a contact list: rows of text in, a clean frame of leads out, and an account of every row.

    with ContactList(path, default_country="US") as contacts:
        for chunk in contacts:          # bounded memory: 50,000 rows at a time
            store(chunk.leads, chunk.phones)
    print(contacts.funnel, contacts.warnings)

The columns of the frames are described in `campaigns.lists.frames`, those of the file in `campaigns.lists.fields`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from campaigns.lists import cleaning
from campaigns.lists.claims import Claims
from campaigns.lists.fields import PHONES
from campaigns.lists.frames import Chunk, lead_frames, past_business, repeated_business
from campaigns.lists.mapping import load_mapping
from campaigns.lists.notes import Funnel, ListWarning, Notes, Reject, RejectFile
from campaigns.lists.numbers import Numbers, claimed_numbers, lost_numbers, valid_numbers
from campaigns.lists.reading import DELIMITERS, Record, recognise, records
from campaigns.lists.stops import stops_of
from campaigns.lists.table import Table
from campaigns.lists.workbooks import as_text
from dnc.numbers import normalise_suppression_number
from dnc.places import Policy
from dnc.zones import is_zone

__all__ = ["CHUNK_ROWS", "ContactList", "LoadedList", "load_list"]

#: Rows read at a time.
CHUNK_ROWS = 50_000


class ContactList:
    """A contact list being loaded; iterate over it once for its chunks, then read `funnel` and `warnings`.

    `path` is CSV, a workbook or Parquet (`workbooks`). `encoding` and `delimiter` win over what is recognised;
    `mapping` is a mapping file or its table; `default_country` reads national numbers of rows without country;
    `existing` are E.164 numbers that the campaign has already; `erased` are those whose owners were erased at their
    request, and when: rows with one are refused, and nothing of them is kept, in the reject file neither. `bases` are
    the consent bases that some rule knows: any other is warned of (None: none is questioned). `where` tells of existing
    numbers where the campaign has them, for the rejects. `rejects_to` is a CSV
    file to write every reject to; `policy` is that of `dnc.places`; `now` bounds the dates of the past. Opening
    raises `ListError` when the file is no contact list.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        default_country: str = "US",
        encoding: str | None = None,
        delimiter: str | None = None,
        mapping: Path | str | dict[str, str] | None = None,
        existing: Iterable[str] | NDArray[np.int64] = (),
        erased: Mapping[str, datetime] | None = None,
        bases: Collection[str] | None = None,
        where: Callable[[list[str]], Mapping[str, str]] | None = None,
        policy: Policy = "intersect",
        rejects_to: Path | str | None = None,
        now: datetime | None = None,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        columns = load_mapping(mapping) if isinstance(mapping, (str, Path)) else mapping
        with ExitStack() as stack:
            text = stack.enter_context(as_text(Path(path)))
            self.source = recognise(text, encoding=encoding, delimiter=delimiter, mapping=columns)
            self._open = stack.pop_all()
        self.funnel = Funnel()
        self._country = default_country.upper()
        self._policy: Policy = policy
        self._now = now or datetime.now(UTC)
        self._chunk_rows = chunk_rows
        self._bases = bases
        self._where = where
        self._claims = Claims(existing)
        self._erased = dict(erased or {})
        self._notes = Notes()
        self._rejects = RejectFile(rejects_to) if rejects_to is not None else None
        self._describe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._rejects is not None:
                self._rejects.__exit__(kind, error, trace)
        finally:
            self._open.__exit__(kind, error, trace)

    @property
    def warnings(self) -> tuple[ListWarning, ...]:
        """What was repaired or noticed so far."""
        return self._notes.warnings()

    def __iter__(self) -> Iterator[Chunk]:
        """The chunks of the list; raises `ListError` for text that cannot be read."""
        rows = iter(records(self.source))
        while taken := list(islice(rows, self._chunk_rows)):
            chunk = self._chunk(taken)
            if self._rejects is not None:
                self._rejects.write(chunk.rejects)
            yield chunk

    def refuse_erased(self, line: int, since: datetime) -> None:
        """Account for a row whose owner turned out to be erased after it was read."""
        if self._rejects is not None:
            self._rejects.write([_erased_reject(line, "", since)])

    def refuse(self, line: int, code: str, message: str) -> None:
        """Account for a row that is not loaded for what is known beside the file."""
        if self._rejects is not None:
            self._rejects.write([Reject(line, "row is a duplicate", "", code, message, "")])

    def _describe(self) -> None:
        """Tell how the file is read."""
        encoding = self.source.encoding
        if encoding.guessed:
            self._notes.warn("ENCODING", f"the file is not UTF-8; it was read as {encoding.name}")
        elif encoding.marked:
            self._notes.warn("BOM", f"the file begins with a byte-order mark ({encoding.name})")
        if self.source.delimiter != ",":
            name = DELIMITERS.get(self.source.delimiter, repr(self.source.delimiter))
            self._notes.warn("DELIMITER", f"the columns are separated by {name} delimiters")
        if not self.source.header:
            self._notes.warn("NO_HEADER", "the file has no header line; it was read in VICIdial's standard order")

    def _chunk(self, rows: list[Record]) -> Chunk:
        """Clean some rows."""
        self.funnel.read += len(rows)
        full = [record for record in rows if any(cell and not cell.isspace() for cell in record[1])]
        self.funnel.empty += len(rows) - len(full)
        fit, rejects = self._of_one_width(full)
        table = Table(fit, self.source)

        country, region, good, refusals = self._checked(table)
        rejects += refusals
        valid = self._without_erased(table, valid_numbers(table, region, np.flatnonzero(good)))
        claimed = claimed_numbers(table, valid, self._claims)
        self.funnel.loaded += int(claimed.rows.sum())
        self.funnel.duplicate += int((valid.rows & ~claimed.rows).sum())
        self.funnel.refused += len(full) - int(valid.rows.sum())
        rejects += [*valid.rejects, *self._placed(claimed.rejects)]
        rejects.sort(key=lambda reject: reject.line)
        past = past_business(table, self._now, self._notes)
        leads, phones = lead_frames(
            table, country, claimed.frame, np.flatnonzero(claimed.rows),
            known_by=valid.frame.drop_duplicates("row").set_index("row")["e164"],
            shared=lost_numbers(valid.frame, claimed.frame),
            policy=self._policy, now=self._now, notes=self._notes, bases=self._bases,
            past=past,
        )  # fmt: skip
        stops = stops_of(table, region, self._country, self._erased, self._notes)
        return Chunk(leads, phones, repeated_business(table, valid.frame, claimed.frame, past), rejects, stops)

    def _placed(self, rejects: list[Reject]) -> list[Reject]:
        """The rejects, those of numbers that the campaign has with where it has them."""
        numbers = [each.value for each in rejects if each.code == "IN_CAMPAIGN"]
        places = self._where(numbers) if self._where is not None and numbers else {}
        return [
            replace(each, message=f"{each.message}: {places[each.value]}")
            if each.code == "IN_CAMPAIGN" and each.value in places
            else each
            for each in rejects
        ]

    def _of_one_width(self, rows: list[Record]) -> tuple[list[Record], list[Reject]]:
        """The rows that fit the columns; a row with more cells is refused, for its values may have shifted."""
        width = self.source.width
        short = [line for line, row in rows if len(row) < width]
        if short and self.source.header:
            message = "the row has fewer cells than the header; the rest is taken as empty"
            self._notes.warn("SHORT_ROW", message, short)
        rejects = [
            Reject(
                line, "row refused", "", "COLUMNS",
                f"the row has {len(row)} cells, not {width}: its values may be in the wrong columns",
                "" if self._names_erased(row) else ",".join(row),
            )
            for line, row in rows
            if len(row) > width and any(cell.strip() for cell in row[width:])
        ]  # fmt: skip
        gone = {reject.line for reject in rejects}
        return ([record for record in rows if record[0] not in gone] if gone else rows), rejects

    def _names_erased(self, row: list[str]) -> bool:
        """Whether any cell is the number of somebody who was erased."""
        return bool(self._erased) and any(
            normalise_suppression_number(cell, self._country).e164 in self._erased for cell in row if cell
        )

    def _without_erased(self, table: Table, valid: Numbers) -> Numbers:
        """The numbers without the rows that have one of somebody who was erased; those rows are refused whole."""
        numbers = valid.frame
        erased = numbers["e164"].isin(list(self._erased)).to_numpy(dtype=bool)
        if not erased.any():
            return valid
        first = numbers[erased].drop_duplicates("row")
        rejects = [
            _erased_reject(int(table.lines[row]), table.heading(PHONES[slot]), self._erased[e164])
            for row, slot, e164 in zip(*(first[name].tolist() for name in ("row", "slot", "e164")), strict=True)
        ]
        gone = {reject.line for reject in rejects}
        rows = valid.rows.copy()
        rows[first["row"].to_numpy(dtype=np.intp)] = False
        kept = numbers[~numbers["row"].isin(first["row"])].reset_index(drop=True)
        return Numbers(kept, rows, [*(each for each in valid.rejects if each.line not in gone), *rejects])

    def _checked(self, table: Table) -> tuple[pd.Series, pd.Series, NDArray[np.bool_], list[Reject]]:
        """Each row's country (empty: not given), the region its numbers are read in, whether it may go on; refusals."""
        country, unknown = cleaning.countries(table.text("country"))
        home = country.mask((country == "").to_numpy(), self._country)
        region, bad_code = cleaning.regions_by_code(table.text("phone_code"), home)
        zones, names = pd.factorize(table.text("timezone"))
        bad_zone = np.array([bool(name) and not is_zone(str(name)) for name in names], dtype=bool)[zones]
        good = np.ones(len(table), dtype=bool)
        rejects: list[Reject] = []
        for bad, name, code, message in (
            (unknown, "country", "COUNTRY", "the country is not known; write its ISO code, such as US"),
            (bad_code, "phone_code", "PHONE_CODE", "the phone code is no country calling code"),
            (bad_zone, "timezone", "TIMEZONE", "it is no IANA time zone such as America/Chicago"),
        ):
            texts, heading = table.text(name), table.heading(name)
            rejects += [
                Reject(int(table.lines[row]), "row refused", heading, code, message, str(texts.iat[row]))
                for row in np.flatnonzero(bad & good).tolist()
            ]
            good &= ~bad
        return country, region, good, rejects


def _erased_reject(line: int, heading: str, since: datetime) -> Reject:
    """The refusal of a row of somebody who was erased; it holds nothing of the row."""
    message = f"erased at the person's request on {since.astimezone(UTC):%Y-%m-%d}; nothing of the row is kept"
    return Reject(line, "row refused", heading, "ERASED", message, "")


@dataclass(frozen=True, eq=False)
class LoadedList:
    """A whole list in memory: as `Chunk`, with the funnel and the warnings. `phones.lead` counts through."""

    leads: pd.DataFrame
    phones: pd.DataFrame
    rejects: list[Reject]
    funnel: Funnel
    warnings: tuple[ListWarning, ...]


def load_list(
    path: Path | str,
    *,
    default_country: str = "US",
    encoding: str | None = None,
    delimiter: str | None = None,
    mapping: Path | str | dict[str, str] | None = None,
    existing: Iterable[str] = (),
    bases: Collection[str] | None = None,
    policy: Policy = "intersect",
    rejects_to: Path | str | None = None,
    now: datetime | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> LoadedList:
    """Load a list at once; the parameters and errors are those of `ContactList`."""
    contacts = ContactList(
        path, default_country=default_country, encoding=encoding, delimiter=delimiter, mapping=mapping,
        existing=existing, bases=bases, policy=policy, rejects_to=rejects_to, now=now, chunk_rows=chunk_rows,
    )  # fmt: skip
    leads: list[pd.DataFrame] = []
    phones: list[pd.DataFrame] = []
    rejects: list[Reject] = []
    before = 0
    with contacts:
        for chunk in contacts:
            leads.append(chunk.leads)
            phones.append(chunk.phones.assign(lead=chunk.phones["lead"] + before))
            rejects += chunk.rejects
            before += len(chunk.leads)
    if not leads:
        empty = contacts._chunk([])  # a header and nothing else: frames without rows
        leads, phones = [empty.leads], [empty.phones]
    return LoadedList(
        pd.concat(leads, ignore_index=True), pd.concat(phones, ignore_index=True), rejects, contacts.funnel,
        contacts.warnings,
    )  # fmt: skip
