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
from dialer.store import screening
from dialer.store.blocks import StoredBlock
from dialer.store.consents import NO_GRANT, proof_of
from dialer.store.transactions import Reading
from dnc.gate import Policy
from dnc.gate.caps import history_since
from dnc.numbers import parse_lead_numbers
from dnc.rules import Rulebook

__all__ = ["CHUNK", "CampaignFacts", "digits_of", "numbers_of"]

#: Numbers judged together.
CHUNK = 250_000
_FLAGS = {"company": "listed_internal", "client": "listed_client", "campaign": "listed_campaign"}


@dataclass(frozen=True, eq=False)
class CampaignFacts:
    """What holds for the whole campaign, read once: rows of its numbers in the ledgers, past calls, blocks."""

    campaign: Campaign
    consents: pd.DataFrame  # by number: basis, given_at, revoked_at, waives, as they stand
    listed: dict[str, frozenset[str]]  # column -> numbers on that internal list
    patterns: tuple[str, ...]
    history: pd.DataFrame
    blocks: tuple[StoredBlock, ...]

    @classmethod
    def read(cls, tx: Reading, campaign: Campaign, book: Rulebook, policy: Policy, at: datetime) -> CampaignFacts:
        """Read them at an instant.

        Raises:
            StoreError: the database refuses.
        """
        since = history_since(book.caps, policy.caps, at)
        return cls(
            campaign,
            _standing(screening.consent_rows(tx, campaign.name, campaign.client), campaign.scope),
            _listed(screening.suppression_rows(tx, campaign.name, campaign.client), at),
            tuple(screening.patterns(tx, at)),
            screening.past_events(tx, campaign.client, since),
            tuple(each for each in stored_blocks.every(tx) if each.block.until is None or each.block.until > at),
        )


def numbers_of(tx: Reading, facts: CampaignFacts) -> Iterator[pd.DataFrame]:
    """The campaign's numbers with everything known of them, chunk by chunk, ready for `dnc.gate.screen`."""
    after = 0
    while len(frame := screening.contacts(tx, facts.campaign.name, after, CHUNK)):
        after = int(frame["phone_id"].iloc[-1])
        yield _complete(frame, facts)


def digits_of(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """The numbers without their plus; 0 for what is no E.164 number."""
    text = frame["number"].astype("str")
    good = text.str.fullmatch(r"\+[1-9][0-9]{6,14}").to_numpy(dtype=bool)
    found = np.zeros(len(frame), dtype=np.uint64)
    found[good] = text[good].str[1:].astype("uint64").to_numpy()
    return found


def _complete(frame: pd.DataFrame, facts: CampaignFacts) -> pd.DataFrame:
    """Add the columns that the campaign, the ledgers and the lists give."""
    campaign = facts.campaign
    for name, text in (
        ("scope", campaign.scope),
        ("mode", campaign.dialing.mode),
        ("campaign", campaign.name),
        ("client", campaign.client),
        ("subject", campaign.subject),
    ):
        frame[name] = text
    parsed = parse_lead_numbers(frame["number"])
    same = (parsed["e164"].astype("str").fillna("") == frame["number"]).to_numpy(dtype=bool)
    frame["number_ok"] = (parsed["code"].astype("str") == "OK").to_numpy(dtype=bool) & same
    frame["consent_waives"] = _joined(frame.pop("waives"))
    for name in ("last_transaction", "last_inquiry"):
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d", utc=True)
    _recorded(frame, facts.consents)
    for column, numbers in facts.listed.items():
        frame[column] = frame["number"].isin(numbers).to_numpy(dtype=bool)
    frame["listed_areacode"] = _in_area(digits_of(frame), facts.patterns)
    return frame


def _recorded(frame: pd.DataFrame, consents: pd.DataFrame) -> None:
    """Put what the ledger says in the place of what the list said, unless the list knows of a revocation."""
    if not len(consents):
        return
    given, revoked = frame["consent_given_at"], frame["consent_revoked_at"]
    ended = (frame["consent_basis"] == "revoked") | (revoked.notna() & (given.isna() | (given <= revoked)))
    rows = np.flatnonzero(frame["number"].isin(consents.index).to_numpy(dtype=bool) & ~ended.to_numpy(dtype=bool))
    known = consents.loc[frame["number"].iloc[rows]]
    for name, source in (
        ("consent_basis", "basis"),
        ("consent_given_at", "given_at"),
        ("consent_revoked_at", "revoked_at"),
        ("consent_waives", "waives"),
    ):
        column = frame[name].copy()
        column.iloc[rows] = known[source].to_numpy()
        frame[name] = column


def _standing(rows: pd.DataFrame, scope: str) -> pd.DataFrame:
    """What stands for each number, as `dialer.store.consents.folded` says of one."""
    rows["ended"] = rows["revoked_at"].where(rows["revoked_at"].notna() | (rows["basis"] != "revoked"), rows["at"])
    over = rows.groupby("number")["ended"].max()
    scopes = {source: proof_of(source).scopes for source in rows["source"].unique()}
    fits = rows["source"].map({source: not found or scope in found for source, found in scopes.items()}).astype("bool")
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
    return found


def _joined(waives: pd.Series) -> pd.Series:
    """JSON lists of names as text with commas."""
    distinct = {text: ",".join(json.loads(text)) for text in waives.unique()}
    return waives.map(distinct).astype("str")


def _listed(rows: pd.DataFrame, at: datetime) -> dict[str, frozenset[str]]:
    """The numbers on each internal list: the newest row of a number, scope and scope id is in force."""
    last = rows.drop_duplicates(["number", "scope", "scope_id"], keep="last")
    on = last[(last["action"] == "add") & (last["expires_at"].isna() | (last["expires_at"] > at))]
    return {column: frozenset(on.loc[on["scope"] == scope, "number"]) for scope, column in _FLAGS.items()}


def _in_area(digits: NDArray[np.uint64], patterns: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which numbers fall under a pattern such as +1201XXXXXXX."""
    found = np.zeros(len(digits), dtype=bool)
    for pattern in patterns:
        prefix = pattern[1:].rstrip("X")
        size = np.uint64(10 ** (len(pattern) - 1 - len(prefix)))
        found |= digits // size == np.uint64(int(prefix))
    return found
