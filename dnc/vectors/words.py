"""The words of compliance test vectors: synonyms, instants and the shapes a field may have.

Vectors come from several hands, so what is meant plainly is read plainly: `sales` is telemarketing, `power` is ratio
dialing, an instant without a zone in a field called UTC is UTC, a list of one may stand as the one. A word that nobody
knows is not guessed and not passed over: it is a `VectorError`, one sentence that names the field, the value and the
words that are known. Keys that nobody knows are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dnc.zones import UnknownZone, zone

__all__ = [
    "BLOCKS",
    "CONSENTS",
    "EVENTS",
    "KINDS",
    "LINES",
    "LISTS",
    "MODES",
    "NUMBER_KINDS",
    "OUTCOMES",
    "RND",
    "SECTORS",
    "STATUSES",
    "TYPES",
    "VectorError",
    "day",
    "fields",
    "first",
    "flag",
    "instant",
    "items",
    "known",
    "local_instant",
    "number",
    "required",
    "texts",
]

Fields = Mapping[str, Any]


class VectorError(ValueError):
    """A vector that cannot be read; the message is one sentence."""


def _table(**words: str) -> dict[str, str]:
    """Each key for itself and for the words behind it: `{"stale": "stale", "old": "stale"}`."""
    return {word: name for name, others in words.items() for word in (name, *others.split())}


TYPES = _table(
    decision="",
    abandonment="abandonment_rate",
    call_classification="classification",
    optout_deadline="opt_out_deadline opt_out optout",
)
KINDS = _table(
    telemarketing="sales sale marketing solicitation promotional telesales",
    debt_collection="debt collection collections debt_collections",
    research="survey surveys market_research poll polling opinion_research",
    informational="information reminder service transactional servicing",
    charity="charitable donation donations fundraising nonprofit non_profit",
    political="politics campaign_call",
)
MODES = _table(
    predictive="autodialed autodialled autodialer autodialler automated auto atds",
    progressive="",
    ratio="power",
    preview="",
    manual="hand_dialed hand_dialled click_to_dial",
    prerecorded="recorded robocall artificial_voice voice_broadcast broadcast adad ringless_voicemail",
)
EVENTS = _table(
    attempt="attempted call called dial dialed dialled no_answer ring_no_answer voicemail voicemail_left",
    text="sms text_message",
    conversation="talked inbound_conversation",
    abandoned="abandon dropped",
    amd_machine="machine answering_machine amd",
    refusal="refused objection",
)
#: Attempts that did not connect: Regulation F does not count them, other caps may.
_UNCONNECTED = frozenset({"busy", "failed", "not_in_service", "disconnected", "congestion", "invalid"})
EVENTS |= dict.fromkeys(_UNCONNECTED, "unconnected")
LISTS = _table(
    national="ndnc us_ndnc dncl tps ctps dncr bloctel robinson rpo ncpr repep",
    state="",
    internal="company entity own seller dnc",
    client="",
    campaign="",
    areacode="area_code npa",
    litigator="litigators",
    wireless="ported",
)
STATUSES = _table(
    fresh="current ok good",
    stale="expired old outdated",
    missing="absent never not_downloaded never_downloaded empty none",
    unreadable="corrupt damaged rejected truncated",
)
CONSENTS = _table(
    none="no missing",
    pewc="express_written prior_express_written written_consent",
    express="prior_express oral_express",
    revoked="withdrawn revocation",
)
RND = _table(yes="disconnected reassigned", no="not_disconnected", no_data="nodata unknown", missing="not_queried")
NUMBER_KINDS = _table(
    home="residence residential cell mobile personal", work="workplace office employer business", other=""
)
LINES = _table(mobile="wireless cell cellular", fixed="landline fixed_line residential wireline", unknown="voip")
BLOCKS = {
    "INCONVENIENT_TIME": "INCONVENIENT_TIME",
    "EMERGENCY_SUSPENSION": "EMERGENCY_SUSPENSION",
}
OUTCOMES = _table(
    connected="",
    abandoned="",
    machine="not_a_person not_live not_counted excluded",
    ok="no_answer busy",
    violation="",
)
SECTORS = _table(
    claims_management="claims claims_handling",
    pensions="pension",
    home_energy="energy energy_renovation",
    training_account="cpf",
    medicare_plans="medicare medicare_advantage",
    financial_products="",
    other="",
)


def first(fields: Fields, *names: str, default: Any = None) -> Any:
    """The value of the first of these keys that is there; `default` when none is."""
    return next((fields[name] for name in names if name in fields), default)


def required(fields: Fields, *names: str) -> Any:
    """As `first`; raises when none of the keys is there."""
    found = first(fields, *names)
    if found is None:
        raise VectorError(f"needs {names[0]!r}; add it")
    return found


def known(value: object, table: Mapping[str, str], what: str) -> str:
    """The name for a word; raises for a word that the table does not have."""
    word = re.sub(r"[\s/-]+", "_", str(value).strip())
    found = table.get(word, table.get(word.lower()))
    if not isinstance(value, str) or found is None:
        names = ", ".join(dict.fromkeys(table.values()))
        raise VectorError(f"{what} {value!r} is unknown; write one of {names}")
    return found


def items(value: object, what: str) -> list[Any]:
    """A list as it is, nothing as an empty one, a single text or object as a list of one."""
    if value is None or value == "":
        return []
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str | Mapping):
        return [value]
    raise VectorError(f"{what} {value!r} is not a list")


def flag(value: object, what: str) -> bool:
    """A yes or no. A text says no only with a word for it: a reason given as a text means yes."""
    if value is None or isinstance(value, bool | int):
        return bool(value)
    if isinstance(value, str):
        return value.strip().lower() not in ("", "no", "false", "0", "n")
    raise VectorError(f"{what} {value!r} is not true or false")


def number(value: object, what: str) -> float:
    """A number of calls, seconds or days; raises for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise VectorError(f"{what} {value!r} is not a number")
    return value


def instant(value: object, what: str) -> datetime:
    """An ISO 8601 instant, or seconds since 1970; without a zone it is UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        text = re.sub(r"\s*(?:UTC|GMT|z)$", "Z", str(value).strip())
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise VectorError(f"{what} {value!r} is not an instant; write 2026-11-23T17:00:00Z") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def local_instant(value: object) -> datetime:
    """An instant on a wall clock: `2026-11-23T12:00:00 America/New_York`."""
    try:
        text, _, name = str(value).strip().rpartition(" ")
        here: ZoneInfo = zone(name)
        return datetime.fromisoformat(text).replace(tzinfo=here)
    except (ValueError, UnknownZone):
        raise VectorError(
            f"local {value!r} is not a time and a zone; write 2026-11-23T12:00:00 America/New_York"
        ) from None


def day(value: object, what: str) -> date:
    """A date, or the date of an instant as it is written."""
    try:
        return datetime.fromisoformat(str(value).strip()).date()
    except ValueError:
        raise VectorError(f"{what} {value!r} is not a date; write 2026-11-23") from None


def texts(value: object, what: str) -> tuple[str, ...]:
    """A list of texts; one text may hold several, with commas or blanks between."""
    found = re.split(r"[,\s]+", value.strip()) if isinstance(value, str) else items(value, what)
    if not all(isinstance(each, str) for each in found):
        raise VectorError(f"{what} {value!r} is not a list of texts")
    return tuple(filter(None, found))


def fields(value: object, what: str) -> Fields:
    """An object; raises for anything else."""
    if not isinstance(value, Mapping):
        raise VectorError(f"{what} {value!r} is not an object; write it in braces")
    return value
