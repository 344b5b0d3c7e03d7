"""Loading a contact list: leads, their phones and places, in bulk, each number once per campaign.

Theory of operation. A list is known by its campaign and the sha256 of its file: loading the same file again
changes nothing and says so. Rows are written in short transactions of a few thousand leads, so that a floor that is
dialing meanwhile never waits long; the list's row counts them in the same transactions. When loading breaks off, the
next load of the same file goes on behind the last line written. A number that the campaign already has is a
duplicate; a lead whose every number is one is not loaded. Nor is a lead with a number whose owner was erased at their
request, even while the file was being read: this is asked in the transaction that writes.

What a row says of the last transaction or inquiry goes to the record of relationships, by number.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, bindparam, func, insert, select, text, update

from dialer.store import erasures, relationships
from dialer.store import places as _places
from dialer.store.database import Store
from dialer.store.reconsider import reconsider
from dialer.store.schema import campaign as _campaign
from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing
from dnc.values import Place

if TYPE_CHECKING:
    import pandas as pd

    from campaigns.lists import Chunk

__all__ = [
    "Loaded",
    "NewLead",
    "NewPhone",
    "add_row",
    "business_of",
    "insert_list",
    "insert_phone",
    "known",
    "leads_of",
    "note_business",
]


@dataclass(frozen=True, slots=True)
class NewPhone:
    """One number of a new lead, where a call to it lands, and what is known of it."""

    number: str  # E.164
    place: Place
    kind: str = "home"  # home, work, other
    line_type: str = ""


@dataclass(frozen=True, slots=True)
class NewLead:
    """One row of a contact list, checked: whom to call, on which numbers, in order.

    `blocked` says why the person must not be called at all (an attorney, a cease request); empty: may be. The last
    transaction and inquiry are facts of its numbers (`dialer.store.relationships`), not of the lead.
    """

    line: int
    phones: Sequence[NewPhone]
    external_id: str = ""
    person_id: str = ""
    debt_id: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    address: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    timezone: str = ""
    language: str = ""
    owner: str = ""
    priority: int = 0
    consent_basis: str = "none"
    consent_at: datetime | None = None
    consent_ref: str = ""
    consent_revoked_at: datetime | None = None
    consent_waives: Sequence[str] = ()
    last_transaction: date | None = None
    last_inquiry: date | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    next_at: datetime | None = None
    blocked: str = ""
    shared: str = ""  # a number that it lost to another lead, whose person or household it then is


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a list. `already`: the same file had been loaded before, and nothing was changed."""

    list_id: int
    already: bool
    resumed: bool
    #: The reader's counts, then: duplicate_phones, duplicate_leads, blocked, loaded; and erased, where there are any.
    funnel: dict[str, int]


