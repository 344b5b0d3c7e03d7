"""A decision vector in the gate's own words: the call, and everything known of the number.

What the vector does not mention is taken to be in order (see `dnc.vectors`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from dnc.gate import Facts, clear_lists
from dnc.gate.agreements import months_before
from dnc.numbers import Number, parse_lead_number
from dnc.places import AddressPlace, combine, place_of_address, place_of_number
from dnc.places import Policy as PlacePolicy
from dnc.rules import Rulebook
from dnc.values import (
    Address,
    Block,
    Code,
    Consent,
    Ebr,
    ListEvidence,
    Mode,
    PastEvent,
    Place,
    ProposedCall,
    RndReply,
    Scope,
)
from dnc.vectors import words
from dnc.vectors.words import VectorError
from dnc.zones import zone

__all__ = ["Vector", "call_and_facts", "instant_of"]

Vector = Mapping[str, Any]


def instant_of(vector: Vector) -> datetime:
    """When the call is proposed: in UTC, or on a wall clock."""
    at = words.first(vector, "instant_utc", "instant", "at", "utc", "t")
    if at is not None:
        return words.instant(at, "instant_utc")
    if "local" not in vector:
        raise VectorError("needs 'instant_utc' or 'local'; add one")
    return words.local_instant(vector["local"])


def call_and_facts(vector: Vector, book: Rulebook, at: datetime) -> tuple[ProposedCall, Facts]:
    """A decision vector in the gate's own words."""
    number = str(words.required(vector, "phone", "number"))
    scope = cast(Scope, words.known(words.required(vector, "kind", "scope", "purpose"), words.KINDS, "kind"))
    mode = cast(Mode, words.known(vector.get("mode", "predictive"), words.MODES, "mode"))
    line = vector.get("line_type") or "unknown"
    line_type = words.known(line, words.LINES, "line_type")
    sector = words.known(words.first(vector, "sector", "product") or "other", words.SECTORS, "sector")
    place = _place(vector, number)
    consent, ebr = _consent(vector, at), _ebr(vector, at, place)
    guaranteed = words.first(vector, "agent_guaranteed", "live_agent_guaranteed")
    # Progressive dialing is one line for one agent, who is held for the call.
    held = mode in ("preview", "manual", "progressive") if guaranteed is None else words.flag(guaranteed, "agent")
    call = ProposedCall(
        number=_callable(vector, number),
        scope=scope,
        mode=mode,
        place=place,
        debt=str(words.first(vector, "debt", "account", default="")),
        subject=str(vector.get("subject", "")),
        sector="" if sector == "other" else sector,
        authorisation=str(words.first(vector, "authorisation", "authorization", default="")),
        person=str(vector.get("person", "")),
        line_type="" if line_type == "unknown" else line_type,
        number_kind=_number_kind(vector) or "home",
        consent=consent,
        ebr=ebr,
        agent_guaranteed=held,
    )
    return call, Facts(
        suppressions=_lists(vector, book, call, at),
        history=_history(vector),
        blocks=_blocks(vector),
        rnd=_rnd(vector, consent, at),
    )


def _callable(vector: Vector, number: str) -> str:
    """The number as given; none when the vector knows what digits cannot tell: that it is no number to call."""
    status = str(vector.get("number_status") or "valid").lower()
    if status in ("valid", "ok", "possible") or not isinstance(parse_lead_number(number), Number):
        return number
    return ""


def _number_kind(entry: Vector) -> str:
    """Home, work or other; "" when nothing is said."""
    said = words.first(entry, "number_kind", "phone_kind", "number_type", "phone_type")
    if said:
        return words.known(said, words.NUMBER_KINDS, "number_kind")
    at_work = words.first(entry, "at_work", "workplace", "work", default=False)
    return "work" if words.flag(at_work, "workplace") else ""


def _place(vector: Vector, number: str) -> Place:
    """The jurisdictions and zones given; else those of the number, joined with those of the address."""
    found = place_of_number(number)
    home = found.jurisdictions[0][:2] if found.jurisdictions else "US"
    said = words.texts(words.first(vector, "jurisdictions", "jurisdiction"), "jurisdictions")
    given = {name if name != "ZZ" else f"{home}-ZZ" for name in said}
    zones = words.first(vector, "zones", "zone", "timezone")
    if zones is not None:
        named = words.texts(zones, "zones")
        # A zone that is not known leaves no clock to go by.
        known = () if {"Etc/Unknown", "unknown"} & set(named) else tuple(sorted(named))
        place = Place((), known, "given by the vector")
    elif vector.get("address"):
        place = combine(found, _address(words.fields(vector["address"], "address"), given, home), _policy(vector))
    else:
        place = found
    if vector.get("address"):
        given |= {*words.texts(vector["address"].get("jurisdiction"), "jurisdiction"), *place.jurisdictions}
    given = given or set(place.jurisdictions or found.jurisdictions)
    return replace(place, jurisdictions=tuple(sorted({*given, *(name[:2] for name in given)})))


