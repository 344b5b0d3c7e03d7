"""Columns of contacts through the same rules: each distinct situation is evaluated once, never each row.

*Theory of operation.* Everything a rule looks at, except past calls, is reduced to a few codes per row; rows with
equal codes are one situation, and the rules are asked once for it (see `dnc.gate.screener`). Frequency caps are
cutoff instants (see `dnc.gate.caps`), so past calls are counted for whole columns at once. Rows with personal blocks
are evaluated one by one; they are few. `check` and `screen` agree row by row (property test).

*Columns of `frame`* (index kept; text columns may hold missing values, which mean ""):

| column | meaning |
|---|---|
| `number` | E.164; required, or `digits`: the same without plus, 0 for none |
| `number_ok` | bool: `parse_lead_numbers` found it good; without the column it is parsed here |
| `place_key` | `Place.key`, or the two columns `jurisdictions` and `zones` (comma-separated); required |
| `scope`, `mode` | as in `ProposedCall`; required |
| `campaign`, `client`, `person`, `debt`, `subject`, `line_type`, `number_kind` | text, as in `ProposedCall` |
| `agent_guaranteed` | bool |
| `consent_basis`, `consent_waives` (comma-separated) | text |
| `consent_given_at`, `consent_revoked_at` | instants |
| `last_transaction`, `last_inquiry` | dates |
| `sector`, `authorisation` | text, as in `ProposedCall` |
| `rnd` | `yes`, `no`, `no_data`, `missing`; "" when not asked |
| `rnd_since`, `rnd_obtained` | dates: what the query named, when the answer came |
| `listed_<kind>` | bool: on that list, whichever one of `lists` binds at the row's place; kinds in `LISTED` |

*Columns of `history`*: `at` (instants), `kind`, and optional `number`, `person`, `debt`, `subject`,
`campaign`, `number_kind` (text), `counts` (bool). Every event must name a number or a person.

*Columns returned*, in the order of `frame`: `allowed` (bool), `codes` (category: the codes of
`Verdict.reasons`, comma-separated; `ALLOW` when allowed), `opens` (UTC; when a closed place opens by its
clock alone, else NaT).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from dnc.gate.columns import LISTED, Contacts
from dnc.gate.evaluate import evaluate
from dnc.gate.facts import Facts, Policy
from dnc.gate.screen_caps import Caps, Past
from dnc.gate.screener import Answers, Screener, Told, rnd_reply
from dnc.rules import Rulebook
from dnc.values import Block, ListEvidence

__all__ = ["screen"]


def screen(
    book: Rulebook,
    frame: pd.DataFrame,
    at: datetime,
    *,
    lists: Sequence[ListEvidence] = (),
    history: pd.DataFrame | None = None,
    blocks: Mapping[str, Sequence[Block]] | None = None,
    policy: Policy | None = None,
) -> pd.DataFrame:
    """The verdicts on columns of contacts at one instant; see the module for the columns.

    `lists` tells which lists were consulted, with their age and state; whether a number is on them is in
    the frame. `blocks` are personal blocks by number. Raises `ValueError` for a naive `at` and for missing
    columns.
    """
    screener, contacts = Screener(book, at, policy), Contacts(frame)
    contacts.require()
    judged = screener.judge(contacts, _flags(contacts, lists))
    answers, result = screener.answers, judged.answer
    pairs = Past(history).pairs(contacts) if history is not None and len(frame) else None
    if pairs is not None:
        for rows, code in Caps(book, screener.at, screener.policy).broken(contacts, pairs):
            known, which = np.unique(result[rows], return_inverse=True)
            result[rows] = np.array([answers.longer(k, code) for k in known.tolist()])[which]
    for position in _blocked_rows(contacts, blocks or {}):
        call = contacts.call(position)
        facts = Facts(
            contacts.lists(position, lists),
            history=() if pairs is None else pairs.events_of(position),
            blocks=(blocks or {})[call.number],
            rnd=rnd_reply(contacts, position),
        )
        result[position] = answers.of(evaluate(book, call, facts, screener.at, screener.policy, with_next=False))
    return pd.DataFrame(
        {
            "allowed": result == Answers.ALLOWED,
            "codes": pd.Categorical.from_codes(result, categories=pd.Index(answers.texts(), dtype="str")),
            "opens": pd.DatetimeIndex(screener.opens(judged, np.arange(contacts.size))).tz_localize("UTC"),
        },
        index=frame.index,
    )


def _flags(contacts: Contacts, lists: Sequence[ListEvidence]) -> Told:
    """What the columns `listed_<kind>` say; which lists they speak of, the place decides."""
    codes, names = contacts.text("place_key")
    for kind in LISTED:
        codes = codes * 2 + contacts.flag(f"listed_{kind}")
    return Told(codes, len(names) * 2 ** len(LISTED), lambda row: contacts.lists(row, lists))


def _blocked_rows(contacts: Contacts, blocks: Mapping[str, Sequence[Block]]) -> list[int]:
    if not blocks:
        return []
    codes, names = contacts.text("number")
    blocked = np.fromiter((name in blocks for name in names), dtype=bool, count=len(names))
    return [int(i) for i in np.flatnonzero(blocked[codes])]
