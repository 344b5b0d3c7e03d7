"""The tables. One place to read what the dialer remembers.

Rules of the schema: facts are rows, never counters (how often a lead was tried is the number of its
attempts); system state and human outcome are separate columns; every instant is UTC; numbers are E.164.
An `attempt` row is committed before the carrier is asked to dial.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

__all__ = [
    "UtcDateTime",
    "account",
    "administration",
    "agent",
    "agent_change",
    "api_token",
    "attempt",
    "block",
    "campaign",
    "campaign_change",
    "consent",
    "contact_list",
    "disposition",
    "erasure",
    "imported_call",
    "lead",
    "lease",
    "ledger",
    "metadata",
    "outgoing",
    "pacer_state",
    "payment",
    "phone",
    "place",
    "recording",
    "relationship",
    "removal",
    "run",
    "sent_lead",
    "shift",
    "suppression",
    "webhook",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A zone-aware instant, kept as UTC; refuses naive values instead of guessing their zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into UTC (naive text for SQLite, which knows no zones)."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a zone cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the instant as aware UTC."""
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


campaign = Table(
    "campaign",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("client", String(64), nullable=False),
    Column("scope", String(32), nullable=False),  # dnc.values.Scope
    Column("file_hash", String(64), nullable=False),  # sha256 of the campaign file last used
    Column("created_at", UtcDateTime, nullable=False),
)

