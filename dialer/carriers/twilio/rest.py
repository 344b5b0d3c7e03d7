"""The carrier's own client behind a door of plain functions; blocking, to be called on a thread.

The client has no timeout and no other address by itself: the HTTP client here gives it both. Nothing is ever
repeated here; a request that got no answer raises `Unanswered`, and the caller decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import requests.adapters
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from dialer.carriers.twilio.settings import TwilioSettings

__all__ = ["CallState", "Door", "NotSent", "Refused", "Unanswered"]

#: Requests at one time; create, update and look-up share them.
THREADS = 16


class Refused(Exception):
    """The carrier answered no.

    Attributes:
        status: of HTTP.
        code: the carrier's error number, or None.
    """

    def __init__(self, status: int, code: int | None, text: str) -> None:
        super().__init__(f"{code or status}: {text}")
        self.status, self.code, self.text = status, code, text


class Unanswered(Exception):
    """No answer came: whether the request was carried out nobody knows."""


class NotSent(Unanswered):
    """The carrier could not be reached: the request was surely not carried out."""


@dataclass(frozen=True, slots=True)
class CallState:
    """A call as the carrier knows it."""

    sid: str
    status: str
    to: str
    from_: str
    queue_time: float  # s
    created: datetime | None = None


class Door:
    """Requests of one account.

    Args:
        settings: account, token, address, timeout.
    """

    def __init__(self, settings: TwilioSettings) -> None:
        self._client = Client(
            settings.account_sid,
            settings.auth_token.get_secret_value(),
            http_client=_HttpClient(settings.base_url, settings.request_timeout),
        )

    def create_call(self, **fields: Any) -> CallState:
        """Place a call; `fields` as the client's `calls.create`."""
        return _state(_answered(lambda: self._client.calls.create(**fields)))

    def update_call(self, sid: str, **fields: Any) -> CallState:
        """Redirect (`twiml`) or end (`status`) a call."""
        return _state(_answered(lambda: self._client.calls(sid).update(**fields)))

    def fetch_call(self, sid: str) -> CallState:
        """Tell a call's state."""
        return _state(_answered(lambda: self._client.calls(sid).fetch()))

    def list_calls(self, limit: int = 1000, **filters: Any) -> list[CallState]:
        """List calls, newest first; `filters` as the client's `calls.list`."""
        return [_state(each) for each in _answered(lambda: self._client.calls.list(limit=limit, **filters))]

    def rooms(self) -> dict[str, str]:
        """The conferences that somebody is in: sid by friendly name. One with a single person is still `init`."""
        found = [
            each
            for status in ("init", "in-progress")
            for each in _answered(lambda status=status: self._client.conferences.list(status=status, page_size=1000))
        ]
        return {each.friendly_name: each.sid for each in found}

    def people_in(self, room_sid: str) -> dict[str, str]:
        """Who is in a conference: call sid by label."""
        found = _answered(lambda: self._client.conferences(room_sid).participants.list(limit=20))
        return {each.label or each.call_sid: each.call_sid for each in found}

    def update_participant(self, room_sid: str, call_sid: str, **fields: Any) -> None:
        """Mute, hold, coach or announce; `fields` as the client's `participants(...).update`."""
        _answered(lambda: self._client.conferences(room_sid).participants(call_sid).update(**fields))

    def add_participant(self, room_sid: str, **fields: Any) -> str:
        """Call somebody into a conference; returns the call's sid."""
        added = _answered(lambda: self._client.conferences(room_sid).participants.create(**fields))
        return str(added.call_sid)

    def record(self, call_sid: str, **fields: Any) -> str:
        """Start a recording; returns its sid."""
        return str(_answered(lambda: self._client.calls(call_sid).recordings.create(**fields)).sid)

    def update_recording(self, call_sid: str, recording_sid: str, status: str) -> None:
        """Pause (`paused`), resume (`in-progress`) or stop (`stopped`) a recording."""
        _answered(
            lambda: (
                self._client.calls(call_sid)
                .recordings(recording_sid)
                .update(status=status, **({"pause_behavior": "silence"} if status == "paused" else {}))
            )
        )

    def own_numbers(self) -> set[str]:
        """The account's own and verified numbers: the caller ids it may show."""
        owned = _answered(lambda: self._client.incoming_phone_numbers.list(limit=1000))
        verified = _answered(lambda: self._client.outgoing_caller_ids.list(limit=1000))
        return {str(each.phone_number) for each in (*owned, *verified)}

    def account_status(self) -> str:
        """`active`, `suspended` or `closed`."""
        return str(_answered(lambda: self._client.api.accounts(self._client.account_sid).fetch()).status)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # the client has no types
    """The client's HTTP client with another provider's address and a pool as large as our threads."""

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._base = urlsplit(base_url) if base_url else None
        if self.session is not None:
            for scheme in ("https://", "http://"):
                self.session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=THREADS))

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send one request, to the other provider when there is one."""
        if self._base is not None:
            wanted = urlsplit(url)
            path = self._base.path.rstrip("/") + wanted.path
            url = urlunsplit((self._base.scheme, self._base.netloc, path, wanted.query, ""))
        return super().request(method, url, params, data, headers, auth, timeout, allow_redirects)


def _answered(request: Any) -> Any:
    """Run a request; what can go wrong comes out as one of three errors."""
    try:
        return request()
    except TwilioRestException as error:
        raise Refused(error.status, error.code, str(error.msg)) from error
    except requests.exceptions.ConnectTimeout as error:
        raise NotSent("the carrier could not be reached in time") from error
    except requests.exceptions.ConnectionError as error:
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, NewConnectionError | ConnectTimeoutError):
            raise NotSent("the carrier could not be reached") from error
        raise Unanswered("the connection broke before the answer came") from error
    except requests.exceptions.RequestException as error:
        raise Unanswered(f"no answer in time ({type(error).__name__})") from error
    except TwilioException as error:  # lists wrap the refusal in text: "HTTP 401 error: ..."
        raise _refused_list(error) from error


def _refused_list(error: TwilioException) -> Refused:
    text = str(error)
    status = next((int(word) for word in text.replace(":", " ").split() if word.isdigit() and len(word) == 3), 500)
    return Refused(status, None, text)


def _state(call: Any) -> CallState:
    return CallState(
        sid=str(call.sid),
        status=str(call.status),
        to=str(call.to),
        from_=str(call._from),
        queue_time=_milliseconds(call.queue_time),
        created=call.date_created,
    )


def _milliseconds(value: object) -> float:
    try:
        return float(str(value)) / 1000.0
    except ValueError:
        return 0.0
