"""What the carrier tells of recordings, written down; the sound is fetched by the operator, with the account's key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dialer.store import recordings
from dialer.store.database import Store

__all__ = ["recording_told"]


def recording_told(store: Store, call_id: str, form: Mapping[str, str], at: datetime) -> None:
    """Keep where a call's recording lies, or that there is none; told again, the newest word holds.

    Args:
        store: where it is written.
        call_id: the attempt.
        form: of the carrier's callback.
        at: now.
    """
    sid = form.get("RecordingSid", "")
    if not sid:
        return
    seconds, channels = form.get("RecordingDuration", ""), form.get("RecordingChannels", "")
    with store.writing() as tx:
        recordings.told(
            tx,
            recordings.Recording(
                carrier_ref=sid,
                call_id=call_id,
                status=form.get("RecordingStatus", "completed"),
                url=form.get("RecordingUrl", ""),
                seconds=float(seconds) if seconds.isdigit() else 0.0,
                channels=int(channels) if channels.isdigit() else 1,
                at=at,
            ),
        )
