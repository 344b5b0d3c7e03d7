"""Columns of a list made clean: each function takes texts of n rows and gives n values.

Everything here under-dials: a value that is in doubt is left out and told in the notes, so that the rules see less
permission and more places, never the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd
import phonenumbers
from numpy.typing import NDArray

from campaigns.lists.consent_words import consent_basis
from campaigns.lists.notes import Notes

__all__ = [
    "balances",
    "consents",
    "countries",
    "custom_fields",
    "due_dates",
    "flags",
    "past_days",
    "postal_codes",
    "priorities",
    "regions_by_code",
]

_ALPHA3 = {
    "USA": "US", "CAN": "CA", "GBR": "GB", "UK": "GB", "AUS": "AU", "NZL": "NZ", "IDN": "ID", "IND": "IN",
    "DEU": "DE", "FRA": "FR", "ESP": "ES", "ITA": "IT", "BRA": "BR", "MEX": "MX", "SGP": "SG", "MYS": "MY",
    "PHL": "PH", "ZAF": "ZA", "IRL": "IE", "NLD": "NL", "BEL": "BE", "AUT": "AT", "CHE": "CH", "SWE": "SE",
    "NOR": "NO", "DNK": "DK", "FIN": "FI", "PRT": "PT", "POL": "PL", "JPN": "JP", "PRI": "PR", "VIR": "VI",
    "GUM": "GU", "ASM": "AS", "MNP": "MP", "UNITED STATES OF AMERICA": "US", "GREAT BRITAIN": "GB",
    "UNITED KINGDOM": "GB", "U.S.": "US", "U.S.A.": "US",
}  # fmt: skip
_ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?"
_NO = frozenset({"", "0", "n", "no", "f", "false", "none", "-"})


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Country names and codes in upper case -> ISO 3166-1 alpha-2, from tzdata's iso3166.tab."""
    found = dict(_ALPHA3)
    for line in (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, name = line.split("\t")
            found[code] = found[name.upper()] = code
    return found


def countries(texts: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """ISO 3166-1 alpha-2 codes (empty where not given), and which rows name a country that is not known."""
    codes, names = pd.factorize(texts)
    given = [str(name).strip().upper() for name in names]
    known = [_countries().get(name, "") for name in given]
    unknown = np.array([bool(name) and not code for name, code in zip(given, known, strict=True)], dtype=bool)
    table = pd.Series(known, dtype="str")
    return table.take(codes).reset_index(drop=True), unknown[codes]


def regions_by_code(codes: pd.Series, country: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """The country to read numbers as, from VICIdial's `phone_code`; and which rows have a code that is none.

    The row's own country stays where it has that calling code (Canada under 1).
    """
    keys, pairs = pd.factorize(codes + "|" + country)
    regions: list[str] = []
    bad: list[bool] = []
    for pair in pairs:
        code, _, home = str(pair).partition("|")
        digits = code.strip().lstrip("+").lstrip("0")
        served = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits), ()) if digits.isdecimal() else ()
        bad.append(bool(code.strip()) and not served)
        regions.append(home if not served or home in served else served[0])
    return pd.Series(regions, dtype="str").take(keys).reset_index(drop=True), np.array(bad, dtype=bool)[keys]


def postal_codes(texts: pd.Series, american: NDArray[np.bool_], lines: NDArray[np.int64], notes: Notes) -> pd.Series:
    """Postal codes; American ones that a spreadsheet has shortened get their zero and their five digits back."""
    result = texts
    decimal = american & texts.str.fullmatch(r"\d{4,5}\.0").to_numpy()
    if decimal.any():
        result = result.mask(decimal, result.str.slice(0, -2))
    short = american & result.str.fullmatch(r"\d{4}(?:-\d{4})?").to_numpy()
    if short.any():
        result = result.mask(short, "0" + result)
        notes.warn("ZIP_PADDED", "4-digit ZIP left-padded with the 0 that a spreadsheet dropped", lines[short])
    odd = american & (result != "").to_numpy() & ~result.str.fullmatch(r"\d{5}(?:[- ]?\d{4})?").to_numpy()
    if odd.any():
        notes.warn("ZIP_UNKNOWN", "the postal code is no ZIP and was not used", lines[odd])
    return result


def consents(
    basis: pd.Series,
    given: pd.Series,
    now: datetime,
    lines: NDArray[np.int64],
    notes: Notes,
    known: Collection[str] | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Consent basis and instant (UTC); a basis without a date, or with one in doubt, counts as none.

    Dates are ISO 8601. One without time zone is read as UTC, which is told; so is one in the future. So is a basis
    that is not among those `known` to some rule: it stays as it is, and grants nothing. None: no basis is questioned.
    """
    bases = basis.map({text: consent_basis(text) for text in basis.unique()}).astype("str")
    if known is not None:
        strange = (~bases.isin(["none", "revoked", *known])).to_numpy()
        if strange.any():
            words = ", ".join((*sorted(known), "revoked", "none"))
            notes.warn(
                "CONSENT_BASIS", f"no rule knows the consent basis, it grants nothing; use {words}", lines[strange]
            )
    at = pd.Series(pd.to_datetime(given.where(given != ""), utc=True, format="ISO8601", errors="coerce"))
    at = at.dt.as_unit("us")
    unread = (given != "").to_numpy() & at.isna().to_numpy()
    if unread.any():
        message = "consent date is not ISO 8601 (such as 2026-05-01T10:00:00Z): treated as none"
        notes.warn("CONSENT_DATE", message, lines[unread])
    future = (at > pd.Timestamp(now)).to_numpy()
    if future.any():
        notes.warn("CONSENT_FUTURE", "consent date is in the future: treated as none", lines[future])
        at = at.mask(future)
    naive = at.notna().to_numpy() & ~given.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", case=False).to_numpy()
    if naive.any():
        notes.warn("CONSENT_ZONE", "consent date without time zone: read as UTC", lines[naive])
    claimed = (~bases.isin(["none", "revoked"])).to_numpy()
    undated = claimed & at.isna().to_numpy()
    silent = undated & ~unread & ~future
    if silent.any():
        message = "consent without date: treated as none; RND cannot be queried"
        notes.warn("CONSENT_UNDATED", message, lines[silent])
    return bases.mask(undated, "none"), at


def priorities(texts: pd.Series, lines: NDArray[np.int64], notes: Notes) -> pd.Series:
    """Whole numbers; 0 where none is given or it cannot be read."""
    whole = texts.str.fullmatch(r"[+-]?\d{1,9}(?:\.0+)?").to_numpy()
    odd = ~whole & (texts != "").to_numpy()
    if odd.any():
        notes.warn("PRIORITY", "priority is no whole number: 0 is used", lines[odd])
    return texts.where(whole, "0").astype("float64").astype("int64")


def flags(texts: pd.Series) -> pd.Series:
    """True for any entry but a clear no: an attorney's name in the attorney column means there is one."""
    return ~texts.str.lower().str.strip().isin(_NO)


def balances(texts: pd.Series, lines: NDArray[np.int64], notes: Notes) -> pd.Series:
    """Amounts as decimal text (`1234.50`); empty where not given or in doubt (`1.234,50`)."""
    plain = texts.str.replace(r"^[$€£]\s*", "", regex=True)
    grouped = plain.str.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?").to_numpy()
    plain = plain.mask(grouped, plain.str.replace(",", "", regex=False))
    good = plain.str.fullmatch(r"-?\d+(?:\.\d{1,4})?").to_numpy()
    odd = ~good & (texts != "").to_numpy()
    if odd.any():
        notes.warn("BALANCE", "balance is no amount such as 1234.50: left empty", lines[odd])
    return plain.where(good, "")


def due_dates(texts: pd.Series, lines: NDArray[np.int64], notes: Notes) -> pd.Series:
    """Dates as `YYYY-MM-DD`; empty where not given or not ISO 8601."""
    dates = pd.Series(pd.to_datetime(texts.str.slice(0, 10), format="%Y-%m-%d", errors="coerce"))
    odd = dates.isna().to_numpy() & (texts != "").to_numpy()
    if odd.any():
        notes.warn("DUE_DATE", "due date is not ISO 8601 (such as 2026-12-31): left empty", lines[odd])
    return dates.dt.strftime("%Y-%m-%d").fillna("").astype("str")


def past_days(texts: pd.Series, what: str, now: datetime, lines: NDArray[np.int64], notes: Notes) -> pd.Series:
    """The days of past business as `YYYY-MM-DD`, as written; empty where not given, not ISO 8601 or still to come."""
    if not (texts != "").any():
        return texts
    dates = pd.Series(pd.to_datetime(texts.str.slice(0, 10), format="%Y-%m-%d", errors="coerce"))
    dates = dates.where(texts.str.fullmatch(_ISO).to_numpy())
    odd = dates.isna().to_numpy() & (texts != "").to_numpy()
    if odd.any():
        message = f"the date of the last {what} is not ISO 8601 (such as 2026-09-30): left empty"
        notes.warn(f"{what.upper()}_DATE", message, lines[odd])
    future = (dates > pd.Timestamp(now.astimezone(UTC).date())).to_numpy()
    if future.any():
        notes.warn(f"{what.upper()}_FUTURE", f"the last {what} is dated in the future: left empty", lines[future])
        dates = dates.mask(future)
    return dates.dt.strftime("%Y-%m-%d").fillna("").astype("str")


def custom_fields(columns: dict[str, list[str]], rows: int) -> pd.Series:
    """The custom columns of each row as one JSON object, empty cells left out."""
    if not columns:
        return pd.Series(["{}"] * rows, dtype="str")
    names = list(columns)
    encode = json.JSONEncoder(ensure_ascii=False).encode
    known: dict[tuple[str, ...], str] = {}
    texts: list[str] = []
    for cells in zip(*columns.values(), strict=True):
        if cells not in known:
            known[cells] = encode({name: cell for name, cell in zip(names, cells, strict=True) if cell})
        texts.append(known[cells])
    return pd.Series(texts, dtype="str")
