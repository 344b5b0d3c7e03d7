"""Every number of some rows of a list, with what the row says of the person, for lists that are judged and not loaded.

The meaning of each cell is that of `campaigns.lists.cleaning`, as for a list that is loaded; but each distinct text is
cleaned once, not each row, so that millions of rows take seconds. A number is refused for the same reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from campaigns.lists import cleaning
from campaigns.lists.blocks import Sheet
from campaigns.lists.consent_words import consent_basis
from campaigns.lists.fields import PHONES
from campaigns.lists.instants import instants
from campaigns.lists.notes import Notes
from dnc.coding import Coded, coded, constant, grouped
from dnc.numbers.columns import CODES, LeadNumbers, read_lead_numbers
from dnc.numbers.lead import ASCII_SPACE
from dnc.numbers.values import SENTENCES
from dnc.zones import is_zone

__all__ = ["ENTRY_FIELDS", "REASONS", "Entries", "Reason", "read_entries"]

#: The fields that entries are made of.
ENTRY_FIELDS: tuple[str, ...] = (
    *PHONES, *(f"{phone}_type" for phone in PHONES), "phone_code", "state", "province", "city", "postal_code",
    "country", "timezone", "consent_basis", "consent_at", "external_id", "account_id", "debt_id", "attorney", "cease",
)  # fmt: skip
_ZIP = 5
_SPACE = ord(" ")  # all that is trimmed is no greater
_AMERICAN = frozenset({"", "US", "PR", "VI", "GU", "AS", "MP"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row's number is not one to call, whatever the law says."""

    code: str
    sentence: str


#: What `Entries.reason` indexes. 0: nothing speaks against it; then as `dnc.numbers.columns.CODES`; then the row's own.
REASONS: tuple[Reason, ...] = (
    *(Reason(str(code), SENTENCES[code]) for code in CODES),
    Reason("COLUMNS", "the row has more cells than the header: its values may be in the wrong columns"),
    Reason("COUNTRY_UNKNOWN", "the country is not known; write its ISO code, such as US"),
    Reason("PHONE_CODE", "the phone code is no country calling code"),
    Reason("TIMEZONE", "it is no IANA time zone such as America/Chicago"),
    Reason("ATTORNEY", "represented by an attorney"),
    Reason("CEASE", "asked that contact cease"),
    Reason("ERASED", "erased at the person's request"),
    Reason("DUPLICATE", "an earlier row has this number"),
)
_INDEX = {reason.code: index for index, reason in enumerate(REASONS)}


@dataclass(frozen=True, eq=False)
class Entries:
    """n numbers of a sheet's rows, by row and column; one for a row without any. Arrays of shape (n,).

    `row` is the position in the sheet; the columns below `row` have one value for each row of the sheet.
    """

    line: NDArray[np.int64]
    slot: NDArray[np.int8]  # index into `campaigns.lists.fields.PHONES`
    numbers: LeadNumbers
    reason: NDArray[np.int8]  # index into `REASONS`
    kind: Coded  # what the list says the number is: home, work ...
    row: NDArray[np.intp]
    address: dict[str, pa.LargeStringArray | Coded]  # as `dnc.places.columns.PlaceFinder` reads it
    consent_basis: Coded
    consent_at: NDArray[np.datetime64]  # UTC, microseconds
    ids: dict[str, pa.LargeStringArray]  # `external_id`, `account_id`, `debt_id`, as far as the list has them

    def __len__(self) -> int:
        return len(self.line)

    def persons(self) -> pa.LargeStringArray:
        """Whom each row is about: one without an id is known by its first number, as in a list that is loaded."""
        given = _first_given(*(self.ids.get(name) for name in ("external_id", "account_id")))
        if given is not None:
            given = _trimmed(given)
            if not pc.any(pc.equal(given, "")).as_py():
                return given
        good = np.flatnonzero(self.numbers.ok)
        rows, first = np.unique(self.row[good], return_index=True)
        at = np.full(len(self.consent_at), -1, dtype=np.int64)
        at[rows] = good[first]
        number = pc.fill_null(self.numbers.e164().take(pa.array(at, mask=at < 0)), "")
        return number if given is None else pc.if_else(pc.equal(given, ""), number, given)

    def debts(self) -> pa.LargeStringArray | None:
        """The debt that each row is about; None where the list has no debts."""
        found = self.ids.get("debt_id")
        return None if found is None else _trimmed(found)


