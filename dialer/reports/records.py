"""What a report is computed from: the rows of a campaign as frames, checked at birth.

The columns are those of the schema's tables (`attempt`, `disposition`, `agent_change`, `campaign_change`);
further columns are allowed and ignored, so that a whole table may be given. No column with a phone number or
a person's name is read. Instants are zone-aware and become UTC; a naive one is refused instead of guessed.

Which rows:
    attempts          those placed in [since, until). Earlier ones may be given too (from `history_since` on;
                      the answered ones are enough): they count only towards abandonment, whose 30-day
                      periods are longer than a day.
    dispositions      of those attempts, the earlier ones too if possible. The last one of a call counts.
    agent_changes     those in [since, until), and the last one of each agent before `since`, if any: it
                      says what the agent was doing when the report begins.
    campaign_changes  likewise.
    refusals          the ledger's refusals in [since, until): rule code, number of refusals.
    leads             leads of the campaign by status: status, number of leads.
    tried             how many leads had how many attempts so far: attempts (0, 1, 2 ...), number of leads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal, get_args

import pandas as pd

from dialer.engine.states import AgentState, CallResult, CallState, LeadState
from dialer.reports.legal import LegalCap, legal_caps
from dialer.reports.tally import Promises
from dnc.values import Scope
from dnc.zones import zone

__all__ = [
    "AGENT_CHANGE_COLUMNS",
    "ATTEMPT_COLUMNS",
    "CAMPAIGN_CHANGE_COLUMNS",
    "DISPOSITION_COLUMNS",
    "LEAD_COLUMNS",
    "OPTIONAL_ATTEMPT_COLUMNS",
    "REFUSAL_COLUMNS",
    "TRIED_COLUMNS",
    "CampaignMeta",
    "DayRecords",
    "InvalidRecords",
    "Kind",
    "LedgerCheck",
]

#: What a column holds; `?` means that it may be empty.
Kind = Literal["text", "text?", "instant", "instant?", "count", "flag", "flags"]

ATTEMPT_COLUMNS: dict[str, Kind] = {
    "call_id": "text",
    "lead_id": "count",
    "state": "text",
    "result": "text?",
    "agent_id": "text?",
    "placed_at": "instant",
    "ringing_at": "instant?",
    "answered_at": "instant?",
    "bridged_at": "instant?",
    "ended_at": "instant?",
    "amd_machine": "flag",
    "message_played": "flag",
}
#: Read when they are there: the contact list and the jurisdiction a call belongs to.
OPTIONAL_ATTEMPT_COLUMNS: dict[str, Kind] = {"list_id": "text?", "jurisdiction": "text?"}
DISPOSITION_COLUMNS: dict[str, Kind] = {
    "disposition_id": "count",
    "call_id": "text",
    "agent_id": "text",
    "code": "text",
    "flags": "flags",
    "at": "instant",
}
AGENT_CHANGE_COLUMNS: dict[str, Kind] = {
    "change_id": "count",
    "agent_id": "text",
    "state": "text",
    "at": "instant",
}
CAMPAIGN_CHANGE_COLUMNS: dict[str, Kind] = {
    "change_id": "count",
    "state": "text",
    "why": "text?",
    "at": "instant",
}
REFUSAL_COLUMNS: dict[str, Kind] = {"code": "text", "count": "count"}
LEAD_COLUMNS: dict[str, Kind] = {"status": "text", "leads": "count"}
TRIED_COLUMNS: dict[str, Kind] = {"attempts": "count", "leads": "count"}


class InvalidRecords(ValueError):
    """The rows given cannot be what they are said to be; the sentence names table, column and value."""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What `audit verify` said of the decision ledger.

    Attributes:
        intact: whether the chain holds; None when it was not checked.
        rows: how many decisions were checked.
        detail: one sentence.
    """

    intact: bool | None
    rows: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CampaignMeta:
    """What a report must know of its campaign beside the rows.

    Attributes:
        name: the campaign.
        client: the company it is run for.
        scope: what its calls are for.
        zone: IANA name of the zone whose clock the campaign's reports show.
        since: the report begins here.
        until: the report ends before this instant. An agent's last state lasts until here, so give the end
            of the run when the run ended earlier.
        started: the campaign's first day, from which 30-day periods are counted; `since` when None.
        history_since: attempts are complete from here on; `since` when None.
        countries: ISO codes of the countries called.
        greeting: seconds from answer to the end of the person's greeting, where the law lets it count.
        min_ring: seconds that an unanswered call must ring.
        caps: the legal definitions of abandonment.
        amd_false_positive_rate: audited share of machine detections that were people; None: not audited.
        promises: what became of the promises of these calls; None: payments are not known.
        funnel: steps from the loaded file to callable leads, in order, with their numbers.
        clock: `real`, or `virtual` for a simulated run.
        seed: the seed of a simulated run.
        ledger: what the check of the decision ledger said.

    Raises:
        InvalidRecords: naming the field and the value it got.
    """

    name: str
    client: str
    scope: Scope
    zone: str
    since: datetime
    until: datetime
    started: datetime | None = None
    history_since: datetime | None = None
    countries: tuple[str, ...] = ("US",)
    greeting: float = 0.0
    min_ring: float = 15.0
    caps: tuple[LegalCap, ...] = field(default_factory=legal_caps)
    amd_false_positive_rate: float | None = None
    promises: Promises | None = None
    funnel: tuple[tuple[str, int], ...] = ()
    clock: Literal["real", "virtual"] = "real"
    seed: int | None = None
    ledger: LedgerCheck = LedgerCheck(None)

    def __post_init__(self) -> None:
        for name in ("since", "until", "started", "history_since"):
            found = getattr(self, name)
            if found is None:
                continue
            if found.tzinfo is None:
                raise InvalidRecords(f"{name} must carry a time zone, got {found!r}")
            object.__setattr__(self, name, found.astimezone(UTC))
        if self.until <= self.since:
            raise InvalidRecords(f"until must be after since ({self.since.isoformat()}), got {self.until.isoformat()}")
        for name, at in (("started", self.started), ("history_since", self.history_since)):
            if at is not None and at > self.since:
                raise InvalidRecords(f"{name} must not be after since ({self.since.isoformat()}), got {at.isoformat()}")
        if self.scope not in get_args(Scope):
            raise InvalidRecords(f"scope must be one of {', '.join(get_args(Scope))}, got {self.scope!r}")
        if self.zone != "UTC":
            zone(self.zone)
        for name in ("greeting", "min_ring"):
            seconds = getattr(self, name)
            if not 0 <= seconds <= 600:
                raise InvalidRecords(f"{name} must be between 0 and 600 seconds, got {seconds!r}")
        share = self.amd_false_positive_rate
        if share is not None and not 0 <= share <= 1:
            raise InvalidRecords(f"amd_false_positive_rate must be between 0 and 1, got {share!r}")

    @property
    def tz(self) -> tzinfo:
        """The campaign's zone."""
        return UTC if self.zone == "UTC" else zone(self.zone)

    @property
    def first_day(self) -> datetime:
        """The instant from which 30-day periods are counted."""
        return self.started or self.since

    @property
    def known_since(self) -> datetime:
        """The instant from which the attempts are complete."""
        return self.history_since or self.since


