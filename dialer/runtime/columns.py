"""The facts of a campaign's numbers as columns for `dnc.gate.screen`: lists, consent, past calls, blocks.

The same facts that `StoreFacts` reads for one call inside a dial, for thousands at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from campaigns.files import Campaign
from dialer.store import blocks as stored_blocks
from dialer.store import relationships, screening
from dialer.store.blocks import StoredBlock
from dialer.store.consents import NO_GRANT
from dialer.store.transactions import Reading
from dnc.coding import Coded, constant
from dnc.gate import Policy
from dnc.gate.caps import history_since
from dnc.gate.columns import Column, Columns, Contacts, number_keys, texts_of
from dnc.gate.screen_caps import Past
from dnc.lookup import Lookup
from dnc.numbers.cells import e164_digits
from dnc.numbers.columns import read_lead_numbers
from dnc.rules import Rulebook

__all__ = ["CHUNK", "CampaignFacts", "Stated", "completed", "numbers_of"]

#: Numbers judged together.
CHUNK = 250_000
_FLAGS = {"company": "listed_internal", "client": "listed_client", "campaign": "listed_campaign"}


@dataclass(frozen=True, eq=False)
class Stated:
    """What an append-only record says of numbers as it stands."""

    rows: pd.DataFrame
    numbers: Lookup  # digits of each row's number


@dataclass(frozen=True, eq=False)
class CampaignFacts:
    """What holds for the whole campaign, read once: numbers in the ledgers and on own lists, past calls, blocks."""

    campaign: Campaign
    consents: Stated  # basis, given_at, revoked_at, waives
    business: Stated  # last_transaction, last_inquiry
    listed: dict[str, Lookup]  # column -> digits of the numbers on that internal list
    patterns: tuple[str, ...]
    past: Past
    blocks: tuple[StoredBlock, ...]

    @classmethod
    def read(
        cls, tx: Reading, campaign: Campaign, book: Rulebook, policy: Policy, at: datetime, *, loaded: bool = True
    ) -> CampaignFacts:
        """Read them at an instant: for the campaign's loaded numbers, or for whatever numbers there may be.

        Raises:
            StoreError: the database refuses.
        """
        since = history_since(book.caps, policy.caps, at)
        return cls(
            campaign,
            _standing(screening.consent_rows(tx, campaign.name, campaign.client, loaded=loaded), campaign.scope),
            _business(relationships.standing_rows(tx, campaign.name, campaign.client, loaded=loaded)),
            _listed(screening.suppression_rows(tx, campaign.name, campaign.client, loaded=loaded), at),
            tuple(screening.patterns(tx, at)),
            Past(screening.past_events(tx, campaign.client, since)),
            tuple(each for each in stored_blocks.every(tx) if each.block.until is None or each.block.until > at),
        )


def numbers_of(tx: Reading, facts: CampaignFacts) -> Iterator[pd.DataFrame]:
    """The campaign's loaded numbers, chunk by chunk, as `completed` wants them."""
    after = 0
    while len(frame := screening.contacts(tx, facts.campaign.name, after, CHUNK)):
        after = int(frame["phone_id"].iloc[-1])
        numbers = texts_of(frame["number"])
        parsed = read_lead_numbers(numbers)
        frame["digits"] = e164_digits(numbers)
        frame["number_ok"] = parsed.ok & (parsed.digits == frame["digits"])
        frame["consent_waives"] = _joined(frame.pop("waives"))
        yield frame


def completed(columns: Columns, facts: CampaignFacts) -> Contacts:
    """Add what the campaign, the ledgers and the lists give to the columns of some numbers.

    Of `dnc.gate.screen`'s columns there must be `digits`, `number_ok`, `place_key` and those of the consent; what the
    list knows beyond is taken as it is.
    """
    campaign = facts.campaign
    contacts = Contacts(columns)
    digits = contacts.number_keys()
    said = {
        "scope": campaign.scope,
        "mode": campaign.call_mode,
        "campaign": campaign.name,
        "client": campaign.client,
        "subject": campaign.subject,
    }
    if campaign.sector:
        said |= {"sector": campaign.sector, "authorisation": campaign.seller.authorisation}
    found = {
        **columns,
        **{name: constant(text, contacts.size) for name, text in said.items()},
        **_recorded(contacts, facts.consents),
        **_related(digits, facts.business),
        **{column: numbers.holds(digits) for column, numbers in facts.listed.items()},
        "listed_areacode": _in_area(digits, facts.patterns),
    }
    return Contacts(found)


