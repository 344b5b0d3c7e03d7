"""Calls that this process did not place: somebody answers a call of a run that died.

The person hears the safe-harbour message of the campaign whose attempt it is, and the opt-out key works as
always: the number is suppressed before the reply is sent. What becomes of the attempt itself is settled when
its campaign starts again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from campaigns.workspace import Workspace
from dialer.carriers.twilio.addresses import Addresses
from dialer.carriers.twilio.documents import Message
from dialer.runtime.live.carriers import messages_of
from dialer.runtime.live.recordings import recording_told
from dialer.store import screen, suppressions
from dialer.store.database import Store
from dialer.store.transactions import Writing
from dialer.voice import PromptLibrary

__all__ = ["Strangers"]


class Strangers:
    """What is said to people on calls of dead runs.

    Args:
        workspace: whose campaigns.
        store: where attempts are.
        library: of the prompts.
        addresses: of this dialer.
    """

    def __init__(self, workspace: Workspace, store: Store, library: PromptLibrary, addresses: Addresses) -> None:
        self._workspace = workspace
        self._store = store
        self._library = library
        self._addresses = addresses

    def message_for(self, call_id: str) -> Message | None:
        """The message of the call's campaign; None when no attempt has that id.

        Raises:
            OperatorError, VoiceError: the campaign or its prompts cannot be used any more.
        """
        with self._store.reading() as tx:
            found = screen.origin_of(tx, call_id)
        if found is None:
            return None
        campaign = self._workspace.campaign(found.campaign)
        return messages_of(campaign, self._library, self._addresses)(call_id)

    def opted_out(self, call_id: str, at: datetime) -> None:
        """Suppress the number of a call; it is committed when this returns."""
        with self._store.writing() as tx:
            found = screen.origin_of(tx, call_id)
            if found is not None:
                source = f"key press during the message, call {call_id}"
                _suppress(tx, found.number, "client", found.client, source, at)

    def recording_told(self, call_id: str, form: Mapping[str, str], at: datetime) -> None:
        """Keep what the carrier tells of a recording: it comes after the call, perhaps after the run."""
        recording_told(self._store, call_id, form, at)

    def opted_out_number(self, number: str, at: datetime) -> None:
        """Suppress a number that pressed the key during the fallback document: for the whole company."""
        with self._store.writing() as tx:
            _suppress(tx, number, "company", "", "key press during the fallback message", at)


def _suppress(
    tx: Writing, number: str, scope: Literal["client", "company"], scope_id: str, source: str, at: datetime
) -> None:
    suppressions.add(
        tx,
        number,
        scope=scope,
        scope_id=scope_id,
        reason="asked not to be called",
        source=source,
        by="carrier callback",
        at=at,
    )
