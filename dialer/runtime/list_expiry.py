"""The end of a list: from when on nobody of it is dialed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.store import loaded_lists, retiring
from dialer.store.database import open_store

__all__ = ["Ended", "expire_list"]


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of the leads: put away, or brought back."""

    ended: int
    back: int


def expire_list(
    workspace: Workspace, campaign: Campaign, listed: str, at: datetime | None, why: str = ""
) -> Ended | None:
    """Set from when on the leads of a list are not dialed; return what became of them, None: no such list.

    Args:
        workspace: whose database.
        campaign: whose list.
        listed: its name, that of its file, or its number; every load of the name is meant.
        at: from when on; None: never.
        why: in an operator's words.
    """
    now = datetime.now(UTC)
    ended = back = 0
    with open_store(workspace.database_url) as store:
        with store.writing() as tx:
            wanted = [
                each.list_id
                for each in loaded_lists.of_campaign(tx, campaign.name)
                if listed in (each.name, each.file_name, str(each.list_id))
            ]
            for list_id in wanted:
                back += retiring.expire(tx, list_id, at, why, now=now)
        if not wanted:
            return None
        while at is not None and at <= now:
            with store.writing() as tx:
                some = retiring.sweep(tx, campaign.name, now)
            if not some:
                break
            ended += some
    return Ended(ended, back)