#: Columns of `campaigns.lists` that are days of past business.
_DAYS = ("last_transaction", "last_inquiry")
_KINDS: tuple[relationships.Kind, ...] = ("transaction", "inquiry")
_NOT_COLUMNS = ("phones", "blocked", "shared", "person_id", *_DAYS)
_OWN_COLUMNS = tuple(name for name in NewLead.__dataclass_fields__ if name not in _NOT_COLUMNS)
_LEAD_COLUMNS = (*_OWN_COLUMNS, "person_id", "lead_id", "campaign", "list_id", "status", "status_why", "place_ids")
_own = attrgetter(*_OWN_COLUMNS)
_PHONE_COLUMNS = ("lead_id", "campaign", "position", "number", "kind", "line_type", "place_id")
_FIND = Prepared(
    select(_list.c.list_id, _list.c.complete, _list.c.last_line, _list.c.funnel).where(
        _list.c.campaign == bindparam("name"), _list.c.sha256 == bindparam("digest")
    )
)
_NEW_LIST = Prepared(
    insert(_list).returning(_list.c.list_id),
    (
        "campaign",
        "file_name",
        "sha256",
        "loaded_at",
        "loaded_by",
        "funnel",
        "last_line",
        "complete",
        "name",
        "expires_at",
        "expires_why",
    ),
)
_CLIENT = Prepared(select(_campaign.c.client).where(_campaign.c.name == bindparam("name")))
_PROGRESS = Prepared(update(_list).where(_list.c.list_id == bindparam("key")), ("funnel", "last_line", "complete"))
_AGAIN = Prepared(
    update(_list).where(_list.c.list_id == bindparam("key")),
    ("file_name", "loaded_at", "loaded_by", "funnel", "last_line", "complete", "name"),
)
_EXPIRES = Prepared(update(_list).where(_list.c.list_id == bindparam("key")), ("expires_at", "expires_why"))
_LEAD_OF = Prepared(
    select(_lead.c.lead_id).where(_lead.c.list_id == bindparam("key"), _lead.c.line == bindparam("line"))
)
_TAKEN = Prepared(
    select(_phone.c.number).where(_phone.c.campaign == bindparam("name"), Among(_phone.c.number, "numbers"))
)
_OWNERS = Prepared(
    select(_phone.c.number, _lead.c.person_id)
    .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
    .where(_phone.c.campaign == bindparam("name"), Among(_phone.c.number, "numbers"))
)
_DEBTORS = Prepared(
    select(_lead.c.debt_id, _lead.c.person_id)
    .join(_campaign, _campaign.c.name == _lead.c.campaign)
    .where(
        Among(_lead.c.debt_id, "debts"),
        text("lead.debt_id != ''"),
        _campaign.c.client
        == select(_campaign.c.client).where(_campaign.c.name == bindparam("name")).correlate(None).scalar_subquery(),
    )
    .order_by(_lead.c.lead_id.desc())
)
_LAST_ID = Prepared(select(func.max(_lead.c.lead_id, type_=Integer)))
_IDS = Prepared(
    text("SELECT nextval(pg_get_serial_sequence('lead', 'lead_id')) FROM generate_series(1, :count)").bindparams(
        bindparam("count", type_=BigInteger())
    )
)
_INSERT_LEADS = Prepared(insert(_lead).inline(), _LEAD_COLUMNS)
_INSERT_PHONES = Prepared(insert(_phone).inline(), _PHONE_COLUMNS)
#: Columns of `campaigns.lists` taken as they are, and those that are kept as custom fields.
_TEXTS = (
    "external_id",
    "person_id",
    "debt_id",
    "first_name",
    "last_name",
    "email",
    "address",
    "city",
    "state",
    "postal_code",
    "country",
    "timezone",
    "language",
    "owner",
    "consent_basis",
    "consent_ref",
    "shared",
)
_IN_CUSTOM = ("account_id", "creditor", "balance", "currency", "due_date")
#: As `dnc.numbers.Number.line_type`: what the digits do not tell counts as mobile.
_LINE_TYPES = {"mobile": "mobile", "fixed_line": "fixed"}

#: What the store counts itself, beside the reader's counts.
_COUNTED = ("duplicate_phones", "duplicate_leads", "blocked", "loaded")


def known(tx: Reading, campaign: str, sha256: str) -> Loaded | None:
    """What an earlier load of the same file did; None when it was never loaded to its end."""
    row = _FIND.first(tx, name=campaign, digest=sha256)
    return None if row is None or not row[1] else Loaded(row[0], True, False, row[3])


