"""The case file of one number: everything on record about it, as values, as JSON and as a page for an auditor.

The page is one self-contained HTML file (`dialer.reports.pages`). Where records are read is somebody else's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from dialer.reports.pages import template, utc_text
from dialer.reports.reasons import reason_words
from dnc.zones import zone

__all__ = ["CaseFile", "Decision", "ListUse", "Proof", "Reason", "as_dict", "to_html"]

_FORMAT = "dialer case file 2"
_HOW = (
    "hash = sha256(prev_hash + newline + seq + newline + body), lower-case hex; the first prev_hash is 64 zeros. "
    "Each row here can be recomputed from its own body; that it stands in the chain that ends with `head` is "
    "proved on the database with: dialer audit verify --head HEAD"
)
_When = Callable[[datetime | None], str]
#: Entries of the timeline that stand by themselves too.
_AGREEMENTS = ("consent", "business")
#: What a lead tells of the person: column -> heading.
_PERSON = (
    ("external_id", "external id"),
    ("person_id", "person id"),
    ("debt_id", "debt id"),
    ("email", "e-mail"),
    ("address", "address"),
    ("postal_code", "postal code"),
    ("city", "city"),
    ("state", "state"),
    ("country", "country"),
    ("timezone", "time zone"),
    ("language", "language"),
    ("custom", ""),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One check of a decision: what was looked at, on what authority, and what was seen."""

    rule: str
    code: str  # empty for a check that passed: the ledger keeps its rule alone
    words: str
    citation: str
    status: str
    saw: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the ledger, read."""

    seq: int
    at: datetime
    allowed: bool
    campaign: str
    client: str
    lead: str
    scope: str
    mode: str
    attempt: str  # the id of the call that would be, or was, placed
    jurisdictions: tuple[str, ...]
    zones: tuple[str, ...]
    failed: tuple[Reason, ...]
    passed: tuple[Reason, ...]
    next_allowed: datetime | None
    versions: dict[str, str]
    body: str  # the very text that was hashed
    prev_hash: str
    hash: str
    in_chain: bool  # its hash is that of its body, and it stands in the part of the chain that was proved

    @property
    def code(self) -> str:
        """The first code that stood against the call, or ALLOW."""
        return self.failed[0].code if self.failed else "ALLOW"


@dataclass(frozen=True, slots=True)
class ListUse:
    """One version of a list that decisions rested on or that has the number, and what its manifest says of its source.

    `listed` None: data, or a version whose numbers are not kept any more.
    """

    name: str
    version: str
    decisions: int
    first: datetime | None  # None: no decision rested on it
    last: datetime | None
    listed: bool | None = None
    imported_at: datetime | None = None
    obtained_at: datetime | None = None
    source_file: str = ""
    source_sha256: str = ""
    rows: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the whole ledger is one chain."""

    intact: bool
    rows: int
    head: str
    broken: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything on record about one number at one instant."""

    number: str
    exported_at: datetime
    exported_by: str
    rules_version: str
    zones: tuple[str, ...]  # of the person, as far as known; clocks that never differ are named once
    leads: tuple[dict[str, Any], ...]
    consents: tuple[dict[str, Any], ...]
    relationships: tuple[dict[str, Any], ...]
    lists: tuple[ListUse, ...]
    decisions: tuple[Decision, ...]
    calls: tuple[dict[str, Any], ...]
    imported_calls: tuple[dict[str, Any], ...]  # placed by another system, counted by caps
    payments: tuple[dict[str, Any], ...]  # that clients reported of the person's accounts
    runs: tuple[dict[str, Any], ...]  # who placed them: a process on a node, on the real clock or in a simulation
    do_not_call: tuple[dict[str, Any], ...]
    removals: tuple[dict[str, Any], ...]  # who asked to take the number off an own list, and what was said to it
    inconvenient_times: tuple[dict[str, Any], ...]
    erasures: tuple[dict[str, Any], ...]
    acts: tuple[dict[str, Any], ...]  # who looked the number up on the pages, or exported this
    told: tuple[dict[str, Any], ...]  # what clients' own programs were told, or are to be, as long as it is kept
    proof: Proof

    @property
    def empty(self) -> bool:
        """Whether nothing at all is on record but who asked."""
        said = (self.consents, self.relationships, self.do_not_call, self.inconvenient_times, self.erasures)
        return not any((self.leads, self.decisions, self.calls, self.imported_calls, self.payments, *said)) and not any(
            use.listed for use in self.lists
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the timeline."""

    at: datetime
    kind: str  # decision, call, list, consent, business, block, lead, erasure, act, told
    title: str
    tone: str = ""  # good, bad
    facts: tuple[tuple[str, str], ...] = ()
    decision: Decision | None = None
    clocks: tuple[str, ...] = field(default=())