def _policy(vector: Vector) -> PlacePolicy:
    said = str(vector.get("policy") or "intersect")
    return cast(PlacePolicy, words.known(said, {n: n for n in ("intersect", "address_first")}, "policy"))


def _address(home: Vector, given: set[str], country: str) -> AddressPlace | None:
    """The address; its own zones are those of its postal code."""
    country = str(home.get("country") or country)
    state = str(home.get("state") or "")
    where = str(home.get("jurisdiction") or (f"{country}-{state.removeprefix(f'{country}-')}" if state else ""))
    parts = (where or min(given, default=country)).split("-")
    code = str(words.first(home, "zip", "postal_code", "postcode", default=""))
    zones = words.texts(words.first(home, "zones", "zone", "timezone"), "zones")
    if zones:
        names = tuple("-".join(parts[:count]) for count in range(1, len(parts) + 1))
        return AddressPlace(names, zones, "postal", f"postal code {code}")
    city = str(home.get("city") or ("NYC" if parts[2:] == ["NYC"] else ""))
    return place_of_address(Address(parts[0], parts[1] if len(parts) > 1 else "", city, code), country)


def _consent(vector: Vector, at: datetime) -> Consent:
    said = vector.get("consent")
    about: Vector = said if isinstance(said, Mapping) else {"basis": said or "none"}
    basis = str(words.first(about, "basis", "type", default="none"))
    basis = words.CONSENTS.get(basis.lower(), basis)
    waives = [*words.texts(vector.get("waivers"), "waivers"), *words.texts(vector.get("waiver"), "waiver")]
    waives += words.texts(about.get("waives"), "waives")
    for entry in words.items(vector.get("lists"), "lists"):
        if _exemption(entry) == "permission":
            waives.append("written_permission")
    revoked = words.first(about, "revoked_at", "revoked") or words.first(vector, "consent_revoked_at", "revoked_at")
    if revoked is not None:
        return Consent(basis, _given(vector, about, at), words.instant(revoked, "revoked_at"), waives=tuple(waives))
    if basis == "revoked":
        return Consent("revoked", revoked_at=at)
    if basis == "none" and not waives:
        return Consent()
    return Consent(basis, given_at=_given(vector, about, at), waives=tuple(waives))


def _given(vector: Vector, about: Vector, at: datetime) -> datetime:
    given = words.first(about, "given_at", "given", "date") or words.first(vector, "consent_given_at", "consent_date")
    return at - timedelta(days=30) if given is None else words.instant(given, "given_at")


def _rnd(vector: Vector, consent: Consent, at: datetime) -> RndReply:
    """The database's answer; for the date of consent and of today, unless the vector says otherwise."""
    said = vector.get("rnd")
    about: Vector = said if isinstance(said, Mapping) else {"answer": said or "no"}
    answer: Any = words.known(words.first(about, "answer", "response", default="missing"), words.RND, "rnd")
    since = words.first(about, "since", "date", "query_date", "consent_date")
    obtained = words.first(about, "obtained", "queried", "obtained_at")
    asked = (consent.given_at or at).date() if since is None else words.day(since, "since")
    return RndReply(answer, asked, at.date() if obtained is None else words.day(obtained, "obtained"))


_AGE = re.compile(r"(?:(\d+)m)?(?:(\d+)d)?")
#: Purposes and persons that the National registry does not bind; a vector may state them of one list.
_UNBOUND = frozenset(
    {
        "not_telemarketing",
        "debt_collection",
        "charity",
        "nonprofit",
        "political",
        "survey",
        "research",
        "informational",
        "b2b",
        "business",
    }
)


def _exemption(entry: Vector) -> str:
    """What kind of reason a list's entry gives for not binding: "", "ebr", "permission" or "unbound"."""
    said = entry.get("exempt") if isinstance(entry, Mapping) else None
    if said in (None, False, ""):
        return ""
    word = str(said).lower()
    if word.split("_")[0] == "ebr":
        return "ebr"
    if "permission" in word or "consent" in word:
        return "permission"
    if word in _UNBOUND:
        return "unbound"
    raise VectorError(f"exempt {said!r} is unknown; write ebr, written_permission or {', '.join(sorted(_UNBOUND))}")


