"""The frames a list ends in. This is the one place that says what their columns are.

**`Chunk.leads`** (one row a lead, in the file's order):

| column | type | meaning |
|---|---|---|
| `line` | int | the line its row begins on |
| `external_id`, `person_id`, `debt_id` | text | `person_id`: household, `external_id`, `account_id`, or first number |
| `shared` | text | a number of the row that another row, or the campaign, has already; empty: none |
| `first_name`, `last_name`, `email`, `address`, `city`, `state`, `postal_code` | text | empty: not given |
| `country` | text | ISO 3166-1 alpha-2: the row's, else the first number's own |
| `timezone`, `language`, `owner` | text | `timezone` is an IANA name |
| `priority` | int | 0 when not given |
| `consent_basis`, `consent_at`, `consent_ref` | text, UTC instant, text | `none` and `NaT` where nothing can be shown |
| `last_transaction`, `last_inquiry` | text | `YYYY-MM-DD`, empty: not given |
| `account_id`, `creditor`, `balance`, `currency`, `due_date` | text | `1234.50`; `YYYY-MM-DD` |
| `attorney`, `cease` | bool | the campaign blocks these leads |
| `custom` | text | JSON object of all other columns |
| `phone` | text | the first number, E.164 |
| `place_key`, `jurisdictions`, `zones`, `place_conflict` | text, tuples, bool | where the first number may land |
| `phones` | list | `(e164, type, kind, place_key)` of every number, in dialing order |

**`Chunk.phones`** (one row a number, by lead and slot): `lead` (the lead's position in `leads`), `line`, `slot`
(0-9: phone .. phone10), `e164`, `region` and `type` (what phonenumbers says), `kind` (what the list says: home,
work), `place_key`, `jurisdictions`, `zones`, `conflict`, `why`.

**`Chunk.repeated`** (one row a number that another row or the campaign had before, where the row tells of past
business): `line`, `e164`, `last_transaction`, `last_inquiry`.

**`Chunk.stops`**: what any row, duplicate or refused, says of people who must not be called (`campaigns.lists.stops`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from campaigns.lists import cleaning
from campaigns.lists.notes import Notes, Reject
from campaigns.lists.stops import Stop
from campaigns.lists.table import Table
from dnc.places import Policy, places_of
from dnc.places.address import is_unknown_state

__all__ = ["LEAD_COLUMNS", "PHONE_COLUMNS", "Chunk", "lead_frames", "past_business", "repeated_business"]

#: The columns of `Chunk.leads`.
LEAD_COLUMNS: tuple[str, ...] = (
    "line", "external_id", "person_id", "debt_id", "shared", "first_name", "last_name", "email", "address", "city",
    "state", "postal_code", "country", "timezone", "language", "priority", "owner", "consent_basis", "consent_at",
    "consent_ref", "last_transaction", "last_inquiry", "account_id", "creditor", "balance", "currency", "due_date",
    "attorney", "cease", "custom",
    "phone", "place_key", "jurisdictions", "zones", "place_conflict", "phones",
)  # fmt: skip

#: The columns of `Chunk.phones`.
PHONE_COLUMNS: tuple[str, ...] = (
    "lead", "line", "slot", "e164", "region", "type", "kind", "place_key", "jurisdictions", "zones", "conflict", "why",
)  # fmt: skip

_TEXTS = (
    "external_id", "debt_id", "first_name", "last_name", "email", "address", "city", "timezone", "language", "owner",
    "consent_ref", "account_id", "creditor",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Chunk:
    """A part of a list: its leads, their numbers, and what was not loaded of it."""

    leads: pd.DataFrame
    phones: pd.DataFrame
    repeated: pd.DataFrame
    rejects: list[Reject] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)


def _addresses(table: Table, country: pd.Series, keep: NDArray[np.intp], notes: Notes) -> pd.DataFrame:
    """State, postal code, city, country and time zone of the rows at these positions."""
    state, province = table.text("state"), table.text("province")
    state = state.mask(state == "", province)
    american = country.isin(["", "US", "PR", "VI", "GU", "AS", "MP"]).to_numpy()
    postal = cleaning.postal_codes(table.text("postal_code"), american, table.lines, notes)
    frame = pd.DataFrame(
        {
            "country": country,
            "state": state,
            "city": table.text("city"),
            "postal_code": postal,
            "timezone": table.text("timezone"),
        }
    )
    return frame.iloc[keep].reset_index(drop=True)


def lead_frames(
    table: Table,
    country: pd.Series,
    numbers: pd.DataFrame,
    keep: NDArray[np.intp],
    *,
    known_by: pd.Series,
    shared: pd.Series,
    policy: Policy,
    now: datetime,
    notes: Notes,
    bases: Collection[str] | None,
    past: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The leads and phones of the rows at positions `keep` (ascending), which have the `numbers`.

    `country` is the rows' own, empty where not given: a country that only the campaign presumes is no address.
    `known_by` has each row's first good number by its position, also one that an earlier row got: the same number is
    the same person. `shared` has, by position, a number that the row lost to another. `bases` are the bases that
    some rule of consent knows; None: none is questioned. `past` has the days of past business of all rows of the table.
    """
    lines = table.lines[keep]
    position = np.zeros(len(table), dtype=np.int64)
    position[keep] = np.arange(len(keep))
    lead = position[numbers["row"].to_numpy(dtype=np.intp)]

    address = _addresses(table, country, keep, notes)
    places = places_of(numbers["e164"], address.iloc[lead].reset_index(drop=True), policy)
    place = places.frame()
    phones = pd.DataFrame(
        {
            "lead": lead,
            "line": lines[lead],
            "slot": numbers["slot"],
            "e164": numbers["e164"],
            "region": numbers["region"],
            "type": numbers["type"],
            "kind": numbers["kind"],
        }
    )
    phones = pd.concat([phones, place], axis=1)[list(PHONE_COLUMNS)]

    first = np.flatnonzero(~phones["lead"].duplicated().to_numpy())
    columns = {name: table.text(name).iloc[keep].reset_index(drop=True) for name in _TEXTS}
    basis, given = table.text("consent_basis").iloc[keep], table.text("consent_at").iloc[keep]
    basis, at = cleaning.consents(basis.reset_index(drop=True), given.reset_index(drop=True), now, lines, notes, bases)
    own = phones.iloc[first].reset_index(drop=True)
    person = columns["external_id"].mask(columns["external_id"] == "", columns["account_id"])
    household = table.text("household_id").iloc[keep].reset_index(drop=True)
    person = person.mask(household != "", "household " + household)
    conflicts = own["conflict"].to_numpy(dtype=bool)
    if conflicts.any():
        message = "number and address are of different places: the rules and clocks of both apply"
        notes.warn("PLACE_CONFLICT", message, lines[conflicts])
    nowhere = np.array([not zones for zones in own["zones"]], dtype=bool)
    if nowhere.any():
        notes.warn("NO_PLACE", "the place of the number is not known: it is never dialed", lines[nowhere])

    def clean(name: str) -> pd.Series:
        return table.text(name).iloc[keep].reset_index(drop=True)

    home = address["country"].mask(address["country"] == "", own["region"])
    stateless = _unknown_states(home, address["state"])
    if stateless.any():
        notes.warn("STATE_UNKNOWN", "the state is not known and was not used", lines[stateless])
    balance = cleaning.balances(clean("balance"), lines, notes)
    currency = clean("currency").str.upper()
    currency = currency.mask((currency == "") & (balance != "") & (home == "US"), "USD")
    leads = pd.DataFrame(
        {
            **columns,
            "line": lines,
            "person_id": person.mask(person == "", known_by.reindex(pd.Index(keep)).to_numpy()),
            "shared": shared.reindex(pd.Index(keep)).fillna("").to_numpy(),
            "state": address["state"],
            "postal_code": address["postal_code"],
            "country": home,
            "priority": cleaning.priorities(clean("priority"), lines, notes),
            "consent_basis": basis,
            "consent_at": at,
            "last_transaction": past["last_transaction"].iloc[keep].reset_index(drop=True),
            "last_inquiry": past["last_inquiry"].iloc[keep].reset_index(drop=True),
            "balance": balance,
            "currency": currency,
            "due_date": cleaning.due_dates(clean("due_date"), lines, notes),
            "attorney": cleaning.flags(clean("attorney")),
            "cease": cleaning.flags(clean("cease")),
            "custom": cleaning.custom_fields(table.custom(keep), len(keep)),
            "phone": own["e164"],
            "place_key": own["place_key"],
            "jurisdictions": own["jurisdictions"],
            "zones": own["zones"],
            "place_conflict": conflicts,
            "phones": _phone_lists(phones, len(keep)),
        }
    )
    return leads[list(LEAD_COLUMNS)], phones