def read_entries(sheet: Sheet, country: str, now: datetime) -> Entries:
    """Every number of a sheet, read as numbers of each row's country, by default of `country`.

    `now` bounds consent dates: one in the future counts as none.
    """
    cells = _Cells(sheet)
    stated, unknown_country = _countries(cells.coded("country"))
    region, bad_code = _regions(cells.coded("phone_code"), stated, country.upper())
    timezone = cells.coded("timezone")
    bad_zone = np.array([bool(name) and not is_zone(name) for name in timezone.names], dtype=bool)[timezone.codes]
    reason = np.zeros(len(sheet), dtype=np.int8)
    stops = (("attorney", "ATTORNEY"), ("cease", "CEASE"))
    checks = [
        (sheet.wide, "COLUMNS"), (unknown_country, "COUNTRY_UNKNOWN"), (bad_code, "PHONE_CODE"), (bad_zone, "TIMEZONE"),
        *((cells.flag(name), code) for name, code in stops),
    ]  # fmt: skip
    for wrong, code in reversed(checks):  # the first that holds stands
        if wrong.any():
            reason[wrong] = _INDEX[code]
    basis, given = _consents(cells.coded("consent_basis"), cells.text("consent_at"), now)
    row, slot, numbers, kind = _numbers(cells, region)
    why = reason[row]
    lifted = np.isin(why, [0, *(_INDEX[code] for _, code in stops)]) & (numbers.code != 0)
    return Entries(
        line=sheet.lines[row],
        slot=slot,
        numbers=numbers,
        reason=np.where(lifted, numbers.code, why),
        kind=kind,
        row=row,
        address=_addresses(cells, stated, timezone),
        consent_basis=basis,
        consent_at=given,
        ids={name: text for name in ("external_id", "account_id", "debt_id") if (text := cells.raw(name)) is not None},
    )


class _Cells:
    """The columns of a sheet, trimmed; a field that the list lacks is blank."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def __len__(self) -> int:
        return len(self._sheet)

    def raw(self, name: str) -> pa.LargeStringArray | None:
        """The cells as they stand."""
        return self._sheet.texts.get(name)

    def text(self, name: str) -> pa.LargeStringArray | None:
        """The texts of a field; None where the list has no such column."""
        found = self._sheet.texts.get(name)
        return None if found is None else _trimmed(found)

    def coded(self, name: str) -> Coded:
        """The texts of a field as codes."""
        found = self._sheet.texts.get(name)
        if found is None:
            return constant("", len(self))
        codes, names = coded(found)
        return Coded(codes, [text.strip(ASCII_SPACE) for text in names])

    def flag(self, name: str) -> NDArray[np.bool_]:
        """Any entry but a clear no."""
        if name not in self._sheet.texts:
            return np.zeros(len(self), dtype=bool)
        codes, names = self.coded(name)
        return cleaning.flags(pd.Series(names, dtype="str")).to_numpy(dtype=bool)[codes]


def _trimmed(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """Texts without white space at their ends. Few lists have any, and to see that costs less than to trim."""
    bounds = np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    if bounds[0] == bounds[-1]:
        return texts
    raw = np.frombuffer(texts.buffers()[2], dtype=np.uint8)
    full = bounds[:-1] < bounds[1:]
    first, last = (np.where(full, at, bounds[0]) for at in (bounds[:-1], bounds[1:] - 1))
    edges = (raw[first] <= _SPACE) | (raw[last] <= _SPACE)
    return pc.utf8_trim(texts, ASCII_SPACE) if (edges & full).any() else texts


def _countries(given: Coded) -> tuple[Coded, NDArray[np.bool_]]:
    """Each row's country as `cleaning.countries` reads it, and which rows name one that is not known."""
    known, unknown = cleaning.countries(pd.Series(given.names, dtype="str"))
    return Coded(given.codes, known.tolist()), unknown[given.codes]


def _regions(phone_code: Coded, country: Coded, default: str) -> tuple[Coded, NDArray[np.bool_]]:
    """In which country each row's numbers are read, and which rows have a phone code that is none."""
    group, first = grouped((country.codes, len(country.names)), (phone_code.codes, len(phone_code.names)))
    homes = [country.names[n] or default for n in country.codes[first].tolist()]
    codes = [phone_code.names[n] for n in phone_code.codes[first].tolist()]
    regions, bad = cleaning.regions_by_code(pd.Series(codes, dtype="str"), pd.Series(homes, dtype="str"))
    return Coded(group, regions.tolist()), bad[group]