def _recorded(contacts: Contacts, consents: Stated) -> dict[str, Column]:
    """What the ledger says in the place of what the list said, unless the list knows of a revocation."""
    rows, found = consents.numbers.pairs(contacts.number_keys())
    if not len(rows):
        return {}
    basis = contacts.text("consent_basis")
    given, revoked = (contacts.time(name).copy() for name in ("consent_given_at", "consent_revoked_at"))
    taken_back = np.array([name == "revoked" for name in basis.names], dtype=bool)[basis.codes[rows]]
    over = ~np.isnat(revoked[rows]) & (np.isnat(given[rows]) | (given[rows] <= revoked[rows]))
    rows, known = rows[~(taken_back | over)], consents.rows.iloc[found[~(taken_back | over)]]
    theirs = Contacts(known)
    given[rows], revoked[rows] = theirs.time("given_at"), theirs.time("revoked_at")
    return {
        "consent_basis": _replaced(basis, rows, theirs.text("basis")),
        "consent_waives": _replaced(contacts.text("consent_waives"), rows, theirs.text("waives")),
        "consent_given_at": given,
        "consent_revoked_at": revoked,
    }


def _related(digits: NDArray[np.uint64], business: Stated) -> dict[str, Column]:
    """The last transaction and inquiry of each number's owner."""
    rows, found = business.numbers.pairs(digits)
    if not len(rows):
        return {}
    known = Contacts(business.rows.iloc[found])
    days: dict[str, Column] = {}
    for name in ("last_transaction", "last_inquiry"):
        days[name] = np.full(len(digits), np.datetime64("NaT"), dtype="datetime64[us]")
        days[name][rows] = known.time(name)
    return days


def _replaced(column: Coded, rows: NDArray[np.intp], other: Coded) -> Coded:
    """A column with other texts in some rows."""
    codes = column.codes.copy()
    codes[rows] = other.codes + len(column.names)
    return Coded(codes, [*column.names, *other.names])


def _standing(rows: pd.DataFrame, scope: str) -> Stated:
    """What stands for each number, as `dialer.store.consents.folded` says of one."""
    undated = rows["revoked_at"].isna() & (rows["basis"] == "revoked")
    rows["ended"] = rows["revoked_at"].mask(undated, rows["recorded_at"])
    over = rows.groupby("number")["ended"].max()
    scopes = {text: json.loads(text) for text in rows["scopes"].unique()}
    fits = rows["scopes"].map({text: not found or scope in found for text, found in scopes.items()}).astype("bool")
    grants = rows[fits & ~rows["basis"].isin(NO_GRANT)]
    order = grants.assign(when=grants["given_at"].fillna(pd.Timestamp(0, tz="UTC"))).sort_values(["when", "consent_id"])
    last = order.drop_duplicates("number", keep="last").set_index("number")
    numbers = over[over.notna()].index.union(last.index)
    found = last.reindex(numbers)[["basis", "given_at", "waives"]]
    found["revoked_at"] = over.reindex(numbers)
    stands = found["basis"].notna() & (found["revoked_at"].isna() | (found["given_at"] > found["revoked_at"]))
    found["basis"] = found["basis"].where(stands, "revoked").astype("str")
    found["given_at"] = found["given_at"].where(stands)
    found["waives"] = _joined(found["waives"].fillna("[]"))
    return Stated(found, _digits_of(numbers))


def _business(rows: pd.DataFrame) -> Stated:
    """The relationships that nothing has ended."""
    return Stated(rows, _digits_of(rows.index))


def _joined(waives: pd.Series) -> pd.Series:
    """JSON lists of names as text with commas."""
    distinct = {text: ",".join(json.loads(text)) for text in waives.unique()}
    return waives.map(distinct).astype("str")


def _listed(rows: pd.DataFrame, at: datetime) -> dict[str, Lookup]:
    """The numbers on each internal list: what was added, has not expired, and was not removed since."""
    lifted = rows["suppression_id"].where(rows["action"] == "remove")
    since = lifted.groupby([rows["number"], rows["scope"], rows["scope_id"]]).transform("max").fillna(0)
    on = rows[(rows["suppression_id"] > since) & (rows["expires_at"].isna() | (rows["expires_at"] > at))]
    return {column: _digits_of(on.loc[on["scope"] == scope, "number"]) for scope, column in _FLAGS.items()}


def _digits_of(numbers: pd.Series | pd.Index) -> Lookup:
    """Numbers to look for; one that is not written as E.164 is nobody's."""
    return Lookup(number_keys(texts_of(pd.Series(numbers, dtype="str"))))


def _in_area(digits: NDArray[np.uint64], patterns: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which numbers fall under a pattern such as +1201XXXXXXX."""
    found = np.zeros(len(digits), dtype=bool)
    for pattern in patterns:
        prefix = pattern[1:].rstrip("X")
        size = np.uint64(10 ** (len(pattern) - 1 - len(prefix)))
        found |= digits // size == np.uint64(int(prefix))
    return found
