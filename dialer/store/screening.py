"""What the gate has to know of a whole campaign, as columns: for previews, never for a dial.

The same facts as `dialer.store.calls` and `dialer.store.facts` give of one call, read for thousands at once. A test
holds that the two agree.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Text, and_, cast, func, literal_column, or_, select

from dialer.engine.states import TALKED
from dialer.store import imported as _imported
from dialer.store.frames import frame_of
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import consent as _consent
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.schema import place as _place
from dialer.store.schema import suppression as _suppression
from dialer.store.transactions import Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["consent_rows", "contacts", "count_phones", "past_events", "patterns", "suppression_rows"]


def count_phones(tx: Reading, campaign: str) -> int:
    """Return how many numbers the campaign has."""
    query = select(func.count()).select_from(_phone).where(_phone.c.campaign == campaign)
    return int(tx.connection.execute(query).scalar_one())


def contacts(tx: Reading, campaign: str, after: int, count: int) -> pd.DataFrame:
    """Return up to `count` numbers with a phone id above `after`, in the order of their ids.

    Columns: phone_id, lead_id, number, number_kind, line_type, bad, place_key, person, debt, status, status_why,
    next_at, consent_basis, consent_given_at, consent_revoked_at, waives (JSON text).

    The table is read in the order of its ids, from the campaign's first to its last: by the index of the campaign all
    its numbers would be sorted for every portion, which for a million takes ten times as long.
    """
    ends = select(func.min(_phone.c.phone_id), func.max(_phone.c.phone_id)).where(_phone.c.campaign == campaign)
    first, last = tx.connection.execute(ends).one()
    query = (
        select(
            _phone.c.phone_id,
            _phone.c.lead_id,
            _phone.c.number,
            _phone.c.kind.label("number_kind"),
            _phone.c.line_type,
            _phone.c.bad,
            _place.c.key.label("place_key"),
            _lead.c.person_id.label("person"),
            _lead.c.debt_id.label("debt"),
            _lead.c.status,
            _lead.c.status_why,
            _lead.c.next_at,
            _lead.c.consent_basis,
            _lead.c.consent_at.label("consent_given_at"),
            _lead.c.consent_revoked_at,
            cast(_lead.c.consent_waives, Text).label("waives"),
        )
        .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
        .join(_place, _place.c.place_id == _phone.c.place_id)
        .where(
            _phone.c.campaign.concat("") == campaign,  # not the bare column: see above
            _phone.c.phone_id > max(after, (first or 1) - 1),
            _phone.c.phone_id <= (last or 0),
        )
        .order_by(_phone.c.phone_id)
        .limit(count)
    )
    found = frame_of(tx, query)
    found["place_key"] = found["place_key"].str.removesuffix("!")  # the mark of a conflict is no zone's
    return found


def consent_rows(tx: Reading, campaign: str, client: str, *, loaded: bool = True) -> pd.DataFrame:
    """Return the consent ledger's rows that concern the client, in the order of recording.

    Those of the campaign's loaded numbers only, unless `loaded` is false. Columns: consent_id, number, basis,
    given_at, revoked_at, waives and scopes (JSON text), recorded_at.
    """
    query = (
        select(
            _consent.c.consent_id,
            _consent.c.number,
            _consent.c.basis,
            _consent.c.given_at,
            _consent.c.revoked_at,
            cast(_consent.c.waives, Text).label("waives"),
            cast(_consent.c.scopes, Text).label("scopes"),
            _consent.c.recorded_at,
        )
        .where(or_(_consent.c.client == client, _consent.c.client == ""))
        .order_by(_consent.c.consent_id)
    )
    if loaded:
        query = query.join(_phone, and_(_phone.c.number == _consent.c.number, _phone.c.campaign == campaign))
    return frame_of(tx, query)


def suppression_rows(tx: Reading, campaign: str, client: str, *, loaded: bool = True) -> pd.DataFrame:
    """Return the rows of the internal lists that bind the campaign, in the order of recording.

    Those of its loaded numbers only, unless `loaded` is false. Columns: suppression_id, number, scope, scope_id,
    action, expires_at.
    """
    t = _suppression
    query = (
        select(t.c.suppression_id, t.c.number, t.c.scope, t.c.scope_id, t.c.action, t.c.expires_at)
        .where(
            or_(
                t.c.scope == "company",
                and_(t.c.scope == "client", t.c.scope_id == client),
                and_(t.c.scope == "campaign", t.c.scope_id == campaign),
            )
        )
        .order_by(t.c.suppression_id)
    )
    if loaded:
        query = query.join(_phone, and_(_phone.c.number == t.c.number, _phone.c.campaign == campaign))
    return frame_of(tx, query)


def patterns(tx: Reading, at: datetime) -> list[str]:
    """Return the area-code patterns in force, such as +1201XXXXXXX."""
    t = _suppression
    query = select(t.c.number, t.c.action, t.c.expires_at).where(t.c.scope == "areacode").order_by(t.c.suppression_id)
    standing: dict[str, None] = {}
    for row in tx.connection.execute(query):
        if row.action == "remove":
            standing.pop(row.number, None)
        elif row.expires_at is None or row.expires_at > at:
            standing[row.number] = None
    return list(standing)


def past_events(tx: Reading, client: str, since: datetime) -> pd.DataFrame:
    """Return what happened in every campaign of the client to calls placed since then, as `dnc.gate.screen` reads it.

    Columns: at, kind, number, person, debt, subject, campaign, number_kind, counts.
    """
    import pandas as pd

    t = _attempt
    shared = (
        t.c.number,
        t.c.person_id.label("person"),
        t.c.debt_id.label("debt"),
        t.c.subject,
        t.c.campaign,
        _phone.c.kind.label("number_kind"),
        t.c.counts,
    )
    where = (t.c.client == client, t.c.placed_at >= since)
    of_phone = _phone.c.phone_id == t.c.phone_id
    calls = frame_of(
        tx,
        select(*shared, t.c.placed_at, t.c.answered_at, t.c.bridged_at, t.c.ended_at, t.c.result, t.c.amd_machine)
        .join(_phone, of_phone)
        .where(*where),
    )
    refusals = frame_of(
        tx,
        select(*shared, _disposition.c.at.label("placed_at"))
        .join(_phone, of_phone)
        .join(_disposition, _disposition.c.call_id == t.c.call_id)
        .where(*where, cast(_disposition.c.flags, Text).like(literal_column("'%\"refusal\"%'"))),
    )
    told = calls["bridged_at"].notna() & (calls["result"].isna() | calls["result"].isin(list(TALKED)))
    dropped = ~told & (calls["result"] == "abandoned").fillna(value=False)
    over = calls["ended_at"].fillna(calls["answered_at"]).fillna(calls["placed_at"])
    names = [column.key for column in shared]
    parts = [
        calls[names].assign(at=calls["placed_at"], kind="attempt"),
        calls.loc[told, names].assign(at=calls["ended_at"].fillna(calls["bridged_at"])[told], kind="conversation"),
        calls.loc[dropped, names].assign(at=over[dropped], kind="abandoned"),
        calls.loc[calls["amd_machine"], names].assign(at=over[calls["amd_machine"]], kind="amd_machine"),
        refusals[names].assign(at=refusals["placed_at"], kind="refusal"),
        _imported.event_rows(tx, client, since),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
