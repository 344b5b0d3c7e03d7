"""Files of the house's own Do-Not-Call entries into the database: internal lists and VICIdial's.

They take effect on the very next dial, as entries added by hand do. What a row may mean is read as wide as it
can be: an entry for a seller or a campaign that we do not have holds for the whole company.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from campaigns.workspace import Workspace
from dialer.runtime.consents import clients_of
from dialer.store import suppressions
from dialer.store.database import open_store
from dnc.registries import ImportReport, ReadOptions, read_into

__all__ = ["import_own_list"]


def import_own_list(workspace: Workspace, file: Path, format_name: str) -> tuple[ImportReport, int]:
    """Read a file and add its entries; returns the report and how many entries are new.

    All entries are added in one transaction, or none. Entries that are in force already are left as they are, so
    the same file twice changes nothing.

    Raises:
        StoreError: the database refuses; nothing was added.
    """
    now = datetime.now(UTC)
    reading = read_into(file, format_name, ReadOptions(now=now))
    if not reading.report.accepted:
        return reading.report, 0
    campaigns, clients = set(workspace.campaign_names()), clients_of(workspace)
    added = 0
    by = getpass.getuser()
    with open_store(workspace.database_url) as store, store.writing() as tx:
        for entry in _entries(reading.rows, campaigns, clients, file.name):
            scope, scope_id = entry["scope"], entry["scope_id"]
            there = suppressions.in_force(
                tx,
                entry["number"],
                client=scope_id if scope == "client" else "",
                campaign=scope_id if scope == "campaign" else "",
                at=now,
            )
            wanted = (entry["number"], scope, scope_id, None)  # one that will expire is not enough
            if any((each.number, each.scope, each.scope_id, each.expires_at) == wanted for each in there):
                continue
            suppressions.add(tx, by=by, at=now, tell=False, **entry)
            added += 1
    return reading.report, added


def _entries(
    rows: Iterable[tuple[str, Mapping[str, str]]], campaigns: set[str], clients: Mapping[str, str], file: str
) -> Iterable[dict[str, Any]]:
    """Each row as an entry of the internal list."""
    for _, row in rows:
        if "npa" in row:
            yield {
                "number": f"+1{row['npa']}XXXXXXX",
                "scope": "areacode",
                "scope_id": "",
                "reason": "area code on a VICIdial list",
                "source": file,
            }
            continue
        scope, scope_id = "company", ""
        client = clients.get(row.get("seller", "").strip().casefold())
        if row.get("scope", "all") == "seller" and client is not None:
            scope, scope_id = "client", client
        campaign = row.get("campaign", "").lower()
        if campaign in campaigns:
            scope, scope_id = "campaign", campaign
        said = " ".join(part for part in (row.get("note", ""), row.get("requested_at_utc", "")) if part)
        via = ", ".join(part for part in (row.get("channel", ""), row.get("agent", "")) if part)
        yield {
            "number": row["number"],
            "scope": scope,
            "scope_id": scope_id,
            "reason": said or "on an imported do-not-call list",
            "source": f"{file}{': ' + via if via else ''}",
        }
