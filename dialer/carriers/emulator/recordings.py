"""Recordings: started, paused, stopped, and reported when they can be fetched."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dialer.carriers.emulator.callbacks import Courier, Request
from dialer.carriers.emulator.clock import EmulatorClock
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.faults import Faults
from dialer.carriers.emulator.model import Recording, Told, new_sid
from dialer.carriers.emulator.settings import EmulatorSettings

__all__ = ["Recordings"]

#: The carrier's error of a recording that is not there: too short.
_TOO_SHORT = 16101
_LIVE = frozenset({"in-progress", "paused"})


class Recordings:
    """All recordings of the account.

    Args:
        settings: of the account.
        clock: the emulator's.
        courier: reports them.
        faults: what goes wrong.
        address: gives the URL of a recording.
        instant: turns an instant into what is told.
    """

    def __init__(
        self,
        settings: EmulatorSettings,
        clock: EmulatorClock,
        courier: Courier,
        faults: Faults,
        address: Callable[[str], str],
        instant: Callable[[float], str],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._courier = courier
        self._faults = faults
        self._address = address
        self._instant = instant
        self.by_sid: dict[str, Recording] = {}

    def start(
        self,
        call_sid: str,
        source: str,
        told: Told,
        *,
        channels: int = 1,
        track: str = "both",
        conference_sid: str | None = None,
    ) -> Recording:
        """Begin to record."""
        now = self._clock.now()
        sid = new_sid("RE")
        recording = Recording(sid, call_sid, conference_sid, source, channels, track, told, now, now)
        recording.roll(now, kept=True)
        self.by_sid[sid] = recording
        self._report(recording, "in-progress")
        return recording

    def find(self, sid: str, *, call_sid: str | None = None) -> Recording:
        """A recording by its sid; `Twilio.CURRENT` is the one of the call in progress.

        Raises:
            ApiError: 20404.
        """
        if sid == "Twilio.CURRENT":
            found = next((each for each in self.of_call(call_sid or "") if each.status in _LIVE), None)
        else:
            found = self.by_sid.get(sid)
        if found is None or (call_sid is not None and found.call_sid != call_sid):
            raise ApiError(20404, f"Recordings/{sid}")
        return found

    def of_call(self, call_sid: str) -> list[Recording]:
        """A call's recordings, newest first."""
        return [each for each in reversed(self.by_sid.values()) if each.call_sid == call_sid]

    def turn(self, recording: Recording, status: str, pause: str) -> None:
        """Pause (`paused`), resume (`in-progress`) or stop (`stopped`).

        Args:
            recording: which.
            status: the new one.
            pause: `skip` leaves the pause out, `silence` keeps its length.

        Raises:
            ApiError: 21220 for a recording that is over.
        """
        if recording.status not in _LIVE:
            raise ApiError(21220)
        now = self._clock.now()
        if status == "stopped":
            self.stop(recording)
            return
        recording.roll(now, kept=status == "in-progress" or pause == "silence")
        recording.status, recording.updated_at = status, now

    def stop(self, recording: Recording) -> None:
        """Nothing more is recorded; it is processed and then reported."""
        if recording.status not in _LIVE:
            return
        now = self._clock.now()
        recording.halt(now)
        recording.status, recording.updated_at = "processing", now
        late = self._faults.strike("recording_late", "recording.completed", self._clock.elapsed())
        delay = self._settings.recording_delay + (late.seconds if late else 0.0)
        self._clock.after(delay, partial(self._finish, recording))

    def stop_all(self, call_sid: str) -> None:
        """The call is over."""
        for recording in self.of_call(call_sid):
            if recording.conference_sid is None:
                self.stop(recording)

    def _finish(self, recording: Recording) -> None:
        absent = recording.seconds < 0.1 or self._faults.strike(
            "recording_absent", "recording.completed", self._clock.elapsed()
        )
        recording.status = "absent" if absent else "completed"
        recording.error_code = _TOO_SHORT if absent else None
        recording.updated_at = self._clock.now()
        self._report(recording, recording.status)

    def _report(self, recording: Recording, event: str) -> None:
        told = recording.told
        if not told.url or event not in told.events:
            return
        params = {
            "AccountSid": self._settings.account_sid,
            "CallSid": recording.call_sid,
            "RecordingSid": recording.sid,
            "RecordingUrl": self._address(recording.sid),
            "RecordingStatus": event,
            "RecordingChannels": str(recording.channels),
            "RecordingSource": recording.source,
            "RecordingStartTime": self._instant(recording.started_at),
            "RecordingTrack": recording.track,
            "ErrorCode": str(recording.error_code or 0),
        }
        if recording.conference_sid is not None:
            params["ConferenceSid"] = recording.conference_sid
        if event != "in-progress":
            params["RecordingDuration"] = str(round(recording.seconds))
        self._courier.send(Request(f"recording.{event}", told.url, told.method, params))
