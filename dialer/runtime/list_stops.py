"""What contact lists say of people who must not be called, written where every dial looks.

A lead that is loaded carries what its own row says. But the same person may be in the campaign from an earlier list, or
in another campaign of the same client; and what a later list says of them comes in a row that is a duplicate. So a
revocation goes into the consent ledger, and an attorney or a demand to cease puts the person's numbers on the client's
do-not-call list: both hold on the very next dial, for every campaign of the client.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from campaigns.files import Campaign
from campaigns.lists.stops import Stop
from dialer.store import consents, people, suppressions
from dialer.store.transactions import Writing
from dnc.rules import Rulebook
from dnc.rules.deadlines import opt_out_deadline
from dnc.values import Consent

__all__ = ["note_stops"]

_REASONS = {
    "attorney": "represented by an attorney (15 U.S.C. 1692c(a)(2))",
    "cease": "asked that contact cease (15 U.S.C. 1692c(c))",
}


def note_stops(
    tx: Writing, campaign: Campaign, stops: Sequence[Stop], *, book: Rulebook, file_name: str, by: str, at: datetime
) -> int:
    """Write down what a list says; what stands already is passed over. Returns how many entries were written.

    A revocation counts from this moment: the date in a list may be that of the consent which it ends.

    Args:
        tx: the transaction to write in.
        campaign: whose list it is.
        stops: of the list.
        book: says how soon a revocation must be honoured.
        file_name: of the list, which is the source.
        by: who loads it.
        at: when.
    """
    written = 0
    for stop in stops:
        source = f"list {file_name}, line {stop.line}"
        if stop.why == "revoked":
            known = consents.standing(tx, stop.number, campaign.client)
            if known is None or known.basis != "revoked":
                said = consents.Statement(
                    stop.number,
                    campaign.client,
                    Consent("revoked", None, at),
                    reason="a contact list says so",
                    honour_by=opt_out_deadline(book, at.astimezone(UTC).date()),
                    source=source,
                )
                consents.record(tx, [said], by=by, at=at)
                written += 1
            continue
        for number in _of_person(tx, stop.number, campaign.client):
            standing = suppressions.in_force(tx, number, client=campaign.client, campaign="", at=at)
            if not any(entry.number == number and entry.expires_at is None for entry in standing):
                suppressions.add(
                    tx, number, reason=_REASONS[stop.why], source=source, by=by, at=at,
                    scope="client", scope_id=campaign.client,
                )  # fmt: skip
                written += 1
    return written


def _of_person(tx: Writing, number: str, client: str) -> list[str]:
    """The number, and those of the client's leads that have it: the person asked, not the telephone."""
    leads = [lead for lead in people.leads_with(tx, number) if lead["client"] == client]
    return list(dict.fromkeys([number, *(phone["number"] for lead in leads for phone in lead["phones"])]))