def insert_list(
    store: Store,
    campaign: str,
    leads: Iterable[NewLead],
    *,
    file_name: str,
    sha256: str,
    at: datetime,
    by: str = "",
    reader: Callable[[], Mapping[str, int]] = dict,
    refused: Callable[[int, datetime], None] | None = None,
    chunk: int = 2_000,
    pause: float = 0.0,
    progress: Callable[[int], None] | None = None,
    name: str = "",
    expires_at: datetime | None = None,
    again: bool = False,
    new_of: Callable[[Writing, int, list[NewLead], dict[str, int]], list[NewLead]] | None = None,
    finish: Callable[[int, dict[str, int]], None] | None = None,
) -> Loaded:
    """Load the leads of one file into a campaign, each number once.

    Args:
        store: where to.
        campaign: which must exist.
        leads: in the order of their lines; read once, as far as needed.
        file_name: to show to people.
        sha256: of the file; what a repeated load is known by.
        at: when it is loaded.
        by: who loads it.
        reader: asked at the end for the reader's own counts (read, empty, refused ...) for the funnel.
        refused: told the line of each lead that was erased, and when.
        chunk: leads per transaction.
        pause: seconds between transactions, so that a floor that is dialing gets its turn.
        progress: called after each transaction with the number of leads seen so far.
        name: of the list; by default that of its file.
        expires_at: from then on its leads are not dialed; None: as it was.
        again: a file that was loaded before is gone through once more.
        new_of: told each batch in its transaction, with the list and the counts; what it returns is inserted.
        finish: told the list and the counts when every row was seen, before the list is complete.

    Raises:
        StoreError: what the database refuses; what was written so far stays, and the next load goes on there.
    """
    with store.writing() as tx:
        row = _FIND.first(tx, name=campaign, digest=sha256)
        if row is not None and row[1] and not again:
            return Loaded(row[0], True, False, row[3])
        resumed = row is not None and not row[1]
        if row is None:
            counts = dict.fromkeys(_COUNTED, 0)
            list_id, last_line = _new_list(tx, campaign, file_name, sha256, at, by, counts, name), 0
        elif resumed:
            list_id, last_line, counts = row[0], row[2], row[3]
        else:
            list_id, last_line, counts = row[0], 0, dict.fromkeys(_COUNTED, 0)
            _AGAIN.run(
                tx, key=list_id, file_name=file_name, loaded_at=at, loaded_by=by, funnel=counts, last_line=0,
                complete=False, name=name or file_name,
            )  # fmt: skip
        if expires_at is not None:
            _EXPIRES.run(tx, key=list_id, expires_at=expires_at, expires_why="")
    seen = 0
    for batch in _batches((lead for lead in leads if lead.line > last_line), chunk):
        with store.writing() as tx:
            erased = erasures.in_force(tx, [phone.number for lead in batch for phone in lead.phones])
            gone = {
                lead.line: erased[phone.number] for lead in batch for phone in lead.phones if phone.number in erased
            }
            if gone:
                counts["erased"] = counts.get("erased", 0) + len(gone)
            kept = [lead for lead in batch if lead.line not in gone]
            _insert(tx, campaign, list_id, kept if new_of is None else new_of(tx, list_id, kept, counts), counts)
            told = [
                (lead.line, phone.number, lead.last_transaction, lead.last_inquiry)
                for lead in batch
                if lead.line not in gone
                for phone in lead.phones
            ]
            note_business(tx, campaign, told, file_name=file_name, by=by, at=at)
            _PROGRESS.run(tx, key=list_id, funnel=counts, last_line=batch[-1].line, complete=False)
            last_line = batch[-1].line
        for line, since in gone.items():
            if refused is not None:
                refused(line, since)
        seen += len(batch)
        if progress is not None:
            progress(seen)
        if pause:
            time.sleep(pause)
    if finish is not None:
        finish(list_id, counts)
    funnel = {**reader(), **counts}
    with store.writing() as tx:
        _PROGRESS.run(tx, key=list_id, funnel=funnel, last_line=last_line, complete=True)
    return Loaded(list_id, False, resumed, funnel)


def add_row(tx: Writing, campaign: str, lead: NewLead | None, *, name: str, by: str, at: datetime) -> int | None:
    """Add one lead to the list of that name, which is made if there is none; return its id, None when it was not added.

    For leads that come one by one: they are counted, deduplicated and refused as the rows of a file are.

    Args:
        tx: the transaction to write in.
        campaign: which must exist.
        lead: None for a row that was refused; it is only counted. Its line is given here.
        name: of the list.
        by: who adds it.
        at: when.
    """
    digest = hashlib.sha256(f"{campaign}\n{name}".encode()).hexdigest()
    row = _FIND.first(tx, name=campaign, digest=digest)
    if row is None:
        counts = dict.fromkeys(("read", "empty", "refused", "valid", "duplicate", *_COUNTED), 0)
        list_id = _new_list(tx, campaign, name, digest, at, by, counts)
    else:
        list_id, counts = row[0], row[3]
    counts["read"] += 1
    before = counts["loaded"] + counts["blocked"]
    fresh = None
    if lead is None:
        counts["refused"] += 1
    elif erasures.in_force(tx, [phone.number for phone in lead.phones]):
        counts["erased"] = counts.get("erased", 0) + 1
    else:
        counts["valid"] += 1
        lead = dataclasses.replace(lead, line=counts["read"])
        _insert(tx, campaign, list_id, [lead], counts)
        if counts["loaded"] + counts["blocked"] > before:
            fresh = int(_LEAD_OF.value(tx, key=list_id, line=lead.line))
        told = [(lead.line, phone.number, lead.last_transaction, lead.last_inquiry) for phone in lead.phones]
        note_business(tx, campaign, told, file_name=name, by=by, at=at)
    _PROGRESS.run(tx, key=list_id, funnel=counts, last_line=counts["read"], complete=True)
    return fresh


