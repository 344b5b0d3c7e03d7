"""Leads by the list that brought them and by language: what reports group calls by, and L, the number of leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Integer, func, literal_column, select

from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading

__all__ = ["leads_of", "sizes"]

_LEADS = Prepared(
    select(_lead.c.lead_id, _lead.c.list_id, _lead.c.language, _lead.c.campaign).where(Among(_lead.c.campaign, "names"))
)
_LISTS = Prepared(select(_list.c.list_id, _list.c.file_name).where(Among(_list.c.campaign, "names")))
_SIZES = Prepared(
    select(_lead.c.campaign, literal_column("0", Integer), func.count())
    .where(Among(_lead.c.campaign, "names"))
    .group_by(_lead.c.campaign)
)
_SIZES_BY_LIST = Prepared(
    select(_lead.c.campaign, _lead.c.list_id, func.count())
    .where(Among(_lead.c.campaign, "names"))
    .group_by(_lead.c.campaign, _lead.c.list_id)
)


def leads_of(tx: Reading, languages: Mapping[str, str]) -> list[tuple[int, str, str]]:
    """Return each lead's number, its list (number and file name) and its language.

    Args:
        tx: the transaction to read in.
        languages: of each campaign, by name: of leads whose list names none.
    """
    names = list(languages)
    lists = _list_names(tx, names)
    return [
        (lead_id, lists[list_id], language or languages[campaign])
        for lead_id, list_id, language, campaign in _LEADS.rows(tx, names=names)
    ]


def sizes(tx: Reading, names: Sequence[str], *, by_list: bool) -> dict[tuple[str, str], int]:
    """Return the number of leads of each campaign, or of each of its lists, by (campaign, list); list "" for all."""
    if not by_list:
        return {(campaign, ""): int(leads) for campaign, _, leads in _SIZES.rows(tx, names=list(names))}
    lists = _list_names(tx, names)
    rows = _SIZES_BY_LIST.rows(tx, names=list(names))
    return {(campaign, lists[list_id]): int(leads) for campaign, list_id, leads in rows}


def _list_names(tx: Reading, names: Sequence[str]) -> dict[int, str]:
    """What lists are called: their number, which is unique, and the file."""
    return {list_id: f"{list_id}: {file_name}" for list_id, file_name in _LISTS.rows(tx, names=list(names))}
