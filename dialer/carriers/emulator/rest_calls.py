"""Calls: create, fetch, list, redirect, end, delete."""

from __future__ import annotations

from typing import Any

from dialer.carriers.emulator.asked import Answer, Asked, Handlers, in_span, paged
from dialer.carriers.emulator.detection import DetectionOptions
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.leg import LegOptions
from dialer.carriers.emulator.model import OVER, Call, Source, Told
from dialer.carriers.emulator.represent import call_json
from dialer.carriers.emulator.script import perform

__all__ = ["HANDLERS", "detection_asked", "recording_asked", "told_asked"]


def create(exchange: Exchange, asked: Asked) -> Answer:
    """Place a call."""
    values = asked.values
    if not values.get("To"):
        raise ApiError(21201)
    if not values.get("From"):
        raise ApiError(21213)
    options = LegOptions(
        script=perform(_source(exchange, values)),
        fallback=_fallback(values),
        timeout=float(values.get("Timeout", 60)),
        time_limit=float(values.get("TimeLimit", 14_400)),
        detection=detection_asked(values, "AsyncAmdStatusCallback", values.get("AsyncAmd") == "true"),
        recorded=recording_asked(values),
    )
    caller = values.get("CallerId", values["From"])
    leg = exchange.create_call(values["To"], caller, told_asked(values, "StatusCallback", "completed"), options)
    return 201, call_json(exchange, leg.call, exchange.clock.now())


def fetch(exchange: Exchange, asked: Asked) -> Answer:
    """Tell a call's state."""
    call = exchange.leg(asked.names["Sid"]).call
    if call.status_at(asked.as_of) is None:
        raise ApiError(20404, asked.path)
    return 200, call_json(exchange, call, asked.as_of)


def listing(exchange: Exchange, asked: Asked) -> Answer:
    """List calls, newest first."""
    values = asked.values

    def wanted(call: Call) -> bool:
        status = call.status_at(asked.as_of)
        return (
            status is not None
            and values.get("Status") in (None, status)
            and values.get("To") in (None, call.to)
            and values.get("From") in (None, call.caller)
            and values.get("ParentCallSid") in (None, call.parent)
            and in_span(asked, "StartTime", call.started_at)
            and in_span(asked, "EndTime", call.ended_at)
        )

    found = [leg.call for leg in reversed(exchange.legs.values()) if wanted(leg.call)]
    return paged(asked, "calls", found, lambda call: call_json(exchange, call, asked.as_of))


def update(exchange: Exchange, asked: Asked) -> Answer:
    """Redirect, cancel or end a call."""
    leg, values = exchange.leg(asked.names["Sid"]), asked.values
    if leg.ended:
        raise ApiError(21220)
    if "StatusCallback" in values:
        leg.call.told = Told(
            values["StatusCallback"], values.get("StatusCallbackMethod", "POST"), leg.call.told.events or _COMPLETED
        )
    if values.get("Status") == "completed":
        leg.end("completed" if leg.in_progress else "canceled", "api")
    elif values.get("Status") == "canceled":
        if not leg.in_progress:  # a call in progress is not affected
            leg.end("canceled", "api")
    elif "Url" in values or "Twiml" in values:
        leg.redirect(perform(_source(exchange, values)))
    if "TimeLimit" in values and not leg.ended:
        leg.limit(float(values["TimeLimit"]))
    return 200, call_json(exchange, leg.call, exchange.clock.now())


def delete(exchange: Exchange, asked: Asked) -> Answer:
    """Forget a call that is over."""
    leg = exchange.leg(asked.names["Sid"])
    if leg.call.status not in OVER:
        raise ApiError(20002, "a call in progress cannot be deleted")
    del exchange.legs[leg.sid]
    return 204, None


HANDLERS: Handlers = {
    ("/Calls", "POST"): ("calls.create", create),
    ("/Calls", "GET"): ("calls.list", listing),
    ("/Calls/{Sid}", "GET"): ("calls.fetch", fetch),
    ("/Calls/{Sid}", "POST"): ("calls.update", update),
    ("/Calls/{Sid}", "DELETE"): ("calls.delete", delete),
}

_COMPLETED = frozenset({"completed"})


def told_asked(values: Any, prefix: str, otherwise: str) -> Told:
    """Whom a request wants told, and of what."""
    events = values.get(f"{prefix}Event", tuple(otherwise.split()))
    return Told(values.get(prefix, ""), values.get(f"{prefix}Method", "POST"), frozenset(events))


def detection_asked(values: Any, callback: str, asynchronous: bool) -> DetectionOptions | None:
    """The answering-machine detection that a request wants, if any."""
    kind = values.get("MachineDetection")
    if kind is None:
        return None
    told = Told(values.get(callback, ""), values.get(f"{callback}Method", "POST"))
    return DetectionOptions(
        kind == "DetectMessageEnd", asynchronous, told, float(values.get("MachineDetectionTimeout", 30))
    )


def recording_asked(values: Any) -> tuple[Told, int, str] | None:
    """The recording that a request wants from the answer on, if any."""
    if not values.get("Record"):
        return None
    told = told_asked(values, "RecordingStatusCallback", "completed")
    return told, 2 if values.get("RecordingChannels") == "dual" else 1, values.get("RecordingTrack", "both")


def _source(exchange: Exchange, values: Any) -> Source:
    if "Url" in values:
        return Source("twiml.url", values["Url"], values.get("Method", "POST"))
    if "Twiml" in values:
        return Source("twiml.given", twiml=values["Twiml"])
    if "ApplicationSid" in values:
        url = exchange.applications.get(values["ApplicationSid"])
        if url is None:
            raise ApiError(21218)
        return Source("twiml.url", url)
    raise ApiError(21205)


def _fallback(values: Any) -> Source | None:
    if "FallbackUrl" not in values:
        return None
    return Source("twiml.fallback", values["FallbackUrl"], values.get("FallbackMethod", "POST"))
