"""VICIdial's system statuses and our words for them, both ways.

Their names are those of VICIdial's `vicidial_statuses` as it is installed. A house adds its own; those are unknown
here, and count as a call (with a conversation where somebody talked), because caps must never be dialed past.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["CODES", "RESULTS", "Meaning", "code_of", "meaning_of"]

#: The words of `engine.states.CallResult`.
RESULTS: Final = frozenset(
    ("human", "machine", "fax", "busy", "no_answer", "invalid", "congestion", "failed", "abandoned", "cancelled",
     "hung_up_first", "to_agent", "message_heard", "message_part", "opted_out", "voicemail_left")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says of a call. `result` "": of the call nothing is known; None: nobody was called."""

    result: str | None
    conversation: bool = False
    refusal: bool = False
    opt_out: bool = False


_TALKED = Meaning("human", conversation=True)
_MACHINE = Meaning("machine")
_NOBODY = Meaning(None)

#: VICIdial's code -> what it means.
CODES: Final[Mapping[str, Meaning]] = {
    "NEW": _NOBODY,
    "QUEUE": _NOBODY,
    "DNCL": Meaning(None, opt_out=True),
    "NA": Meaning("no_answer"),
    "N": Meaning("no_answer"),
    "B": Meaning("busy"),
    "AB": Meaning("busy"),
    "A": _MACHINE,
    "AA": _MACHINE,
    "AM": Meaning("voicemail_left"),
    "AL": Meaning("voicemail_left"),
    "SVYVM": Meaning("voicemail_left"),
    "AFAX": Meaning("fax"),
    "FAX": Meaning("fax"),
    "DC": Meaning("invalid"),
    "ADC": Meaning("invalid"),
    "ADCT": Meaning("invalid"),
    "CONG": Meaning("congestion"),
    "ADAIR": Meaning("hung_up_first"),
    "DAIR": Meaning("hung_up_first"),
    "DROP": Meaning("abandoned"),
    "PDROP": Meaning("abandoned"),
    "XDROP": Meaning("abandoned"),
    "TIMEOT": Meaning("abandoned"),
    "PU": Meaning("human"),
    "PM": Meaning("message_heard"),
    "SVYHU": Meaning("message_part"),
    "SVYEXT": Meaning("to_agent", conversation=True),
    "INCALL": _TALKED,
    "DISPO": _TALKED,
    "CALLBK": _TALKED,
    "CBHOLD": _TALKED,
    "SALE": _TALKED,
    "XFER": _TALKED,
    "RQXFER": _TALKED,
    "WRONG": _TALKED,
    "DEC": Meaning("human", conversation=True, refusal=True),
    "NI": Meaning("human", conversation=True, refusal=True),
    "NP": _TALKED,
    "DNC": Meaning("human", conversation=True, opt_out=True),
    "DNCC": Meaning("human", conversation=True, opt_out=True),
    "ERI": Meaning("failed"),
    "LRERR": Meaning("failed"),
}

#: Flags of a disposition, the telling ones first, and the code of each.
_BY_FLAG: Final = (
    ("opt_out", "DNC"),
    ("conversion", "SALE"),
    ("callback", "CALLBK"),
    ("wrong_number", "WRONG"),
    ("refusal", "NI"),
)
_BY_RESULT: Final[Mapping[str, str]] = {
    "human": "INCALL",
    "machine": "A",
    "fax": "AFAX",
    "busy": "AB",
    "no_answer": "NA",
    "invalid": "ADC",
    "congestion": "CONG",
    "failed": "ERI",
    "abandoned": "DROP",
    "cancelled": "NA",
    "hung_up_first": "PU",
    "to_agent": "SVYEXT",
    "message_heard": "PM",
    "message_part": "SVYHU",
    "opted_out": "DNC",
    "voicemail_left": "AL",
}


def meaning_of(code: str) -> Meaning | None:
    """What VICIdial's code, or a word of ours for a result, says of a call; None for a code nobody here knows."""
    word = code.strip()
    if word.lower() in RESULTS:
        said = word.lower()
        return Meaning(said, conversation=said in ("human", "to_agent"), opt_out=said == "opted_out")
    return CODES.get(word.upper())


def code_of(result: str, flags: Collection[str] = (), *, status: str = "") -> str:
    """VICIdial's code of a call or of a lead.

    Args:
        result: how the (last) call ended; "": none was made, or it is not over.
        flags: of the disposition in force.
        status: of the lead, when a lead is asked about: a callback that is promised says CALLBK, one that was never
            called NEW. A blocked lead that was never called says DNCL.
    """
    if status == "callback":
        return "CALLBK"
    for flag, code in _BY_FLAG:
        if flag in flags:
            return code
    if result:
        return "NP" if flags and result in ("human", "to_agent") else _BY_RESULT.get(result, "ERI")
    return "DNCL" if status == "blocked" else "NEW" if status else "QUEUE"
