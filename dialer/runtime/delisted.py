"""People whom a registry had listed, offered again once no list in use has their number.

Asked after every change of a version, of what is in the store and in the lists, not of what the change was: so a
change that nobody followed up is followed up by the next.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from campaigns.workspace import Workspace
from dialer.runtime.reassigned import reassigned_columns
from dialer.store.database import open_store
from dialer.store.reconsider import reconsider, refused_numbers
from dnc.registries import RegistryStore
from dnc.values import Code

__all__ = ["offer_delisted"]

#: Refusals for which registries answer. Those that a fresh list mends by itself are asked again every hour anyway.
_OF_REGISTRIES = (Code.DNC_NATIONAL, Code.DNC_STATE, Code.LITIGATOR, Code.RND_YES, Code.RND_NO_DATA)
_AT_ONCE = 2_000  # numbers in one transaction, so that a floor that is dialing never waits long


def offer_delisted(workspace: Workspace, registries: RegistryStore) -> int:
    """Offer again the leads that only a registry kept back and whose numbers no registry has now.

    The gate is asked again at the dial; so a number that a list of another state still has is refused once more.

    Returns:
        How many leads are offered again; 0 where there is no database yet.

    Raises:
        StoreError: what the database refuses; what was offered so far stays.
        SnapshotError: a registry cannot be read.
    """
    kind, _, file = workspace.database_url.partition(":///")
    if kind == "sqlite" and not Path(file.partition("?")[0]).exists():
        return 0
    offered = 0
    with open_store(workspace.database_url) as store:
        with store.reading() as tx:
            kept = refused_numbers(tx, _OF_REGISTRIES)
        if not kept:
            return 0
        digits = np.array([int(number[1:]) for number in kept], dtype=np.uint64)
        listed = reassigned_columns(registries, digits).rnd == "yes"
        for column in registries.evidence_columns(digits, datetime.now(UTC)):
            listed |= column.bound & column.listed
        free = [number for number, still in zip(kept, listed.tolist(), strict=True) if not still]
        for first in range(0, len(free), _AT_ONCE):
            with store.writing() as tx:
                offered += reconsider(tx, free[first : first + _AT_ONCE], "no registry in use has the number now")
    return offered