def as_dict(case: CaseFile) -> dict[str, Any]:
    """The case file as JSON values: instants in ISO 8601, texts untouched."""
    body: dict[str, Any] = {
        "format": _FORMAT,
        "number": case.number,
        "exported_at": case.exported_at,
        "exported_by": case.exported_by,
        "rules_version": case.rules_version,
        "zones": list(case.zones),
        "leads": list(case.leads),
        "consents": list(case.consents),
        "relationships": list(case.relationships),
        "lists": [asdict(use) for use in case.lists],
        "decisions": [{"code": each.code, **asdict(each)} for each in case.decisions],
        "calls": list(case.calls),
        "imported_calls": list(case.imported_calls),
        "payments": list(case.payments),
        "runs": list(case.runs),
        "do_not_call": list(case.do_not_call),
        "removal_requests": list(case.removals),
        "inconvenient_times": list(case.inconvenient_times),
        "erasures": list(case.erasures),
        "acts": list(case.acts),
        "outgoing_events": list(case.told),
        "ledger": {**asdict(case.proof), "how_to_verify": _HOW},
    }
    plain: dict[str, Any] = _plain(body)
    return plain


def to_html(case: CaseFile) -> str:
    """The page, as text: a complete HTML document."""
    refused = sum(not each.allowed for each in case.decisions)
    standing = {each.seq for each in case.decisions if each.allowed and each.in_chain}
    unfounded = [call["call_id"] for call in case.calls if call["ledger_seq"] not in standing]
    entries = _timeline(case)
    return template("case_file.html.j2").render(
        case=case,
        entries=entries,
        people=[(lead, list(_person(lead))) for lead in case.leads],
        agreements=[(each.title, each.facts, each.tone or "good") for each in entries if each.kind in _AGREEMENTS],
        alarms=list(_alarms(case, unfounded)),
        unfounded=unfounded,
        refused=refused,
        allowed=len(case.decisions) - refused,
        answered=sum(call.get("answered_at") is not None for call in case.calls),
        exported=_clock(case.exported_at, "UTC"),
        how=_HOW,
    )


def _alarms(case: CaseFile, unfounded: list[str]) -> Iterator[str]:
    """What a reader must not miss."""
    proof = case.proof
    if not proof.intact:
        where = "" if proof.broken is None else f" at row {proof.broken}"
        beyond = f"Nothing on this page is proved beyond row {proof.rows}."
        yield f"The ledger is broken{where}: {proof.detail}. {beyond}"
    if unfounded:
        yield f"Calls without a proved decision that allowed them: {', '.join(unfounded)}."
    if case.erasures:
        day = utc_text(case.erasures[-1]["at"])
        yield f"The person's data was erased on {day}: what stands here is what the law keeps."
    simulated = [run["run_id"] for run in case.runs if run.get("clock") == "virtual"]
    if simulated:
        yield f"Simulated, nobody was called: the calls of run {', '.join(simulated)}."