contact_list = Table(
    "contact_list",
    metadata,
    Column("list_id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False),
    Column("loaded_by", Text, nullable=False),
    Column("funnel", JSON, nullable=False),  # read, empty, valid, duplicate, refused, loaded
    Column("last_line", Integer, nullable=False, default=0),  # of the file, up to which it is loaded
    Column("complete", Boolean, nullable=False, default=True),  # False while it is being loaded
    Column("name", Text, nullable=False, default=""),  # the list: the loads of one name replace one another
    Column("expires_at", UtcDateTime),  # from then on its leads are not dialed; NULL: never
    Column("expires_why", Text, nullable=False, default=""),  # what is said of them then
    UniqueConstraint("campaign", "sha256"),
)

place = Table(
    "place",
    metadata,
    Column("place_id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # dnc.values.Place.key
    Column("jurisdictions", JSON, nullable=False),
    Column("zones", JSON, nullable=False),
    Column("conflict", Boolean, nullable=False, default=False),
)

lead = Table(
    "lead",
    metadata,
    Column("lead_id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("list_id", ForeignKey("contact_list.list_id"), nullable=False),
    Column("line", Integer, nullable=False),  # line of the row in the loaded file
    Column("external_id", Text, nullable=False, default=""),
    Column("person_id", Text, nullable=False, default=""),
    Column("debt_id", Text, nullable=False, default=""),
    Column("first_name", Text, nullable=False, default=""),
    Column("last_name", Text, nullable=False, default=""),
    Column("email", Text, nullable=False, default=""),
    Column("address", Text, nullable=False, default=""),
    Column("city", Text, nullable=False, default=""),
    Column("state", Text, nullable=False, default=""),
    Column("postal_code", Text, nullable=False, default=""),
    Column("country", String(2), nullable=False, default=""),
    Column("timezone", Text, nullable=False, default=""),
    Column("language", Text, nullable=False, default=""),
    Column("owner", Text, nullable=False, default=""),
    Column("priority", Integer, nullable=False, default=0),  # higher first
    Column("consent_basis", String(32), nullable=False, default="none"),
    Column("consent_at", UtcDateTime),
    Column("consent_ref", Text, nullable=False, default=""),
    Column("consent_revoked_at", UtcDateTime),
    Column("consent_waives", JSON, nullable=False, default=list),  # dnc.values.Consent.waives
    Column("custom", JSON, nullable=False, default=dict),
    Column("status", String(16), nullable=False, default="ready"),  # engine.states.LeadState
    Column("status_why", Text, nullable=False, default=""),
    Column("next_at", UtcDateTime),  # earliest next attempt; NULL: at once
    Column("callback_for", String(64)),  # of a callback: the agent who promised it; NULL: anybody
    Column("leased_by", String(64)),  # run id that holds the lead
    Column("leased_at", UtcDateTime),
    Column("leased_from", String(16)),  # the status it goes back to when a lease or a retirement ends
    Column("retired", Text),  # why it is dialed no more, but for a promised callback; NULL: it may be
    #: Places of its usable phones, kept by the store: ascending place ids, "12" or "12,47"; "" has none left.
    Column("place_ids", Text, nullable=False, default=""),
    Index("ix_lead_hopper", "campaign", "status", "priority", "place_ids", "next_at", "lead_id"),
    Index("ix_lead_due", "campaign", "status", "next_at"),
    Index(
        "ix_lead_person",
        "person_id",
        sqlite_where=text("person_id != ''"),
        postgresql_where=text("person_id != ''"),
    ),
    Index(
        "ix_lead_debt",
        "debt_id",
        sqlite_where=text("debt_id != ''"),
        postgresql_where=text("debt_id != ''"),
    ),
    Index("ix_lead_list", "list_id", "status", "lead_id"),
    Index(
        "ix_lead_external",
        "external_id",
        "campaign",
        sqlite_where=text("external_id != ''"),
        postgresql_where=text("external_id != ''"),
    ),
)

phone = Table(
    "phone",
    metadata,
    Column("phone_id", Integer, primary_key=True),
    Column("lead_id", ForeignKey("lead.lead_id", ondelete="CASCADE"), nullable=False),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("position", Integer, nullable=False),  # 1 is tried first
    Column("number", String(16), nullable=False),
    Column("kind", String(16), nullable=False, default="home"),  # home, work, other
    Column("line_type", String(16), nullable=False, default=""),
    Column("place_id", ForeignKey("place.place_id"), nullable=False),
    Column("bad", Text),  # why this number must not be tried again; NULL: usable
    UniqueConstraint("campaign", "number"),
    Index("ix_phone_lead", "lead_id", "position"),
    Index("ix_phone_number", "number"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("client", String(64), nullable=False),
    Column("lead_id", ForeignKey("lead.lead_id"), nullable=False),
    Column("phone_id", ForeignKey("phone.phone_id"), nullable=False),
    Column("number", String(16), nullable=False),
    Column("person_id", Text, nullable=False, default=""),
    Column("debt_id", Text, nullable=False, default=""),
    Column("subject", Text, nullable=False, default=""),
    Column("mode", String(16), nullable=False),
    Column("caller_id", String(16), nullable=False, default=""),
    Column("ledger_seq", Integer, nullable=False),  # the decision that allowed this call
    Column("carrier", String(32), nullable=False),
    Column("carrier_ref", Text),
    Column("state", String(16), nullable=False),  # engine.states.CallState
    Column("result", String(16)),  # engine.states.CallResult, once ended
    Column("detail", Text),
    Column("agent_id", String(64)),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("ringing_at", UtcDateTime),
    Column("answered_at", UtcDateTime),  # a live person answered
    Column("bridged_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("wrapped_at", UtcDateTime),  # the agent's wrap-up ended
    Column("amd_machine", Boolean, nullable=False, default=False),
    Column("message_played", Boolean, nullable=False, default=False),  # safe-harbour message
    Column("counts", Boolean, nullable=False, default=True),  # False: did not connect (Reg F (b)(3))
    Index("ix_attempt_number", "number", "placed_at"),
    Index(
        "ix_attempt_person",
        "person_id",
        "placed_at",
        sqlite_where=text("person_id != ''"),
        postgresql_where=text("person_id != ''"),
    ),
    Index(
        "ix_attempt_debt",
        "debt_id",
        "placed_at",
        sqlite_where=text("debt_id != ''"),
        postgresql_where=text("debt_id != ''"),
    ),
    Index("ix_attempt_lead", "lead_id", "phone_id"),
    # No lead and no number is ever on two live calls, whoever asks.
    Index(
        "uq_attempt_live_lead",
        "lead_id",
        unique=True,
        sqlite_where=text("state != 'ended'"),
        postgresql_where=text("state != 'ended'"),
    ),
    Index(
        "uq_attempt_live_number",
        "number",
        unique=True,
        sqlite_where=text("state != 'ended'"),
        postgresql_where=text("state != 'ended'"),
    ),
    Index("ix_attempt_campaign", "campaign", "placed_at"),
    Index(
        "ix_attempt_open",
        "campaign",
        sqlite_where=text("state != 'ended'"),
        postgresql_where=text("state != 'ended'"),
    ),
)

imported_call = Table(
    "imported_call",  # append-only: calls that another system placed; caps count them, our own figures do not
    metadata,
    Column("imported_id", Integer, primary_key=True),
    Column("client", String(64), nullable=False),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("number", String(16), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("debt_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("talk_seconds", Float),  # NULL: not told
    Column("result", String(16), nullable=False),  # engine.states.CallResult; "": the code is not known
    Column("code", String(32), nullable=False),  # as the other system wrote it
    Column("agent", String(64), nullable=False),
    Column("counts", Boolean, nullable=False),  # as attempt.counts
    Column("conversation", Boolean, nullable=False),  # somebody was spoken to
    Column("refusal", Boolean, nullable=False),  # and declined
    Column("source", Text, nullable=False),  # file and line
    Column("imported_by", Text, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    UniqueConstraint("client", "number", "placed_at"),
    Index("ix_imported_call_number", "number", "placed_at"),
    Index(
        "ix_imported_call_person",
        "person_id",
        "placed_at",
        sqlite_where=text("person_id != ''"),
        postgresql_where=text("person_id != ''"),
    ),
    Index(
        "ix_imported_call_debt",
        "debt_id",
        "placed_at",
        sqlite_where=text("debt_id != ''"),
        postgresql_where=text("debt_id != ''"),
    ),
    Index("ix_imported_call_campaign", "campaign", "placed_at"),
)

disposition = Table(
    "disposition",
    metadata,
    Column("disposition_id", Integer, primary_key=True),
    Column("call_id", ForeignKey("attempt.call_id"), nullable=False, index=True),
    Column("agent_id", String(64), nullable=False),
    Column("code", String(32), nullable=False),
    Column("flags", JSON, nullable=False),  # contact, right_party, conversion, promise, callback, opt_out ...
    Column("at", UtcDateTime, nullable=False),
    Column("callback_at", UtcDateTime),
    Column("callback_for", String(64)),  # the agent who is to call back; NULL: anybody
    Column("promise_amount", String(16)),  # decimal, such as 120.50: what the person promised to pay
    Column("promise_currency", String(3)),  # ISO 4217
    Column("promise_due", Date),  # on the person's calendar
    Column("notes", Text, nullable=False, default=""),
)

payment = Table(
    "payment",  # append-only: money that clients say was paid; promises are judged by it
    metadata,
    Column("payment_id", Integer, primary_key=True),
    Column("client", String(64), nullable=False),
    Column("debt_id", Text, nullable=False),  # "": not given, but one of the three is
    Column("account_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("amount", String(24), nullable=False),  # decimal
    Column("currency", String(3), nullable=False),  # ISO 4217
    Column("paid_on", Date, nullable=False),
    Column("reference", Text, nullable=False),  # the client's own; "": none
    Column("key", String(64), nullable=False),  # sha256 of the reference, or of the row: imported twice, counted once
    Column("source", Text, nullable=False),  # file and line
    Column("imported_by", Text, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    UniqueConstraint("client", "key"),
    Index("ix_payment_debt_id", "debt_id", "client"),
    Index("ix_payment_account_id", "account_id", "client"),
    Index("ix_payment_external_id", "external_id", "client"),
)

recording = Table(
    "recording",  # what the carrier told of a call's recording; the sound itself stays there until it is fetched
    metadata,
    Column("carrier_ref", String(64), primary_key=True),  # the carrier's name for the recording
    Column("call_id", String(64), nullable=False, index=True),  # of the attempt, which may be erased before it
    Column("status", String(16), nullable=False),  # completed, absent
    Column("url", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

suppression = Table(
    "suppression",  # append-only: the newest row of a (number, scope, scope_id) is in force
    metadata,
    Column("suppression_id", Integer, primary_key=True),
    Column("number", String(24), nullable=False),  # E.164, or "+1201XXXXXXX" for an area code
    Column("scope", String(16), nullable=False),  # company, client, campaign, areacode
    Column("scope_id", String(64), nullable=False, default=""),  # client or campaign name
    Column("action", String(8), nullable=False),  # add, remove
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    CheckConstraint("action IN ('add', 'remove')", name="action"),
    Index("ix_suppression_number", "number", "scope", "scope_id", "suppression_id"),
)

removal = Table(
    "removal",  # append-only: who asked to lift a suppression, and what a second person said
    metadata,
    Column("removal_id", Integer, primary_key=True),
    Column("number", String(24), nullable=False),  # as in suppression
    Column("scope", String(16), nullable=False),
    Column("scope_id", String(64), nullable=False),
    Column("step", String(8), nullable=False),  # ask, approve, refuse, withdraw
    Column("asked", ForeignKey("removal.removal_id"), unique=True),  # the request answered; each is answered once
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("step IN ('ask', 'approve', 'refuse', 'withdraw')", name="step"),
    CheckConstraint("(step = 'ask') = (asked IS NULL)", name="asked"),
    Index("ix_removal_number", "number"),
)

consent = Table(
    "consent",  # append-only: what was learned after the list was loaded; folded by the instants it names
    metadata,
    Column("consent_id", Integer, primary_key=True),
    Column("number", String(16), nullable=False),
    Column("client", String(64), nullable=False),  # the seller; "": every one (revocations only)
    Column("basis", String(32), nullable=False),  # as the rules name it; "revoked" grants nothing
    Column("scopes", JSON, nullable=False),  # dnc.values.Scope; empty: calls of every purpose
    Column("waives", JSON, nullable=False),  # dnc.values.Consent.waives
    Column("given_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("honour_by", Date),  # of a revocation: the law's last day; here it counts at once
    Column("channel", Text, nullable=False),  # how it came: web form, call, letter
    Column("shown", String(64), nullable=False),  # sha256 of the request for consent as the person saw it
    Column("evidence", String(64), nullable=False),  # sha256 of the consent as given
    Column("reference", Text, nullable=False),  # what the evidence is called
    Column("name", Text, nullable=False),  # of the person, where a rule wants it beside the consent
    Column("reason", Text, nullable=False),  # the person's words
    Column("source", Text, nullable=False),  # where the row came from: a command, a file and its line
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index("ix_consent_number", "number", "client", "consent_id"),
)

relationship = Table(
    "relationship",  # append-only: what a number's owner bought of a client or asked it, in any list or none
    metadata,
    Column("relationship_id", Integer, primary_key=True),
    Column("number", String(16), nullable=False),
    Column("client", String(64), nullable=False),  # the seller
    Column("kind", String(16), nullable=False),
    Column("day", Date, nullable=False),  # of the transaction or inquiry; of the end: from then on
    Column("channel", Text, nullable=False),
    Column("evidence", String(64), nullable=False),  # sha256 of its proof
    Column("reference", Text, nullable=False),  # what the proof is called
    Column("source", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    CheckConstraint("kind IN ('transaction', 'inquiry', 'end')", name="kind"),
    Index("ix_relationship_number", "number", "client", "kind", "day"),
)

erasure = Table(
    "erasure",  # append-only: whose data was erased at their request; while it stands, no list brings it back
    metadata,
    Column("erasure_id", Integer, primary_key=True),
    Column("number", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_erasure_number", "number"),
)

block = Table(
    "block",  # append-only: times a person named as inconvenient, emergencies an operator flagged
    metadata,
    Column("block_id", Integer, primary_key=True),
    Column("target", String(32), nullable=False),  # E.164, jurisdiction, or "" for everywhere
    Column("code", String(32), nullable=False),  # dnc.values.Code
    Column("detail", Text, nullable=False),
    Column("hours", JSON, nullable=False),
    Column("days", JSON, nullable=False),
    Column("until", UtcDateTime),
    Column("lifts", ForeignKey("block.block_id"), index=True),  # the block that this row lifts
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_block_target", "target"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("campaign", String(64), nullable=False),
    Column("lead_id", Integer),
    Column("number", String(16), nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("code", String(32), nullable=False),  # first failing code, or ALLOW
    Column("body", Text, nullable=False),  # canonical JSON of dnc.ledger
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_ledger_number", "number", "seq"),
    Index("ix_ledger_campaign", "campaign", "at"),
)

agent = Table(
    "agent",
    metadata,
    Column("agent_id", String(64), primary_key=True),
    Column("name", Text, nullable=False, default=""),
    Column("secret_hash", Text),  # argon2id; NULL: may not sign in
    Column("created_at", UtcDateTime, nullable=False),
)

account = Table(
    "account",  # who may use the office pages: not agents, who have a desk
    metadata,
    Column("account_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),  # dialer.web.accounts.Role
    Column("clients", JSON, nullable=False),  # the client companies it sees; empty: every one
    Column("secret_hash", Text),  # argon2id of the password; NULL: none chosen yet
    Column("code_hash", Text),  # argon2id of the one-time code that lets a password be chosen; NULL: used
    Column("code_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),  # NULL: may sign in
)

administration = Table(
    "administration",  # append-only: who did or tried what beside taking calls
    metadata,
    Column("act_id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("act", String(32), nullable=False),
    Column("target", Text, nullable=False),  # a campaign, a number, an account
    Column("detail", Text, nullable=False),
    Column("done", Boolean, nullable=False),  # False: it was refused
)

abandonment_target = Table(
    "abandonment_target",  # append-only: caps set while dialing; a campaign's newest row holds
    metadata,
    Column("target_id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("max_rate", Float, nullable=False),
    Column("file_rate", Float, nullable=False),  # the file's, when it was set: once that changes, the file holds
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_abandonment_target_campaign", "campaign", "target_id"),
)

shift = Table(
    "shift",  # when an agent is scheduled to work, as it was imported last
    metadata,
    Column("shift_id", Integer, primary_key=True),
    Column("agent_id", String(64), nullable=False),
    Column("campaign", String(64), nullable=False, default=""),  # "": whatever campaign
    Column("day", Date, nullable=False),  # the day it begins on, in its zone
    Column("zone", String(64), nullable=False),  # IANA
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("breaks", JSON, nullable=False, default=list),  # [[from, to]], ISO 8601 in UTC
    UniqueConstraint("agent_id", "starts_at"),
    Index("ix_shift_starts_at", "starts_at"),
)

agent_change = Table(
    "agent_change",  # append-only: occupancy, adherence and waiting times are read from here
    metadata,
    Column("change_id", Integer, primary_key=True),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("agent_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # engine.states.AgentState
    Column("at", UtcDateTime, nullable=False),
    Column("call_id", String(64)),
    Column("code", String(32), nullable=False, default=""),
    Index("ix_agent_change_run", "run_id", "agent_id", "change_id"),
    Index("ix_agent_change_campaign", "campaign", "at"),
)

campaign_change = Table(
    "campaign_change",  # append-only: dialing, or why not, since when
    metadata,
    Column("change_id", Integer, primary_key=True),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("state", String(32), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_campaign_change_campaign", "campaign", "change_id"),
)

run = Table(
    "run",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("campaign", ForeignKey("campaign.name"), nullable=False),
    Column("node", Text, nullable=False),
    Column("clock", String(8), nullable=False),  # real, virtual
    Column("seed", Integer),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_why", Text),
    Index("ix_run_campaign", "campaign", "started_at"),
)

lease = Table(
    "lease",  # who may dial a campaign; the fencing token only grows
    metadata,
    Column("campaign", ForeignKey("campaign.name"), primary_key=True),
    Column("holder", String(64), nullable=False),  # run id; "" when free
    Column("node", Text, nullable=False, default=""),
    Column("token", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),  # judged by the wall clock, also in virtual runs
)

pacer_state = Table(
    "pacer_state",
    metadata,
    Column("campaign", ForeignKey("campaign.name"), primary_key=True),
    Column("state", JSON, nullable=False),  # pacer.to_state(): what was learned and what was spent
    Column("saved_at", Float, nullable=False),  # on the run's clock, seconds since the epoch
)

api_token = Table(
    "api_token",  # programs that may use the HTTP API, each for one client company
    metadata,
    Column("token_id", String(16), primary_key=True),  # stands in the token itself, in the open
    Column("name", Text, nullable=False),
    Column("client", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),  # dialer.web.api.scopes
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", UtcDateTime),  # NULL: never
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),  # to the minute
)

sent_lead = Table(
    "sent_lead",  # what became of a lead that came by the API, by the sender's own key: sent twice, done once
    metadata,
    Column("client", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("campaign", String(64), nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("lead_id", Integer),  # NULL: it was refused
    Column("new", Boolean, nullable=False),
    Column("why", Text, nullable=False),  # of a refusal
    Column("at", UtcDateTime, nullable=False),
    Index("ix_sent_lead_at", "at"),
)

webhook = Table(
    "webhook",  # addresses of client companies that are told what happened
    metadata,
    Column("webhook_id", Integer, primary_key=True),
    Column("client", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("kinds", JSON, nullable=False),  # dialer.store.outgoing.KINDS
    Column("secret", Text),  # what signs; NULL: the environment has it
    Column("secret_env", Text),  # under this name
    Column("allow_private", Boolean, nullable=False),  # the operator vouches for an address inside
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("removed_at", UtcDateTime),
    Index("ix_webhook_client", "client"),
)

outgoing = Table(
    "outgoing",  # the outbox: written with the fact, told afterwards, in the order of the ids of a webhook
    metadata,
    Column("outgoing_id", Integer, primary_key=True),
    Column("webhook_id", ForeignKey("webhook.webhook_id"), nullable=False),
    Column("event_id", String(128), nullable=False),  # the same for every webhook and every try
    Column("kind", String(32), nullable=False),
    Column("number", String(16), nullable=False),  # whose fact it is
    Column("at", UtcDateTime, nullable=False),  # of the fact
    Column("data", JSON, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # waits since then: too long, and it is a dead letter
    Column("next_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, delivered, dead
    Column("settled_at", UtcDateTime),
    Column("last_error", Text, nullable=False),
    UniqueConstraint("webhook_id", "event_id"),
    Index(
        "ix_outgoing_waiting",
        "webhook_id",
        "outgoing_id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("ix_outgoing_settled", "state", "settled_at"),
    Index("ix_outgoing_number", "number"),
)