def leads_of(chunks: Iterable[Chunk]) -> Iterator[NewLead]:
    """The leads of a `campaigns.lists.ContactList`, chunk by chunk.

    A lead with an attorney or a cease request is blocked. Columns of collections that the database has no column
    for (account, creditor, balance, currency, due date) go to its custom fields, where scripts find them.
    """
    for chunk in chunks:
        phones = _phones_of(chunk)
        columns = [chunk.leads[name].tolist() for name in _TEXTS]
        days = [[_day(text) for text in chunk.leads[name].tolist()] for name in _DAYS]
        given = chunk.leads["consent_at"].astype("object").where(chunk.leads["consent_at"].notna(), None).tolist()
        rest = [chunk.leads[name].tolist() for name in ("line", "priority", "attorney", "cease", "custom", *_IN_CUSTOM)]
        for index, (texts, at, past, others) in enumerate(
            zip(zip(*columns, strict=True), given, zip(*days, strict=True), zip(*rest, strict=True), strict=True)
        ):
            line, priority, attorney, cease, custom, *more = others
            extra = {name: value for name, value in zip(_IN_CUSTOM, more, strict=True) if value}
            yield NewLead(
                line=line,
                phones=phones[index],
                priority=priority,
                consent_at=at,
                custom={**json.loads(custom), **extra},
                blocked="represented by an attorney" if attorney else "asked that contact cease" if cease else "",
                **dict(zip(_DAYS, past, strict=True)),
                **dict(zip(_TEXTS, texts, strict=True)),
            )


def business_of(repeated: pd.DataFrame) -> Iterator[tuple[int, str, date | None, date | None]]:
    """What the rows of `Chunk.repeated` say, for `note_business`."""
    columns = (repeated[name].tolist() for name in ("line", "e164", *_DAYS))
    return ((line, number, _day(bought), _day(asked)) for line, number, bought, asked in zip(*columns, strict=True))


def _day(text: str) -> date | None:
    """A day as lists write it; None for an empty one."""
    return date.fromisoformat(text) if text else None


def _phones_of(chunk: Chunk) -> list[list[NewPhone]]:
    """The numbers of each lead of a chunk, in dialing order."""
    found: list[list[NewPhone]] = [[] for _ in range(len(chunk.leads))]
    known: dict[tuple[str, bool], Place] = {}
    names = ("lead", "e164", "type", "kind", "place_key", "jurisdictions", "zones", "conflict")
    for lead, e164, type_, kind, key, jurisdictions, zones, conflict in zip(
        *(chunk.phones[name].tolist() for name in names), strict=True
    ):
        place = known.get((key, conflict))
        if place is None:
            place = known[key, conflict] = Place(tuple(jurisdictions), tuple(zones), conflict=conflict)
        found[lead].append(NewPhone(e164, place, kind or "home", _LINE_TYPES.get(type_, "")))
    return found


def note_business(
    tx: Writing,
    campaign: str,
    told: Iterable[tuple[int, str, date | None, date | None]],
    *,
    file_name: str,
    by: str,
    at: datetime,
) -> None:
    """Write down what rows say of past business with the campaign's client; the same again changes nothing.

    Args:
        tx: the transaction to write in.
        campaign: whose client; its leads that the gate had refused are offered again.
        told: line, number, last transaction, last inquiry; of people who were erased nothing is written.
        file_name: of the list, which is the evidence.
        by: who loads it.
        at: when.
    """
    rows = [row for row in told if row[2] or row[3]]
    if not rows:
        return
    client = str(_CLIENT.value(tx, name=campaign))
    erased = erasures.in_force(tx, list({number for _, number, _, _ in rows}))
    facts = [
        relationships.Fact(number, client, kind, day, source=f"list {file_name}, line {line}")
        for line, number, *days in rows
        if number not in erased
        for kind, day in zip(_KINDS, days, strict=True)
        if day is not None
    ]
    fresh = relationships.record_new(tx, facts, by=by, at=at)
    reconsider(tx, [fact.number for fact in fresh], "a business relationship is on record now")