def _person(lead: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a lead tells of the person, by heading."""
    for key, label in _PERSON:
        value = lead[key]
        if isinstance(value, dict):
            yield from ((str(name), str(each)) for name, each in value.items())
        elif value:
            yield label, str(value)


def _timeline(case: CaseFile) -> list[_Entry]:
    """Everything that happened, oldest first, each with the clocks of the person."""

    def when(at: datetime | None) -> str:
        if at is None or len(case.zones) != 1:
            return utc_text(at)
        return f"{at.astimezone(zone(case.zones[0])):%Y-%m-%d %H:%M:%S %Z}"

    found = [_of_decision(each, when) for each in case.decisions]
    nodes = {run["run_id"]: run for run in case.runs}
    found += [_of_call(each, when, nodes[each["run_id"]]) for each in case.calls]
    found += [_of_entry(each, when) for each in case.do_not_call]
    found += [_of_removal(each) for each in case.removals]
    found += [_of_consent(each, when) for each in case.consents]
    found += [_of_relationship(each, when) for each in case.relationships]
    found += [_of_erasure(each) for each in case.erasures]
    found += [_of_act(each) for each in case.acts]
    found += [_of_import(each, when) for each in case.imported_calls]
    found += [_of_payment(each, when) for each in case.payments]
    found += [_of_told(each, when) for each in case.told]
    found += [_of_block(each, when) for each in case.inconvenient_times]
    found += [_of_lead(each) for each in case.leads]
    order = ("lead", "consent", "business", "list", "block", "decision", "call", "erasure", "act", "told")
    found.sort(key=lambda each: (each.at, order.index(each.kind)))
    return [
        _Entry(
            each.at,
            each.kind,
            each.title,
            each.tone,
            tuple((name, value) for name, value in each.facts if value),
            each.decision,
            tuple(_clock(each.at, name) for name in case.zones) or (_clock(each.at, "UTC"),),
        )
        for each in found
    ]


def _of_decision(each: Decision, when: _When) -> _Entry:
    if each.allowed:
        title = f"Allowed: {len(each.passed)} checks, nothing stood against the call"
    else:
        title = f"Refused: {'; '.join(dict.fromkeys(reason_words(reason.code) for reason in each.failed))}"
    facts = (
        ("decision", f"row {each.seq} of the ledger"),
        ("for", f"campaign {each.campaign} of {each.client}, {each.scope.replace('_', ' ')}, {each.mode}"),
        ("place", ", ".join(each.jurisdictions) or "unknown"),
        ("next lawful minute", when(each.next_allowed) if not each.allowed else ""),
        ("call", each.attempt if each.allowed else ""),
    )
    return _Entry(each.at, "decision", title, "good" if each.allowed else "bad", facts, each)


def _of_call(call: dict[str, Any], when: _When, run: dict[str, Any]) -> _Entry:
    said = [
        f"{each['code']} by {each['agent_id']} at {when(each['at'])}"
        + (f", call back {when(each['callback_at'])}" if each["callback_at"] else "")
        + (f" by {each['callback_for']}" if each["callback_for"] else "")
        + (
            f", promised {each['promise_amount']} {each['promise_currency']} by {each['promise_due']}"
            if each["promise_amount"]
            else ""
        )
        + (f": {each['notes']}" if each["notes"] else "")
        for each in call["dispositions"]
    ]
    facts = (
        ("call", f"{call['call_id']}, on decision {call['ledger_seq']}"),
        ("campaign", f"{call['campaign']} of {call['client']}, {call['mode']}"),
        ("shown number", call["caller_id"]),
        ("ringing", when(call["ringing_at"])),
        ("answered", when(call["answered_at"])),
        ("joined to an agent", " ".join(filter(None, (call["agent_id"], when(call["bridged_at"]))))),
        ("recorded message", "played" if call["message_played"] else ""),
        ("ended", when(call["ended_at"])),
        ("detail", call["detail"] or ""),
        ("agents said", "; ".join(said)),
        ("recorded", "; ".join(f"{each['carrier_ref']}: {each['status']}" for each in call["recordings"])),
        ("placed by", " ".join(filter(None, (f"run {run['run_id']}", f"on {run['node']}" if "node" in run else "")))),
    )
    result = (call["result"] or f"still {call['state']}").replace("_", " ")
    verb = "Simulated call" if run.get("clock") == "virtual" else "Called"
    return _Entry(call["placed_at"], "call", f"{verb}: {result}", "", facts)


def _of_import(call: dict[str, Any], when: _When) -> _Entry:
    talked = "" if call["talk_seconds"] is None else f"{call['talk_seconds']:.0f} s"
    facts = (
        ("campaign", f"{call['campaign']} of {call['client']}"),
        ("code there", call["code"]),
        ("agent there", call["agent"]),
        ("talk", talked),
        ("source", call["source"]),
        ("imported", f"{when(call['imported_at'])} by {call['imported_by']}"),
    )
    result = (call["result"] or "result unknown").replace("_", " ")
    return _Entry(call["placed_at"], "call", f"Called by another system: {result}", "", facts)


def _of_payment(paid: dict[str, Any], when: _When) -> _Entry:
    account = ", ".join(f"{name} {paid[name]}" for name in ("debt_id", "account_id", "external_id") if paid[name])
    facts = (
        ("client", paid["client"]),
        ("account", account),
        ("paid on", f"{paid['paid_on']}"),
        ("reference", paid["reference"]),
        ("source", paid["source"]),
        ("imported", f"{when(paid['imported_at'])} by {paid['imported_by']}"),
    )
    return _Entry(paid["imported_at"], "business", f"Payment told: {paid['amount']} {paid['currency']}", "", facts)


def _of_entry(entry: dict[str, Any], when: _When) -> _Entry:
    where = " ".join(filter(None, (entry["scope"], entry["scope_id"])))
    verb = "put on" if entry["action"] == "add" else "taken off"
    facts = (
        ("entry", f"{entry['entry_id']}: {entry['number']}"),
        ("why", entry["reason"]),
        ("source", entry["source"]),
        ("by", entry["by"]),
        ("until", when(entry["expires_at"])),
    )
    return _Entry(entry["at"], "list", f"Do not call: {verb} the list of the {where}", "", facts)


def _of_removal(step: dict[str, Any]) -> _Entry:
    where = " ".join(filter(None, (step["scope"], step["scope_id"])))
    verb = {"ask": "asked for", "approve": "approved", "refuse": "refused", "withdraw": "withdrawn"}[step["step"]]
    facts = (("why", step["reason"]), ("source", step["source"]), ("by", step["by"]))
    return _Entry(step["at"], "list", f"Do not call: removal from the list of the {where} {verb}", "", facts)


def _of_consent(consent: dict[str, Any], when: _When) -> _Entry:
    gone = consent["revoked_at"] is not None
    what = "" if consent["basis"] == "revoked" else f": {consent['basis']}"
    title = f"Consent {'taken back' if gone else 'on record'}{what}, for {consent['client'] or 'every client'}"
    facts = (
        ("given", when(consent["given_at"])),
        ("taken back", when(consent["revoked_at"])),
        ("at law until", "" if consent["honour_by"] is None else f"{consent['honour_by']}; here at once"),
        ("purposes", ", ".join(consent["scopes"])),
        ("covers also", ", ".join(consent["waives"])),
        ("how it came", consent["channel"]),
        ("name", consent["name"]),
        ("words", consent["reason"]),
        ("request as shown, sha256", consent["shown_sha256"]),
        ("proof", " ".join(filter(None, (consent["reference"], consent["evidence_sha256"])))),
        ("source", consent["source"]),
        ("recorded", _recorded(consent, when)),
    )
    return _Entry(consent["recorded_at"], "consent", title, "bad" if gone else "", facts)


def _of_relationship(fact: dict[str, Any], when: _When) -> _Entry:
    ended = fact["kind"] == "end"
    title = f"Business relationship with {fact['client']} {'ended' if ended else 'noted'}"
    facts = (
        (fact["kind"], f"{fact['day']}"),
        ("how it came", fact["channel"]),
        ("proof", " ".join(filter(None, (fact["reference"], fact["evidence_sha256"])))),
        ("source", fact["source"]),
        ("recorded", _recorded(fact, when)),
    )
    return _Entry(fact["recorded_at"], "business", title, "bad" if ended else "", facts)


def _recorded(row: dict[str, Any], when: _When) -> str:
    by = f" by {row['recorded_by']}" if row["recorded_by"] else ""
    return f"{when(row['recorded_at'])}{by}"


def _of_erasure(erasure: dict[str, Any]) -> _Entry:
    facts = (("why", erasure["reason"]), ("by", erasure["by"]))
    return _Entry(erasure["at"], "erasure", "The person's data was erased", "bad", facts)


def _of_act(act: dict[str, Any]) -> _Entry:
    title = f"{act['act'].replace('_', ' ').capitalize()}{'' if act['done'] else ': refused'}"
    return _Entry(act["at"], "act", title, "" if act["done"] else "bad", (("by", act["by"]), ("detail", act["detail"])))


def _of_told(event: dict[str, Any], when: _When) -> _Entry:
    title = f"Event {event['kind']} for {event['client']}: {event['state']}"
    facts = (("address", event["url"]), ("since", when(event["settled_at"])), ("event", event["event_id"]))
    return _Entry(event["at"], "told", title, "", facts)


def _of_block(block: dict[str, Any], when: _When) -> _Entry:
    lifted = block["lifts"] is not None
    title = f"Inconvenient time {'lifted' if lifted else 'named'}"
    hours = ", ".join(block["hours"])
    facts = (("hours", hours), ("detail", block["detail"]), ("until", when(block["until"])), ("by", block["by"]))
    return _Entry(block["at"], "block", title, "", facts)


def _of_lead(lead: dict[str, Any]) -> _Entry:
    title = f"Loaded into {lead['campaign']}"
    facts = (
        ("list", f"{lead['file_name']}, line {lead['line']}"),
        ("sha256 of the list", lead["list_sha256"]),
        ("by", lead["loaded_by"]),
    )
    return _Entry(lead["loaded_at"], "lead", title, "", facts)


def _clock(at: datetime, name: str) -> str:
    """An instant on a wall clock, with the zone's name."""
    here = at.astimezone(UTC if name == "UTC" else zone(name))
    return f"{here:%a %Y-%m-%d %H:%M:%S} {here:%Z}" + ("" if name == "UTC" else f" ({name})")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