@dataclass(frozen=True, slots=True, eq=False)
class DayRecords:
    """The rows of one report, checked: right columns, known states, zone-aware instants, no call twice.

    The frames are copies with the documented columns only; do not change them.

    Raises:
        InvalidRecords: naming the table, the column and the value it got.
    """

    meta: CampaignMeta
    attempts: pd.DataFrame
    dispositions: pd.DataFrame
    agent_changes: pd.DataFrame
    campaign_changes: pd.DataFrame
    refusals: pd.DataFrame
    leads: pd.DataFrame
    tried: pd.DataFrame

    def __post_init__(self) -> None:
        for name, columns in (
            ("attempts", ATTEMPT_COLUMNS),
            ("dispositions", DISPOSITION_COLUMNS),
            ("agent_changes", AGENT_CHANGE_COLUMNS),
            ("campaign_changes", CAMPAIGN_CHANGE_COLUMNS),
            ("refusals", REFUSAL_COLUMNS),
            ("leads", LEAD_COLUMNS),
            ("tried", TRIED_COLUMNS),
        ):
            given: pd.DataFrame = getattr(self, name)
            wanted = dict(columns)
            if name == "attempts":
                wanted |= {key: kind for key, kind in OPTIONAL_ATTEMPT_COLUMNS.items() if key in given.columns}
            object.__setattr__(self, name, _checked(name, given, wanted))
        _known("attempts", self.attempts, "state", {str(state) for state in CallState})
        _known("attempts", self.attempts, "result", {str(result) for result in CallResult})
        _known("agent_changes", self.agent_changes, "state", {str(state) for state in AgentState})
        _known("leads", self.leads, "status", {str(state) for state in LeadState})
        _unique("attempts", self.attempts, "call_id")
        _unique("dispositions", self.dispositions, "disposition_id")
        self._check_instants()

    def _check_instants(self) -> None:
        """Attempts lie between `history_since` and `until`."""
        placed = self.attempts["placed_at"]
        outside = (placed < self.meta.known_since) | (placed >= self.meta.until)
        if outside.any():
            raise InvalidRecords(
                f"attempts.placed_at must lie from {self.meta.known_since.isoformat()} to "
                f"{self.meta.until.isoformat()}, got {placed[outside].iloc[0].isoformat()}"
            )


