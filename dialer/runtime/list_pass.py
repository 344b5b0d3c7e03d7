"""What a load does with the leads that a campaign has already: `append`, `merge`, `replace`.

* `append`: they stay as they are; a row of theirs is a duplicate.
* `merge`: a row brings them up to date; the others stay.
* `replace`: as `merge`, and the leads of the list that the file no longer names are retired: done, with the reason,
  never deleted. The list is every earlier load of the same name, or every list of the campaign where that is asked.
  A promised callback is kept, and is the last call.

Attempts, caps, opt-outs, callbacks and bad numbers stay in every mode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from campaigns.files import Campaign
from dialer.engine.states import LeadState
from dialer.store import list_merge, retiring
from dialer.store.database import Store
from dialer.store.list_merge import Compared, Difference
from dialer.store.lists import NewLead
from dialer.store.transactions import Writing

__all__ = ["Mode", "Pass"]

Mode = Literal["append", "merge", "replace"]
#: By status, as what a lead counts that a replacement retires.
_COUNTED = {
    "ready": "retired",
    "waiting": "retired",
    "leased": "retired_on_a_call",
    "callback": "kept_for_callback",
}
#: Told line, code and message of a row that is not loaded.
Refuse = Callable[[int, str, str], None]


class Pass:
    """One load of a list over the leads that are there.

    Args:
        store: where they are.
        campaign: whose they are.
        mode: what becomes of them.
        name: of the list.
        whole_campaign: a replacement is one of every list.
        file_name: of the file, for reasons and evidence.
        by: who loads it.
        at: when.
        refuse: told of rows that name a lead which an earlier row named.
    """

    def __init__(
        self,
        store: Store,
        campaign: Campaign,
        mode: Mode,
        name: str,
        whole_campaign: bool,
        file_name: str,
        by: str,
        at: datetime,
        refuse: Refuse,
    ) -> None:
        self._store, self._campaign, self._mode = store, campaign, mode
        self._name = None if whole_campaign else name
        self._file_name, self._by, self._at, self._refuse = file_name, by, at, refuse
        self.by_column: Counter[str] = Counter()
        self.warnings: list[str] = []
        with store.reading() as tx:
            known = mode != "replace" or list_merge.lists_named(tx, campaign.name, self._name)
            others = list_merge.lists_named(tx, campaign.name, None)
        if not known and others:
            self.warnings.append(
                f"{campaign.name} has no list named {name!r}, so nothing is retired: say which list the file replaces "
                "with --list, or --whole-campaign"
            )

    def new_of(self, tx: Writing, list_id: int, batch: list[NewLead], counts: dict[str, int]) -> list[NewLead]:
        """Bring the leads up to date that a batch names; return the rows of new ones."""
        gone = self._mode == "replace"
        found = list_merge.compare(tx, self._campaign.name, batch, list_id=list_id, gone=gone)
        kept_out = list_merge.apply(
            tx,
            self._campaign.name,
            self._campaign.client,
            self._campaign.scope,
            list_id,
            found.changes,
            gone=gone,
            file_name=self._file_name,
            by=self._by,
            at=self._at,
        )
        difference = Difference()
        difference.count(found)
        self.by_column.update(difference.by_column)
        for key, count in (
            ("changed", difference.changed),
            ("unchanged", difference.unchanged),
            ("revived", difference.revived),
            ("duplicate_leads", len(found.doubles)),
            ("consent_kept_back", kept_out),
        ):
            counts[key] = counts.get(key, 0) + count
        self.refuse_doubles(found)
        return found.new

    def refuse_doubles(self, found: Compared) -> None:
        """Account for rows that name a lead for a second time."""
        for row, line in found.doubles:
            self._refuse(row.line, "DUPLICATE", f"line {line} has the same external_id, or a number of the same lead")

    def finish(self, list_id: int, counts: dict[str, int]) -> None:
        """Retire what the file no longer names, some thousand leads in a transaction."""
        if self._mode != "replace":
            return
        with self._store.reading() as tx:
            scope = [each for each in list_merge.lists_named(tx, self._campaign.name, self._name) if each != list_id]
        why = f"retired: no longer in {self._file_name} of {self._at:%Y-%m-%d}"
        for key in _COUNTED.values():
            counts.setdefault(key, 0)
        while scope and self._retired(scope, why, counts):
            pass  # a lead that a call moved from one status to another meanwhile is found the next time

    def _retired(self, scope: list[int], why: str, counts: dict[str, int]) -> int:
        """Go through the lists once, status by status; how many leads were retired."""
        done = 0
        for list_id in scope:
            for status in LeadState:
                after = 0
                while True:
                    with self._store.writing() as tx:
                        ids = retiring.retire_missing(tx, list_id, status.value, after, why)
                    if not ids:
                        break
                    after, done = ids[-1], done + len(ids)
                    if status.value in _COUNTED:
                        counts[_COUNTED[status.value]] += len(ids)
        return done
