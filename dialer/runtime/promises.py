"""Promises to pay of some campaigns and what became of them, from the store's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from campaigns.files import Campaign
from dialer.reports.promises import Fate, Paid, Promised, judge_promises, promise_table
from dialer.reports.tally import Promises
from dialer.reports.values import Table
from dialer.store import payments
from dialer.store.transactions import Reading
from dnc import zones

__all__ = ["Judged", "counted", "due_of", "judged", "promises_table"]

#: Money may have been promised to the same account in a call before the report: it takes its share first.
_EARLIER = timedelta(days=366)
_EPOCH, _MICRO = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """One promise of the report and what became of it."""

    said: payments.Promise
    promised: Promised
    fate: tuple[Fate, bool, Decimal]


def judged(tx: Reading, campaigns: Sequence[Campaign], since: datetime, until: datetime) -> list[Judged] | None:
    """Judge the promises made in calls placed in [since, until), as things stand at `until`.

    Promises of the client's other campaigns, and earlier ones, are judged too: they take their share of the money. Of
    a campaign that is not given the days of grace are those of one that is.

    Returns:
        None while none of the clients has reported a payment: then nobody knows what was kept. Of several clients
        those who reported none are left out.
    """
    by_name = {each.name: each for each in campaigns}
    found: list[Judged] = []
    any_paid = False
    for client in sorted({each.client for each in campaigns}):
        paid = payments.of_client(tx, client)
        if not paid:  # nobody knows, so nothing is asked: every call of a year would be looked through
            continue
        any_paid = True
        own = next(each for each in campaigns if each.client == client)
        said = payments.promises(tx, client, since - _EARLIER, until)
        promised = [_promised(each, by_name.get(each.campaign, own)) for each in said]
        money = [Paid(frozenset(each.account.items()), each.paid_on, each.amount, each.currency) for each in paid]
        fates = judge_promises(promised, money, until.astimezone(_zone(own)).date())
        found += [
            Judged(one, what, fate)
            for one, what, fate in zip(said, promised, fates, strict=True)
            if one.placed_at >= since and one.campaign in by_name
        ]
    return found if any_paid else None


def due_of(told: Sequence[Judged] | None) -> list[tuple[str, int, int, bool]]:
    """The promises whose days are over, as `dialer.store.column_counts.Counts` wants them."""
    return [
        (each.said.campaign, each.said.lead_id, (each.said.placed_at - _EPOCH) // _MICRO, each.fate[0] == "kept")
        for each in told or ()
        if each.fate[1]
    ]


def counted(told: Sequence[Judged] | None) -> Promises | None:
    """The promises whose days are over, counted; None while payments are not known."""
    if told is None:
        return None
    due = [each.fate[0] == "kept" for each in told if each.fate[1]]
    return Promises(len(due), sum(due))


def promises_table(told: Sequence[Judged] | None) -> Table | None:
    """The table of promises; None while payments are not known."""
    return None if told is None else promise_table([each.promised for each in told], [each.fate for each in told])


def _zone(campaign: Campaign) -> tzinfo:
    name = campaign.hours.timezone
    return UTC if name == "UTC" else zones.zone(name)


def _promised(said: payments.Promise, campaign: Campaign) -> Promised:
    made = said.made_at.astimezone(_zone(campaign)).date()
    names = frozenset((kind, name) for kind, name in said.account.items() if name)
    return Promised(said.campaign, names, made, said.due, campaign.promise_grace_days, said.amount, said.currency)