def past_business(table: Table, now: datetime, notes: Notes) -> pd.DataFrame:
    """The days of the last transaction and the last inquiry of every row of a table."""
    kinds = ("transaction", "inquiry")
    return pd.DataFrame(
        {
            f"last_{kind}": cleaning.past_days(table.text(f"last_{kind}"), kind, now, table.lines, notes)
            for kind in kinds
        }
    )


def repeated_business(table: Table, valid: pd.DataFrame, claimed: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """`Chunk.repeated`: of the valid numbers those that the row did not get."""
    told = (past != "").any(axis="columns").to_numpy()
    valid = valid[told[valid["row"].to_numpy(dtype=np.intp)]]
    got = pd.MultiIndex.from_frame((claimed if len(valid) else claimed[:0])[["row", "e164"]])
    chosen = np.flatnonzero(~pd.MultiIndex.from_frame(valid[["row", "e164"]]).isin(got))
    rows = valid["row"].to_numpy(dtype=np.intp)
    columns = {name: past[name].iloc[rows[chosen]].to_numpy() for name in past}
    return pd.DataFrame({"line": table.lines[rows[chosen]], "e164": valid["e164"].to_numpy()[chosen], **columns})


def _unknown_states(country: pd.Series, state: pd.Series) -> NDArray[np.bool_]:
    """Which rows name a state that their country does not have."""
    keys, pairs = pd.factorize(country + "|" + state)
    unknown = [is_unknown_state(*str(pair).split("|", 1)) for pair in pairs]
    return np.array(unknown, dtype=bool)[keys]


def _phone_lists(phones: pd.DataFrame, leads: int) -> pd.Series:
    """For each lead its `(e164, type, kind, place_key)`, in order."""
    lists: list[list[tuple[str, str, str, str]]] = [[] for _ in range(leads)]
    columns = (phones[name].tolist() for name in ("lead", "e164", "type", "kind", "place_key"))
    for lead, *rest in zip(*columns, strict=True):
        e164, type_, kind, place_key = rest
        lists[lead].append((e164, type_, kind, place_key))
    return pd.Series(lists, dtype=object)
