"""The values the compliance floor speaks in: a proposed call, what is known about it, and a verdict.

Every instant is a zone-aware `datetime`; every number is E.164 (`+` and digits). Values are frozen and
validated at birth, so that no later step has to check them again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, get_args

__all__ = [
    "Address",
    "Block",
    "Check",
    "Code",
    "Consent",
    "Ebr",
    "ListEvidence",
    "Mode",
    "PastEvent",
    "Place",
    "ProposedCall",
    "RndAnswer",
    "RndReply",
    "Scope",
    "Sector",
    "Verdict",
]

#: What the call is for. Rules name the scope they bind.
Scope = Literal["telemarketing", "debt_collection", "research", "informational", "charity", "political"]

#: Trades in which unasked-for calls need more than the rules of their purpose ask. Empty: none of them.
Sector = Literal[
    "",
    "claims_management",  # GB: handling claims for compensation
    "pensions",  # GB: occupational and personal pension schemes
    "home_energy",  # FR: equipment and work to save or make energy at home, or to adapt a home
    "training_account",  # FR: the state's personal training account (CPF)
    "medicare_plans",  # US: Medicare Advantage and Part D plans
    "financial_products",  # AU: offers of financial products to retail clients
]

#: How the call is placed. `manual` and `preview` have a person choose each call; `prerecorded` has no agent.
Mode = Literal["predictive", "progressive", "ratio", "preview", "manual", "prerecorded"]


class Code(StrEnum):
    """Reason codes. Every check of a verdict carries one; `ALLOW` is never a check's code."""

    ALLOW = "ALLOW"
    HOURS_FEDERAL = "HOURS_FEDERAL"
    HOURS_STATE = "HOURS_STATE"
    HOURS_COUNTRY = "HOURS_COUNTRY"
    DAY_SUNDAY = "DAY_SUNDAY"
    DAY_SATURDAY = "DAY_SATURDAY"
    HOLIDAY = "HOLIDAY"
    TZ_AMBIGUOUS = "TZ_AMBIGUOUS"
    TZ_UNKNOWN = "TZ_UNKNOWN"
    NUMBER_INVALID = "NUMBER_INVALID"
    FREQ_8H = "FREQ_8H"
    FREQ_24H = "FREQ_24H"
    FREQ_7D = "FREQ_7D"
    FREQ_30D = "FREQ_30D"
    FREQ_CAMPAIGN = "FREQ_CAMPAIGN"
    FREQ_AFTER_CONVERSATION = "FREQ_AFTER_CONVERSATION"
    COOLOFF_REFUSAL = "COOLOFF_REFUSAL"
    ABANDON_72H = "ABANDON_72H"
    AMD_24H = "AMD_24H"
    DNC_NATIONAL = "DNC_NATIONAL"
    DNC_STATE = "DNC_STATE"
    DNC_INTERNAL = "DNC_INTERNAL"
    DNC_CAMPAIGN = "DNC_CAMPAIGN"
    DNC_AREACODE = "DNC_AREACODE"
    DNC_STALE = "DNC_STALE"
    DNC_MISSING = "DNC_MISSING"
    LITIGATOR = "LITIGATOR"
    RND_YES = "RND_YES"
    RND_NO_DATA = "RND_NO_DATA"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    CONSENT_REVOKED = "CONSENT_REVOKED"
    INCONVENIENT_TIME = "INCONVENIENT_TIME"
    EMERGENCY_SUSPENSION = "EMERGENCY_SUSPENSION"
    DATA_UNREADABLE = "DATA_UNREADABLE"
    ON_A_CALL = "ON_A_CALL"
    CAMPAIGN_CLOSED = "CAMPAIGN_CLOSED"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the list says the person lives. Empty strings mean: not given."""

    country: str = ""  # ISO 3166-1 alpha-2
    state: str = ""  # ISO 3166-2 part behind the country, such as "FL"
    city: str = ""
    postal_code: str = ""
    timezone: str = ""  # IANA name given by the list; never an offset


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call would land: every jurisdiction whose rules bind it and every zone its clock may show.

    An empty `zones` means unknown, and an unknown place is not callable. `conflict` tells that number and
    address disagree, so that both places' rules and zones are in force.
    """

    jurisdictions: tuple[str, ...]  # sorted: country first ("US"), then "US-FL", then cities ("US-NY-NYC")
    zones: tuple[str, ...]  # sorted IANA names
    why: str = ""  # one sentence: what was used (number, postal code, state, ...) to find it
    conflict: bool = False

    @property
    def key(self) -> str:
        """A short text that is equal for equal places: `US,US-FL|America/Chicago,America/New_York`."""
        return f"{','.join(self.jurisdictions)}|{','.join(self.zones)}"