def _ebr(vector: Vector, at: datetime, place: Place) -> Ebr:
    """The relationship given by dates, or by an age such as `ebr_transaction_17m29d`."""
    given = words.fields(vector.get("ebr") or {}, "ebr")
    dates = {
        "transaction": words.first(given, "last_transaction", "transaction", "last_purchase", "purchase"),
        "inquiry": words.first(given, "last_inquiry", "inquiry"),
    }
    found = {what: words.day(when, what) for what, when in dates.items() if when is not None}
    today = max((at.astimezone(zone(name)).date() for name in place.zones), default=at.date())
    for entry in words.items(vector.get("lists"), "lists"):
        if _exemption(entry) == "ebr":
            parts = str(entry["exempt"]).lower().split("_")
            age = _AGE.fullmatch(parts[2]) if len(parts) > 2 else None
            months, days = (int(age[1] or 0), int(age[2] or 0)) if age else (0, 1)
            what = "inquiry" if parts[1:2] == ["inquiry"] else "transaction"
            found[what] = months_before(today, months) - timedelta(days=days)
    return Ebr(found.get("transaction"), found.get("inquiry"))


def _lists(vector: Vector, book: Rulebook, call: ProposedCall, at: datetime) -> list[ListEvidence]:
    """The lists named, and every other list of the place fresh and without this number."""
    named = [_list(words.fields(e, "list"), call, at) for e in words.items(vector.get("lists"), "lists")]
    mentioned = {(e.kind, e.jurisdiction) for e in named}
    others = clear_lists(book, book.bound(call.place.jurisdictions, call.scope, call.mode).jurisdictions)
    return [*named, *(e for e in others if (e.kind, e.jurisdiction) not in mentioned)]


def _list(entry: Vector, call: ProposedCall, at: datetime) -> ListEvidence:
    kind: Any = words.known(words.required(entry, "list", "kind"), words.LISTS, "list")
    place = call.place.jurisdictions
    states = [name for name in place if name.count("-") == 1]
    where = {"national": place[0][:2] if place else "", "state": states[0] if states else ""}.get(kind, "")
    listed = words.flag(entry.get("listed"), "listed")
    pattern = str(entry.get("pattern") or "")
    if "listed" not in entry and kind == "areacode" and pattern:
        digits = pattern.upper().removeprefix("+").removeprefix("1" if len(pattern) > 10 else "").replace("X", "[0-9]")
        listed = re.fullmatch(digits, call.number.removeprefix("+1")) is not None
    age, limit = entry.get("age_days"), entry.get("max_age_days")
    obtained = words.first(entry, "obtained", "obtained_at")
    if age is None and obtained is not None:
        age = (at.date() - words.day(obtained, "obtained")).days
    status: Any = words.known(entry.get("status") or "fresh", words.STATUSES, "status")
    return ListEvidence(
        kind=kind,
        name=str(entry.get("name") or kind),
        status=status,
        listed=listed and (kind not in ("national", "state") or _exemption(entry) != "unbound"),
        age_days=None if age is None else int(words.number(age, "age_days")),
        max_age_days=None if limit is None else int(words.number(limit, "max_age_days")),
        detail=pattern,
        jurisdiction=str(entry.get("jurisdiction") or where),
    )


def _history(vector: Vector) -> list[PastEvent]:
    """Past events; one that the vector excludes does not count, and an incoming call is no attempt of ours."""
    found = []
    for entry in words.items(vector.get("history"), "history"):
        about = words.fields(entry, "event")
        event = words.known(words.required(about, "event", "kind", "type"), words.EVENTS, "event")
        incoming = str(words.first(about, "direction", default="")).lower() in ("in", "inbound", "incoming")
        if words.flag(about.get("excluded"), "excluded") or (incoming and event in ("attempt", "unconnected")):
            continue
        connected = words.flag(words.first(about, "connected", "counts", default=True), "connected")
        kind: Any = "attempt" if event == "unconnected" else event
        found.append(
            PastEvent(
                at=words.instant(words.required(about, "t", "at", "time", "instant_utc"), "t"),
                kind=kind,
                number=str(words.first(about, "number", "phone", default="")),
                person=str(about.get("person", "")),
                debt=str(words.first(about, "debt", "account", default="")),
                subject=str(about.get("subject", "")),
                counts=connected and event != "unconnected",
                number_kind=_number_kind(about),
            )
        )
    return found


def _blocks(vector: Vector) -> list[Block]:
    """Closures: a code, or an object with code, hours, days and until."""
    found = []
    for entry in words.items(vector.get("blocks"), "blocks"):
        about: Vector = entry if isinstance(entry, Mapping) else {"code": entry}
        code: Any = Code(words.known(words.required(about, "code", "block"), words.BLOCKS, "block"))
        until = about.get("until")
        found.append(
            Block(
                code,
                str(about.get("detail") or vector.get("note") or ""),
                hours=words.texts(about.get("hours"), "hours"),
                days=tuple(int(words.number(d, "days")) for d in words.items(about.get("days"), "days")),
                until=None if until is None else words.instant(until, "until"),
            )
        )
    return found