def _checked(table: str, given: pd.DataFrame, columns: dict[str, Kind]) -> pd.DataFrame:
    """A copy of the documented columns, each of its kind, with a plain index."""
    missing = [name for name in columns if name not in given.columns]
    if missing:
        raise InvalidRecords(
            f"{table} lacks the column {', '.join(missing)}; it has {', '.join(map(str, given.columns))}"
        )
    fresh = given.reset_index(drop=True)
    return pd.DataFrame({name: _column(table, fresh[name], kind) for name, kind in columns.items()})


def _column(table: str, column: pd.Series, kind: Kind) -> pd.Series:
    """The column as its kind; raises `InvalidRecords` for what cannot be one."""
    where = f"{table}.{column.name}"
    if not kind.endswith("?") and column.isna().any():
        raise InvalidRecords(f"{where} must not be empty; row {int(column.isna().argmax())} is")
    if kind.startswith("instant"):
        return _instants(where, column)
    if kind.startswith("text"):
        return column.astype("str")
    if kind == "flags":
        return column.map(_flags).astype("object")
    try:
        return column.astype("bool" if kind == "flag" else "int64")
    except (TypeError, ValueError) as error:
        raise InvalidRecords(f"{where} must hold {kind}s: {error}") from error


def _instants(where: str, column: pd.Series) -> pd.Series:
    """The column as UTC instants of microseconds; refuses naive ones."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        aware: pd.Series = column.dt.tz_convert("UTC").dt.as_unit("us")
        return aware
    if column.isna().all():
        return pd.Series(pd.NaT, index=column.index, dtype="datetime64[us, UTC]")
    if column.dtype != "object":
        raise InvalidRecords(f"{where} must hold zone-aware instants, got {column.dtype}")
    for value in column.dropna():
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise InvalidRecords(f"{where} must hold zone-aware instants, got {value!r}")
    instants: pd.Series = pd.to_datetime(column, utc=True).dt.as_unit("us")
    return instants


def _flags(value: object) -> frozenset[str]:
    """A disposition's flags, given as names or as a mapping of names to yes and no."""
    if isinstance(value, dict):
        return frozenset(str(name) for name, is_set in value.items() if is_set)
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(str(name) for name in value)
    raise InvalidRecords(f"dispositions.flags must be a list of names or a mapping, got {value!r}")


def _known(table: str, frame: pd.DataFrame, column: str, names: set[str]) -> None:
    """Refuse a name that the dialer does not know."""
    found = set(frame[column].dropna().unique()) - names
    if found:
        raise InvalidRecords(f"{table}.{column} must be one of {', '.join(sorted(names))}, got {min(found)!r}")


def _unique(table: str, frame: pd.DataFrame, column: str) -> None:
    """Refuse the same row given twice: it would be counted twice."""
    twice = frame[column].duplicated()
    if twice.any():
        raise InvalidRecords(f"{table}.{column} must be unique, {frame[column][twice].iloc[0]!r} is there twice")