@dataclass(frozen=True, slots=True)
class Ebr:
    """An established business relationship: the last transaction and the last inquiry, where known."""

    last_transaction: date | None = None
    last_inquiry: date | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to, as the list or the consent ledger knows it.

    A basis without `given_at` counts as none: nobody can show when it was given.
    """

    basis: str = "none"  # "pewc", "express", "explicit", "none", "revoked" ...
    given_at: datetime | None = None
    revoked_at: datetime | None = None
    reference: str = ""
    #: What the agreement names beyond the call itself, in the words of the rules' `waivers` and `lifted_by`:
    #: "prior_express_consent" (Utah's closed hours), "explicit_consent_for_that_time", "written_permission"
    #: (the US National list) ...
    waives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposedCall:
    """One call that somebody or something wants to place now."""

    number: str  # E.164
    scope: Scope
    mode: Mode
    place: Place
    campaign: str = ""
    client: str = ""
    person: str = ""  # the person's id where the list knows one; else the number stands for the person
    debt: str = ""
    subject: str = ""  # what the call is about, for caps "on the same subject"; the campaign's by default
    sector: str = ""  # a `Sector`: what is sold, where a law singles it out
    authorisation: str = ""  # the caller's licence for that sector, as its register names it; "": none is known
    line_type: str = ""  # "mobile", "fixed", "" (unknown counts as mobile)
    number_kind: str = "home"  # "home", "work", "other": some caps differ by it
    consent: Consent = Consent()
    ebr: Ebr = Ebr()
    agent_guaranteed: bool = False  # True for preview/manual/1:1 calls: an agent is held for this very call


#: `text` is a message sent instead of a call: some caps count both.
PastKind = Literal["attempt", "text", "conversation", "abandoned", "amd_machine", "refusal"]
_PAST_KINDS = frozenset(get_args(PastKind))


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One thing that happened before, across every campaign of the client, that caps and cool-offs count."""

    at: datetime
    kind: PastKind
    number: str = ""
    person: str = ""
    debt: str = ""
    subject: str = ""
    campaign: str = ""
    counts: bool = True  # False: did not connect (busy, not in service), so Reg F does not count it
    number_kind: str = ""  # "home", "work", "other"; unknown counts against every cap

    def __post_init__(self) -> None:
        if self.kind not in _PAST_KINDS:
            raise ValueError(f"{self.kind!r} is no kind of past event; write one of {', '.join(get_args(PastKind))}.")


#: What the Reassigned Numbers Database said of a number. `missing`: it was to be asked and there is no answer.
RndAnswer = Literal["yes", "no", "no_data", "missing"]


@dataclass(frozen=True, slots=True)
class RndReply:
    """An answer of the Reassigned Numbers Database: "permanently disconnected since `since`?", as of `obtained`.

    47 CFR 64.1200(m) makes a "no" worth something only for the date that was asked and from the newest data.
    """

    answer: RndAnswer
    since: date | None = None  # the date in the query: that of the consent, or earlier; None: not known
    obtained: date | None = None  # the day the answer was given; None: not known


@dataclass(frozen=True, slots=True)
class Block:
    """Something a person or an authority has closed: a named inconvenient time, an emergency.

    Without `hours` the block is whole and stands until `until` (None: until somebody lifts it). With
    `hours` (local ranges such as "00:00-12:00", an overnight one may be written "21:00-09:00") only those
    are closed, on the ISO weekdays in `days` (empty: every day).
    """

    code: Literal[Code.INCONVENIENT_TIME, Code.EMERGENCY_SUSPENSION]
    detail: str = ""
    hours: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.code not in (Code.INCONVENIENT_TIME, Code.EMERGENCY_SUSPENSION):
            raise ValueError(f"A block is INCONVENIENT_TIME or EMERGENCY_SUSPENSION, not {self.code!r}.")


ListKind = Literal["national", "state", "internal", "client", "campaign", "areacode", "litigator", "wireless"]
_LIST_KINDS = frozenset(get_args(ListKind))


@dataclass(frozen=True, slots=True)
class ListEvidence:
    """What one suppression list says of one number at one moment."""

    kind: ListKind
    name: str  # "US.ndnc", "internal", ...
    status: Literal["fresh", "stale", "missing", "unreadable"] = "fresh"
    listed: bool = False
    version: str = ""  # the snapshot consulted
    age_days: int | None = None
    max_age_days: int | None = None
    detail: str = ""  # reason and source of an internal entry; the sentence that says what to do when stale
    jurisdiction: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _LIST_KINDS:
            raise ValueError(f"{self.kind!r} is no kind of list; write one of {', '.join(get_args(ListKind))}.")


@dataclass(frozen=True, slots=True)
class Check:
    """One rule consulted: what it is, what it saw, and whether the call passes it."""

    code: Code  # the code this rule denies with
    rule: str  # rule id in the data, such as "US-FL.tm"
    passed: bool
    citation: str
    saw: str  # one sentence with the facts: "20:14 in America/Chicago; open 08:00-20:00"
    data_version: str = ""
    status: str = ""  # verified | disputed-verify | general-knowledge-verify | policy


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer for one proposed call at one instant."""

    allowed: bool
    at: datetime
    checks: tuple[Check, ...]
    next_allowed: datetime | None  # the next lawful instant; None: never, as far as the facts go
    versions: dict[str, str] = field(default_factory=dict)  # rules, tzdata, registries ... -> version or hash

    @property
    def reasons(self) -> tuple[Code, ...]:
        """The codes of the checks that failed, in order, each once; `(ALLOW,)` when none did."""
        failed = dict.fromkeys(c.code for c in self.checks if not c.passed)
        return tuple(failed) or (Code.ALLOW,)
