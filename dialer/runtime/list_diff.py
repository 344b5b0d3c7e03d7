"""What a load would do, without doing it: the difference between a file and what a campaign has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from campaigns.files import Campaign
from campaigns.lists import ContactList
from campaigns.workspace import Workspace
from dialer.runtime.asking import open_rulebook
from dialer.runtime.consents import bases
from dialer.runtime.list_dedupe import CAMPAIGN, Dedupe
from dialer.runtime.list_pass import Mode
from dialer.store import erasures, list_merge, lists, outcomes, retiring
from dialer.store.database import open_store
from dialer.store.list_merge import Difference, Seen

__all__ = ["ListDiff", "diff_contacts"]

_AT_ONCE = 2_000
_NOBODYS = "0" * 64  # the sha256 of no file


@dataclass(frozen=True, slots=True)
class ListDiff:
    """What a load would change; nothing was written."""

    read: int
    empty: int
    refused: int
    added: int
    changed: int
    unchanged: int
    revived: int
    retired: int
    kept_for_callback: int
    by_column: dict[str, int]
    duplicates: dict[str, int]  # rows by why: DUPLICATE, HOUSEHOLD, IN_CAMPAIGN, IN_CLIENT, IN_SYSTEM, OUTCOME
    warnings: tuple[str, ...]


def diff_contacts(
    workspace: Workspace,
    campaign: Campaign,
    file: Path,
    *,
    encoding: str | None = None,
    mapping: Path | dict[str, str] | None = None,
    policy: Literal["intersect", "address_first"] = "intersect",
    progress: Callable[[int], None] | None = None,
    mode: Mode = "append",
    name: str = "",
    whole_campaign: bool = False,
    dedupe: Dedupe = CAMPAIGN,
) -> ListDiff:
    """Read the file and compare it with the campaign; the parameters and errors are those of `load_contacts`."""
    now, merge = datetime.now(UTC), mode != "append"
    called = None if whole_campaign else name or file.name
    duplicates: Counter[str] = Counter()
    difference, seen, named = Difference(), Seen(), Counter[str]()

    def refuse(_line: int, code: str, _message: str) -> None:
        duplicates[code] += 1

    with open_store(workspace.database_url) as store:
        with store.reading() as tx:
            existing = () if merge else outcomes.numbers_elsewhere(tx, campaign.name, _NOBODYS)
            erased = erasures.every(tx)
            scope = list_merge.lists_named(tx, campaign.name, called) if mode == "replace" else []
            there = retiring.count_missing(tx, scope) if scope else {}
        with ContactList(
            file, default_country=campaign.country, encoding=encoding, mapping=mapping, existing=existing,
            erased=erased, bases=bases(open_rulebook(workspace)), policy=policy, now=now,
        ) as contacts:  # fmt: skip
            for chunk in contacts:
                duplicates.update(each.code for each in chunk.rejects if each.effect == "row is a duplicate")
                rows = dedupe.fresh(store, campaign, lists.leads_of([chunk]), now, refuse)
                while batch := list(islice(rows, _AT_ONCE)):
                    if not merge:
                        difference.added += len(batch)
                        continue
                    with store.reading() as tx:
                        found = list_merge.compare(
                            tx, campaign.name, batch, list_id=None, gone=mode == "replace", seen=seen
                        )
                    difference.count(found)
                    difference.added += len(found.new)
                    duplicates["DUPLICATE"] += len(found.doubles)
                    named.update(
                        change.lead["status"]
                        for change in found.changes
                        if change.lead["list_id"] in scope and not change.revived
                    )
                if progress is not None:
                    progress(contacts.funnel.read)
            funnel, warnings = contacts.funnel, tuple(map(str, contacts.warnings))
    left = {status: count - named[status] for status, count in there.items()}
    if mode == "replace" and not scope:
        warnings = (f"{campaign.name} has no list named {called!r}: nothing would be retired", *warnings)
    return ListDiff(
        read=funnel.read, empty=funnel.empty, refused=funnel.refused, added=difference.added,
        changed=difference.changed, unchanged=difference.unchanged, revived=difference.revived,
        retired=sum(count for status, count in left.items() if status != "callback"),
        kept_for_callback=left.get("callback", 0), by_column=dict(difference.by_column.most_common()),
        duplicates={code: count for code, count in duplicates.most_common() if count}, warnings=warnings,
    )  # fmt: skip