def _new_list(
    tx: Writing,
    campaign: str,
    file_name: str,
    sha256: str,
    at: datetime,
    by: str,
    counts: dict[str, int],
    name: str = "",
) -> int:
    """Insert the row of a list whose loading begins."""
    return int(
        _NEW_LIST.value(
            tx,
            campaign=campaign,
            file_name=file_name,
            sha256=sha256,
            loaded_at=at,
            loaded_by=by,
            funnel=counts,
            last_line=0,
            complete=False,
            name=name or file_name,
            expires_at=None,
            expires_why="",
        )
    )


def _insert(tx: Writing, campaign: str, list_id: int, batch: Sequence[NewLead], counts: dict[str, int]) -> None:
    """Insert those leads of a batch that have a number which the campaign does not have yet."""
    place_ids = _places.ensure(tx, (phone.place for lead in batch for phone in lead.phones))
    numbers = [phone.number for lead in batch for phone in lead.phones]
    taken = {row[0] for row in _TAKEN.rows(tx, name=campaign, numbers=numbers)}
    plans = _Plans(tx, campaign, batch, taken)
    ids = _new_ids(tx, len(batch))
    leads: list[tuple[Any, ...]] = []
    phones: list[tuple[Any, ...]] = []
    for lead in batch:
        fresh: list[tuple[NewPhone, int]] = []
        for phone in lead.phones:
            if phone.number in taken:
                counts["duplicate_phones"] += 1
            else:
                taken.add(phone.number)
                fresh.append((phone, place_ids[_places.key_of(phone.place)]))
        if not fresh:
            counts["duplicate_leads"] += 1
            continue
        person = plans.person_of(lead)
        lead_id = next(ids)
        counts["blocked" if lead.blocked else "loaded"] += 1
        reach = ",".join(map(str, sorted({place_id for _, place_id in fresh})))
        status = "blocked" if lead.blocked else "ready"
        leads.append((*_own(lead), person, lead_id, campaign, list_id, status, lead.blocked, reach))
        phones += [
            (lead_id, campaign, position, phone.number, phone.kind, phone.line_type, place_id)
            for position, (phone, place_id) in enumerate(fresh, start=1)
        ]
    _INSERT_LEADS.run_many(tx, leads)
    _INSERT_PHONES.run_many(tx, phones)


def insert_phone(tx: Writing, campaign: str, lead_id: int, position: int, phone: NewPhone, place_id: int) -> None:
    """Give a lead a further number, which the campaign must not have yet."""
    _INSERT_PHONES.run_many(tx, [(lead_id, campaign, position, phone.number, phone.kind, phone.line_type, place_id)])


class _Plans:
    """Whose leads are called by one plan: those of a household, of a debt, or with a number in common.

    Such leads get one `person_id`, by which caps count, and of which no two are called at the same time. A household
    that the list names goes before the debt, the debt before the number.
    """

    def __init__(self, tx: Reading, campaign: str, batch: Sequence[NewLead], taken: Collection[str]) -> None:
        shared = {lead.shared for lead in batch if lead.shared} | set(taken)
        debts = {lead.debt_id for lead in batch if lead.debt_id}
        self._of_number: dict[str, str] = dict(_OWNERS.rows(tx, name=campaign, numbers=list(shared))) if shared else {}
        self._of_debt: dict[str, str] = dict(_DEBTORS.rows(tx, name=campaign, debts=list(debts))) if debts else {}

    def person_of(self, lead: NewLead) -> str:
        """The person by whom caps count the lead; those that follow join it."""
        person = lead.person_id
        if not person.startswith("household "):
            number = next((n for n in (lead.shared, *(p.number for p in lead.phones)) if n in self._of_number), "")
            person = self._of_debt.get(lead.debt_id) or self._of_number.get(number) or person
        if lead.debt_id:
            self._of_debt.setdefault(lead.debt_id, person)
        for phone in lead.phones:
            self._of_number.setdefault(phone.number, person)
        return person


def _new_ids(tx: Writing, count: int) -> Iterator[int]:
    """Row ids for new leads, which nobody else can get."""
    if tx.sqlite:
        return itertools.count((_LAST_ID.value(tx) or 0) + 1)
    return iter([row[0] for row in _IDS.rows(tx, count=count)])


def _batches(leads: Iterable[NewLead], size: int) -> Iterator[list[NewLead]]:
    """The leads in lists of `size`."""
    source = iter(leads)
    while batch := list(itertools.islice(source, size)):
        yield batch
