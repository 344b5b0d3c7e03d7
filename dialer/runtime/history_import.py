"""Past calls of another system into the store, so that caps count them from the next dial on.

Each call is of the campaign's client. Its person and debt are those of the campaign's lead that has the number, unless
the row names another person; a list that is loaded later finds the calls by number, and by the same external id. Who
asked not to be called again stands on the client's do-not-call list at once.
"""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from campaigns.files import Campaign
from campaigns.history import HistoryFile, PastCall
from campaigns.workspace import Workspace
from dialer.store import campaigns as stored_campaigns
from dialer.store import imported, suppressions
from dialer.store.database import open_store
from dialer.store.imported import ImportedCall
from dialer.store.transactions import Writing

__all__ = ["HistoryResult", "import_history"]

#: Calls written in one transaction, so that a floor that is dialing never waits long.
_AT_ONCE = 2_000
#: Results that never reached the dialed number (12 CFR 1006.14(b)(3)(ii)).
_NOT_CONNECTED = frozenset({"busy", "invalid", "congestion", "failed"})


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """What became of the rows: `read` = `empty` + `refused` + `not_called` + `known` + `imported`."""

    read: int
    empty: int
    refused: int
    not_called: int  # rows that say that nobody was called
    known: int  # on record before
    imported: int
    opt_outs: int  # numbers put on the client's do-not-call list
    warnings: tuple[str, ...]
    rejects: Path


def import_history(
    workspace: Workspace,
    campaign: Campaign,
    file: Path,
    *,
    zone: str | None = None,
    encoding: str | None = None,
    by: str = "",
    progress: Callable[[int], None] | None = None,
) -> HistoryResult:
    """Import one file; the same file again, or after a break, adds what is not on record yet.

    Args:
        workspace: whose database and rejects folder.
        campaign: for whose client and caps.
        file: CSV, a workbook or Parquet.
        zone: IANA zone of times without an offset; None: such rows are refused.
        encoding: of the file; told from its bytes when None.
        by: who imports; by default who runs this process.
        progress: called with the number of rows read so far.

    Raises:
        ListError: the file is no table of calls; nothing was imported.
        StoreError: the database refuses; what was written stays.
    """
    now, who = datetime.now(UTC), by or getpass.getuser()
    workspace.rejects_dir.mkdir(parents=True, exist_ok=True)
    mark = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]
    rejects = workspace.rejects_dir / f"{file.stem}-history-{mark}.csv"
    new = opt_outs = 0
    with (
        HistoryFile(
            file, country=campaign.country, zone=zone, now=now, encoding=encoding, rejects_to=rejects
        ) as history,
        open_store(workspace.database_url) as store,
    ):
        with store.writing() as tx:
            stored_campaigns.upsert(
                tx, campaign.name, client=campaign.client, scope=campaign.scope, file_hash=campaign.file_hash, at=now
            )
        for portion in history:
            for first in range(0, len(portion), _AT_ONCE):
                some = portion[first : first + _AT_ONCE]
                with store.writing() as tx:
                    opt_outs += _heed(tx, campaign, some, file.name, who, now)
                    added, erased = imported.add(
                        tx, _as_rows(tx, campaign, some, file.name),
                        client=campaign.client, campaign=campaign.name, by=who, at=now,
                    )  # fmt: skip
                new += added
                for call in erased:
                    line = int(call.source.rpartition(" ")[2])
                    history.refuse(line, "ERASED", "erased at the person's request; nothing of the row is kept")
            if progress is not None:
                progress(history.tally.read)
        tally, warnings = history.tally, tuple(map(str, history.notes.warnings()))
    return HistoryResult(
        tally.read, tally.empty, tally.refused, tally.not_called, tally.calls - new, new, opt_outs, warnings, rejects
    )


def _heed(tx: Writing, campaign: Campaign, calls: Sequence[PastCall], file_name: str, by: str, at: datetime) -> int:
    """Put those who asked not to be called on the client's list; what stands already is passed over."""
    written = 0
    for call in calls:
        if not call.opt_out:
            continue
        standing = suppressions.in_force(tx, call.number, client=campaign.client, campaign="", at=at)
        if any(entry.number == call.number and entry.expires_at is None for entry in standing):
            continue
        suppressions.add(
            tx, call.number, reason=f"asked on an earlier call ({call.code or 'opt out'})",
            source=f"history {file_name}, line {call.line}", by=by, at=at, scope="client", scope_id=campaign.client,
        )  # fmt: skip
        written += 1
    return written


def _as_rows(tx: Writing, campaign: Campaign, calls: Sequence[PastCall], file_name: str) -> list[ImportedCall]:
    """The calls that were placed, each with the person and the debt that caps know it by."""
    placed = [call for call in calls if call.result is not None]
    known = imported.known_as(tx, campaign.name, list({call.number for call in placed}))
    rows = []
    for call in placed:
        external, whose = known.get(call.number, ("", None))
        same = whose is not None and call.external_id in ("", external)
        person = call.person_id or (whose.person_id if same and whose else call.external_id or call.number)
        debt = call.debt_id or (whose.debt_id if same and whose else "")
        rows.append(
            ImportedCall(
                number=call.number,
                placed_at=call.at,
                result=call.result or "",
                code=call.code[:32],
                talk_seconds=call.talk_seconds,
                agent=call.agent[:64],
                person_id=person,
                debt_id=debt,
                subject=call.subject,
                counts=call.result not in _NOT_CONNECTED,
                conversation=call.conversation,
                refusal=call.refusal,
                source=f"history {file_name}, line {call.line}",
            )
        )
    return rows