def _consents(basis: Coded, at: pa.LargeStringArray | None, now: datetime) -> tuple[Coded, NDArray[np.datetime64]]:
    """What each person agreed to and when, as `cleaning.consents` reads it: without a date that counts, none."""
    names = [consent_basis(text) for text in basis.names]
    none = len(names)
    given = np.full(len(basis.codes), np.datetime64("NaT"), dtype="datetime64[us]") if at is None else instants(at)
    given[given > np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us")] = np.datetime64("NaT")
    claimed = np.array([text not in ("none", "revoked") for text in names], dtype=bool)[basis.codes]
    return Coded(np.where(claimed & np.isnat(given), none, basis.codes), [*names, "none"]), given


def _addresses(cells: _Cells, country: Coded, timezone: Coded) -> dict[str, pa.LargeStringArray | Coded]:
    """Where each person lives, as `campaigns.lists.frames` reads it."""
    found: dict[str, pa.LargeStringArray | Coded] = {}
    for name, column in (("country", country), ("timezone", timezone)):
        if column.names != [""]:
            found[name] = column
    state = _first_given(cells.text("state"), cells.text("province"))
    for name, text in (("state", state), ("city", cells.raw("city"))):
        if text is not None:
            found[name] = text
    postal = cells.text("postal_code")
    if postal is not None:
        american = np.array([name in _AMERICAN for name in country.names], dtype=bool)[country.codes]
        found["postal_code"] = _postal_codes(postal, american)
    return found


def _postal_codes(texts: pa.LargeStringArray, american: NDArray[np.bool_]) -> pa.LargeStringArray:
    """`cleaning.postal_codes`, which leaves five characters and none as they are."""
    length = pc.binary_length(texts).to_numpy()
    rest = np.flatnonzero((length != 0) & (length != _ZIP) & american)
    if not len(rest):
        return texts
    codes, names = coded(texts.take(pa.array(rest)))
    everyone, nowhere = np.ones(len(names), dtype=bool), np.zeros(len(names), dtype=np.int64)
    clean = cleaning.postal_codes(pd.Series(names, dtype="str"), everyone, nowhere, Notes())
    other = pa.array(clean.to_numpy()[codes], type=pa.large_string())
    mask = np.zeros(len(texts), dtype=bool)
    mask[rest] = True
    return pc.replace_with_mask(texts, pa.array(mask), other)


def _numbers(cells: _Cells, region: Coded) -> tuple[NDArray[np.intp], NDArray[np.int8], LeadNumbers, Coded]:
    """Every number by row and column: row, column, the number, its kind. Of a row without any its first, empty cell."""
    present = [(slot, text) for slot, name in enumerate(PHONES) if (text := cells.raw(name)) is not None]
    everyone = np.arange(len(cells), dtype=np.intp)
    if len(present) == 1:
        ((slot, text),) = present
        return everyone, np.full(len(cells), slot, dtype=np.int8), read_lead_numbers(text, region), _kind(cells, slot)
    given = [np.asarray(pc.not_equal(cells.text(PHONES[slot]), "")) for slot, _ in present]
    given[0] = given[0] | ~np.logical_or.reduce(given)
    rows = [np.flatnonzero(each) for each in given]
    row, slot_ = np.concatenate(rows), np.repeat([slot for slot, _ in present], [len(each) for each in rows])
    order = np.lexsort((slot_, row))
    text = pa.concat_arrays([text.take(pa.array(some)) for (_, text), some in zip(present, rows, strict=True)])
    names: list[str] = []
    codes: list[NDArray[np.int64]] = []
    for (slot, _), some in zip(present, rows, strict=True):
        kind = _kind(cells, slot)
        codes.append(kind.codes[some] + len(names))
        names += kind.names
    row = row[order]
    read = read_lead_numbers(text.take(pa.array(order)), Coded(region.codes[row], region.names))
    return row, slot_[order].astype(np.int8), read, Coded(np.concatenate(codes)[order], names)


def _kind(cells: _Cells, slot: int) -> Coded:
    """What the list says a number is; home where it does not say."""
    codes, names = cells.coded(f"{PHONES[slot]}_type")
    return Coded(codes, [name or "home" for name in names])


def _first_given(one: pa.LargeStringArray | None, other: pa.LargeStringArray | None) -> pa.LargeStringArray | None:
    """The first of two texts that is not empty; None where the list has neither column."""
    if one is None or other is None:
        return other if one is None else one
    return pc.if_else(pc.equal(one, ""), other, one)
