"""Which rows of a list are not loaded because somebody has them already: other campaigns, or calls of the past.

A campaign has a number once, always. Beyond it: `client` keeps out numbers of other campaigns of the same client,
`system` those of every campaign. And by outcome: numbers whose calls for the client, ours or imported ones, converted,
refused or reached somebody within some days. Each row kept out is in the reject file, with where the first one is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from campaigns.files import Campaign
from dialer.store import list_known
from dialer.store.database import Store
from dialer.store.lists import NewLead

__all__ = ["CAMPAIGN", "Dedupe", "Outcome", "Scope"]

Scope = Literal["list", "campaign", "client", "system"]
Outcome = Literal["converted", "refused", "reached"]
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Dedupe:
    """What keeps a row out: the scope, and outcomes within so many days."""

    scope: Scope = "campaign"
    outcomes: frozenset[Outcome] = frozenset()
    days: int = 0

    def fresh(
        self,
        store: Store,
        campaign: Campaign,
        leads: Iterable[NewLead],
        at: datetime,
        refuse: Callable[[int, str, str], None],
    ) -> Iterator[NewLead]:
        """The rows that may be loaded, each with those of its numbers that nobody else has.

        Args:
            store: what is known.
            campaign: which the list is for.
            leads: the rows, in order.
            at: now.
            refuse: told line, code and message of each row that is kept out.
        """
        if self.scope in ("list", "campaign") and not self.outcomes:
            yield from leads
            return
        rows = iter(leads)
        while batch := list(islice(rows, _AT_ONCE)):
            yield from self._of_batch(store, campaign, batch, at, refuse)

    def _of_batch(
        self,
        store: Store,
        campaign: Campaign,
        batch: list[NewLead],
        at: datetime,
        refuse: Callable[[int, str, str], None],
    ) -> Iterator[NewLead]:
        numbers = list({phone.number for lead in batch for phone in lead.phones})
        with store.reading() as tx:
            had = {} if self.scope in ("list", "campaign") else list_known.elsewhere(
                tx, numbers, campaign.name, campaign.client if self.scope == "client" else None
            )  # fmt: skip
            since = at - timedelta(days=self.days)
            said = list_known.outcomes(tx, numbers, campaign.client, since) if self.outcomes else {}
        for lead in batch:
            done = next(
                (
                    (outcome, when)
                    for phone in lead.phones
                    for outcome, when in said.get(phone.number, ())
                    if outcome in self.outcomes
                ),
                None,
            )
            if done is not None:
                refuse(lead.line, "OUTCOME", f"{done[0]} on {done[1]:%Y-%m-%d} in a campaign of {campaign.client}")
                continue
            left = [phone for phone in lead.phones if phone.number not in had]
            if len(left) == len(lead.phones):
                yield lead
                continue
            where = next(had[phone.number] for phone in lead.phones if phone.number in had)
            if left:
                yield dataclasses.replace(lead, phones=left)
            else:
                refuse(lead.line, "IN_CLIENT" if self.scope == "client" else "IN_SYSTEM", f"the number is in {where}")


#: What every load keeps out.
CAMPAIGN = Dedupe()
