"""TwiML read strictly: verbs as values, and a list of everything the real carrier would warn of or refuse.

Pure: text in, values out. The grammar is a table; a test holds its attributes to those of the carrier's own
library. An attribute or verb that the carrier knows and this emulator does not carry out is a problem of its own
kind (`unsupported`), so that no test passes because something was silently left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

__all__ = ["GRAMMAR", "UNSUPPORTED", "Document", "Problem", "TwimlError", "Verb", "parse"]

#: The longest document the carrier takes, characters.
LONGEST = 65_536

Check = Callable[[str], bool]


class TwimlError(Exception):
    """The document cannot be carried out at all; the carrier turns to the fallback URL."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document that is carried out nevertheless.

    Attributes:
        kind: `unknown` to the carrier, `value` out of its range, `unsupported` by this emulator, `unreachable`.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Verb:
    """One element: its name, attributes, text and what is inside."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple[Verb, ...] = ()

    def flag(self, name: str, otherwise: bool) -> bool:
        """Read a true/false attribute."""
        return self.attributes.get(name, str(otherwise)).lower() == "true"

    def number(self, name: str, otherwise: float) -> float:
        """Read a numeric attribute; a malformed one counts as missing (and is a problem of its own)."""
        value = self.attributes.get(name, "")
        return float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else otherwise


@dataclass(frozen=True, slots=True)
class Document:
    """What the carrier was told to do."""

    verbs: tuple[Verb, ...]
    problems: tuple[Problem, ...] = ()


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _words_of(*words: str) -> Check:
    return lambda value: bool(value.split()) and set(value.split()) <= set(words)


def _whole(low: int, high: int) -> Check:
    return lambda value: value.isdecimal() and low <= int(value) <= high


def _any(_value: str) -> bool:
    return True


def _url(value: str) -> bool:
    return bool(value) and not re.search(r"\s", value)


def _url_or_none(value: str) -> bool:
    return not value or _url(value)


_bool = _one_of("true", "false")
_method = _one_of("GET", "POST")
_trim = _one_of("trim-silence", "do-not-trim")
_recording_events = _words_of("in-progress", "completed", "absent")
_call_events = _words_of("initiated", "ringing", "answered", "completed")
_conference_events = _words_of("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
_number = re.compile(r"\+[1-9]\d{6,14}").fullmatch


def _phone(value: str) -> bool:
    return _number(value) is not None


_TOLD = {"statusCallback": _url, "statusCallbackMethod": _method}
_RECORDING_TOLD = {
    "recordingStatusCallback": _url,
    "recordingStatusCallbackMethod": _method,
    "recordingStatusCallbackEvent": _recording_events,
    "recordingConfigurationId": _any,
}
_DETECTION = {
    "machineDetection": _one_of("Enable", "DetectMessageEnd"),
    "amdStatusCallback": _url,
    "amdStatusCallbackMethod": _method,
    "machineDetectionTimeout": _whole(3, 59),
    "machineDetectionSpeechThreshold": _whole(1000, 6000),
    "machineDetectionSpeechEndThreshold": _whole(500, 5000),
    "machineDetectionSilenceTimeout": _whole(2000, 10_000),
}

#: Attributes of every element that is carried out, with what their values may be.
GRAMMAR: Mapping[str, Mapping[str, Check]] = {
    "Dial": {
        "action": _url_or_none,
        "method": _method,
        "timeout": _whole(5, 600),
        "hangupOnStar": _bool,
        "timeLimit": _whole(1, 86_400),
        "callerId": lambda value: _phone(value) or value.startswith("client:"),
        "record": _one_of(
            "do-not-record",
            "record-from-answer",
            "record-from-ringing",
            "record-from-answer-dual",
            "record-from-ringing-dual",
            "true",
            "false",
        ),
        "trim": _trim,
        **_RECORDING_TOLD,
        "answerOnBridge": _bool,
        "ringTone": _any,
        "recordingTrack": _one_of("both", "inbound", "outbound"),
        "sequential": _bool,
        "referUrl": _url,
        "referMethod": _method,
        "events": _any,
        "passports": _any,
    },
    "Conference": {
        "muted": _bool,
        "beep": _one_of("true", "false", "onEnter", "onExit"),
        "startConferenceOnEnter": _bool,
        "endConferenceOnExit": _bool,
        "waitUrl": _url_or_none,
        "waitMethod": _method,
        "maxParticipants": _whole(1, 250),
        "record": _one_of("do-not-record", "record-from-start", "true", "false"),
        "region": _one_of("us1", "ie1", "de1", "sg1", "br1", "au1", "jp1"),
        "coach": re.compile(r"CA[0-9a-f]{32}").fullmatch,  # type: ignore[dict-item]  # a match is true
        "trim": _trim,
        "statusCallbackEvent": _conference_events,
        **_TOLD,
        **_RECORDING_TOLD,
        "eventCallbackUrl": _url,
        "jitterBufferSize": _one_of("off", "small", "medium", "large"),
        "participantLabel": lambda value: 0 < len(value) <= 128,
    },
    "Number": {
        "sendDigits": re.compile(r"[0-9wW#*]+").fullmatch,  # type: ignore[dict-item]
        "url": _url,
        "method": _method,
        "statusCallbackEvent": _call_events,
        **_TOLD,
        "byoc": _any,
        **_DETECTION,
    },
    "Client": {"url": _url, "method": _method, "statusCallbackEvent": _call_events, **_TOLD},
    "Identity": {},
    "Parameter": {"name": _any, "value": _any},
    "Play": {"loop": _whole(0, 1000), "digits": re.compile(r"[0-9wW#*]+").fullmatch},  # type: ignore[dict-item]
    "Say": {"voice": _any, "loop": _whole(0, 1000), "language": _any},
    "Pause": {"length": _whole(1, 3600)},
    "Gather": {
        "input": _words_of("dtmf", "speech"),
        "action": _url_or_none,
        "method": _method,
        "timeout": _whole(1, 600),
        "speechTimeout": _any,
        "maxSpeechTime": _whole(1, 600),
        "profanityFilter": _bool,
        "finishOnKey": lambda value: value == "" or (len(value) == 1 and value in "0123456789*#"),
        "numDigits": _whole(1, 1000),
        "partialResultCallback": _url,
        "partialResultCallbackMethod": _method,
        "language": _any,
        "hints": _any,
        "bargeIn": _bool,
        "debug": _bool,
        "actionOnEmptyResult": _bool,
        "speechModel": _any,
        "enhanced": _bool,
    },
    "Hangup": {},
    "Redirect": {"method": _method},
    "Record": {
        "action": _url_or_none,
        "method": _method,
        "timeout": _whole(1, 14_400),
        "finishOnKey": _any,
        "maxLength": _whole(1, 14_400),
        "playBeep": _bool,
        "trim": _trim,
        **_RECORDING_TOLD,
        "transcribe": _bool,
        "transcribeCallback": _url,
    },
    "Reject": {"reason": _one_of("rejected", "busy")},
}

#: Attributes that the carrier knows and that have no effect here beyond being recorded as a problem.
UNSUPPORTED: frozenset[tuple[str, str]] = frozenset(
    {("Number", name) for name in ("byoc", *_DETECTION)}
    | {("Dial", name) for name in ("sequential", "referUrl", "referMethod", "events", "passports")}
    | {(verb, "recordingConfigurationId") for verb in ("Dial", "Conference", "Record")}
    | {
        ("Gather", name)
        for name in (
            "speechTimeout",
            "maxSpeechTime",
            "profanityFilter",
            "partialResultCallback",
            "partialResultCallbackMethod",
            "hints",
            "debug",
            "speechModel",
            "enhanced",
        )
    }
    | {("Record", "transcribe"), ("Record", "transcribeCallback"), ("Conference", "eventCallbackUrl")}
)

_VERBS = frozenset({"Dial", "Play", "Say", "Pause", "Gather", "Hangup", "Redirect", "Record", "Reject"})
_INSIDE: Mapping[str, frozenset[str]] = {
    "Dial": frozenset({"Conference", "Number", "Client"}),
    "Gather": frozenset({"Play", "Say", "Pause"}),
    "Client": frozenset({"Identity", "Parameter"}),
}
_KNOWN_ELSEWHERE = frozenset(
    {"Autopilot", "Connect", "Echo", "Enqueue", "Leave", "Pay", "Prompt", "Queue", "Refer", "Sim", "Sip"}
    | {"Siprec", "Sms", "Start", "Stop", "Stream", "Task", "VirtualAgent", "ReferSip", "Transcription"}
)
_NEEDS_TEXT = frozenset({"Conference", "Number", "Redirect", "Identity"})
_ENDS = frozenset({"Hangup", "Redirect", "Reject"})


def parse(text: str) -> Document:
    """Read a document.

    Raises:
        TwimlError: it is no XML (12100), no `<Response>` (12102) or too long (11750).
    """
    if len(text) > LONGEST:
        raise TwimlError(11750, "TwiML response body too large")
    try:
        root: Element = fromstring(text.strip())
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise TwimlError(12100, f"Document parse failure: {error}") from error
    if root.tag != "Response":
        raise TwimlError(12102, f"Invalid root element: {root.tag}")
    problems: list[Problem] = []
    verbs = tuple(verb for verb in (_read(each, "Response", _VERBS, problems) for each in root) if verb is not None)
    _check_order(verbs, problems)
    return Document(verbs, tuple(problems))


def _read(element: Element, parent: str, allowed: frozenset[str], problems: list[Problem]) -> Verb | None:
    name = element.tag
    if name not in allowed:
        kind = "unsupported" if name in _KNOWN_ELSEWHERE else "unknown"
        problems.append(Problem(kind, f"<{name}> in <{parent}>"))
        return None
    grammar = GRAMMAR[name]
    for attribute, value in element.attrib.items():
        if attribute not in grammar:
            problems.append(Problem("unknown", f"attribute {attribute} of <{name}>"))
        elif not grammar[attribute](value):
            problems.append(Problem("value", f"{attribute}={value!r} of <{name}>"))
        elif (name, attribute) in UNSUPPORTED:
            problems.append(Problem("unsupported", f"attribute {attribute} of <{name}>"))
    if name == "Gather" and "speech" in element.attrib.get("input", ""):
        problems.append(Problem("unsupported", "speech input of <Gather>"))
    text = (element.text or "").strip()
    if name in _NEEDS_TEXT and not text:
        problems.append(Problem("value", f"<{name}> is empty"))
    if name == "Number" and text and not _phone(text):
        problems.append(Problem("value", f"<Number> {text!r} is not E.164"))
    inside = _INSIDE.get(name, frozenset())
    children = tuple(child for child in (_read(each, name, inside, problems) for each in element) if child is not None)
    return Verb(name, dict(element.attrib), text, children)


def _check_order(verbs: tuple[Verb, ...], problems: list[Problem]) -> None:
    """What comes after a verb that never hands back is never heard, whatever its author hoped."""
    for index, verb in enumerate(verbs[:-1]):
        taken_over = verb.name == "Dial" and verb.attributes.get("action")
        if verb.name in _ENDS or taken_over:
            problems.append(
                Problem(
                    "unreachable", f"<{verbs[index + 1].name}> after <{verb.name}{' action' if taken_over else ''}>"
                )
            )
            return
