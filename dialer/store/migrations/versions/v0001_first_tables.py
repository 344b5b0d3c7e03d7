"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store import guards
from dialer.store.guards import Guard

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_FOR_GOOD = ("ledger", "suppression", "block", "erasure", "administration", "abandonment_target", "removal")
_ERASABLE = ("consent", "relationship", "imported_call")
_GUARDS = (
    *(Guard(table, "UPDATE") for table in (*_FOR_GOOD, *_ERASABLE)),
    *(Guard(table, "DELETE") for table in _FOR_GOOD),
    *(Guard(table, "DELETE", erasable=True) for table in (*_ERASABLE, "attempt")),
    *(Guard(table, "TRUNCATE") for table in (*_FOR_GOOD, *_ERASABLE, "attempt")),
)


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("clients", sa.JSON(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_table(
        "administration",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_administration")),
    )
    op.create_table(
        "agent",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent")),
    )
    op.create_table(
        "api_token",
        sa.Column("token_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_api_token")),
    )
    op.create_table(
        "sent_lead",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("new", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_sent_lead")),
    )
    op.create_index("ix_sent_lead_at", "sent_lead", ["at"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("secret_env", sa.Text(), nullable=True),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_client", "webhook", ["client"], unique=False)
    op.create_table(
        "outgoing",
        sa.Column("outgoing_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.webhook_id"], name=op.f("fk_outgoing_webhook_id_webhook")),
        sa.PrimaryKeyConstraint("outgoing_id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("uq_outgoing_webhook_id")),
    )
    op.create_index(
        "ix_outgoing_waiting",
        "outgoing",
        ["webhook_id", "outgoing_id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_outgoing_settled", "outgoing", ["state", "settled_at"], unique=False)
    op.create_index("ix_outgoing_number", "outgoing", ["number"], unique=False)
    op.create_table(
        "block",
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifts", sa.Integer(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lifts"], ["block.block_id"], name=op.f("fk_block_lifts_block")),
        sa.PrimaryKeyConstraint("block_id", name=op.f("pk_block")),
    )
    op.create_index(op.f("ix_block_lifts"), "block", ["lifts"], unique=False)
    op.create_index("ix_block_target", "block", ["target"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_campaign")),
    )
    op.create_table(
        "consent",
        sa.Column("consent_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("waives", sa.JSON(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("honour_by", sa.Date(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("shown", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_number", "consent", ["number", "client", "consent_id"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("erasure_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_number", "erasure", ["number"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_index("ix_ledger_campaign", "ledger", ["campaign", "at"], unique=False)
    op.create_index("ix_ledger_number", "ledger", ["number", "seq"], unique=False)
    op.create_table(
        "place",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("jurisdictions", sa.JSON(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_place")),
        sa.UniqueConstraint("key", name=op.f("uq_place_key")),
    )
    op.create_table(
        "relationship",
        sa.Column("relationship_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('transaction', 'inquiry', 'end')", name=op.f("ck_relationship_kind")),
        sa.PrimaryKeyConstraint("relationship_id", name=op.f("pk_relationship")),
    )
    op.create_index("ix_relationship_number", "relationship", ["number", "client", "kind", "day"], unique=False)
    op.create_table(
        "recording",
        sa.Column("carrier_ref", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("carrier_ref", name=op.f("pk_recording")),
    )
    op.create_index(op.f("ix_recording_call_id"), "recording", ["call_id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("suppression_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("action IN ('add', 'remove')", name=op.f("ck_suppression_action")),
        sa.PrimaryKeyConstraint("suppression_id", name=op.f("pk_suppression")),
    )
    op.create_index(
        "ix_suppression_number", "suppression", ["number", "scope", "scope_id", "suppression_id"], unique=False
    )
    op.create_table(
        "removal",
        sa.Column("removal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step IN ('ask', 'approve', 'refuse', 'withdraw')", name=op.f("ck_removal_step")),
        sa.CheckConstraint("(step = 'ask') = (asked IS NULL)", name=op.f("ck_removal_asked")),
        sa.ForeignKeyConstraint(["asked"], ["removal.removal_id"], name=op.f("fk_removal_asked_removal")),
        sa.PrimaryKeyConstraint("removal_id", name=op.f("pk_removal")),
        sa.UniqueConstraint("asked", name=op.f("uq_removal_asked")),
    )
    op.create_index("ix_removal_number", "removal", ["number"], unique=False)
    op.create_table(
        "contact_list",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.Column("funnel", sa.JSON(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_contact_list_campaign_campaign")),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_contact_list")),
        sa.UniqueConstraint("campaign", "sha256", name=op.f("uq_contact_list_campaign")),
    )
    op.create_table(
        "payment",
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("debt_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.String(length=24), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payment")),
        sa.UniqueConstraint("client", "key", name=op.f("uq_payment_client")),
    )
    op.create_index("ix_payment_account_id", "payment", ["account_id", "client"], unique=False)
    op.create_index("ix_payment_debt_id", "payment", ["debt_id", "client"], unique=False)
    op.create_index("ix_payment_external_id", "payment", ["external_id", "client"], unique=False)
    op.create_table(
        "imported_call",
        sa.Column("imported_id", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("debt_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("talk_seconds", sa.Float(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("conversation", sa.Boolean(), nullable=False),
        sa.Column("refusal", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_imported_call_campaign_campaign")),
        sa.PrimaryKeyConstraint("imported_id", name=op.f("pk_imported_call")),
        sa.UniqueConstraint("client", "number", "placed_at", name=op.f("uq_imported_call_client")),
    )
    op.create_index("ix_imported_call_campaign", "imported_call", ["campaign", "placed_at"], unique=False)
    op.create_index(
        "ix_imported_call_debt",
        "imported_call",
        ["debt_id", "placed_at"],
        unique=False,
        sqlite_where=sa.text("debt_id != ''"),
        postgresql_where=sa.text("debt_id != ''"),
    )
    op.create_index("ix_imported_call_number", "imported_call", ["number", "placed_at"], unique=False)
    op.create_index(
        "ix_imported_call_person",
        "imported_call",
        ["person_id", "placed_at"],
        unique=False,
        sqlite_where=sa.text("person_id != ''"),
        postgresql_where=sa.text("person_id != ''"),
    )
    op.create_table(
        "lease",
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_lease_campaign_campaign")),
        sa.PrimaryKeyConstraint("campaign", name=op.f("pk_lease")),
    )
    op.create_table(
        "pacer_state",
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_pacer_state_campaign_campaign")),
        sa.PrimaryKeyConstraint("campaign", name=op.f("pk_pacer_state")),
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("clock", sa.String(length=8), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_run_campaign_campaign")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_campaign", "run", ["campaign", "started_at"], unique=False)
    op.create_table(
        "abandonment_target",
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("max_rate", sa.Float(), nullable=False),
        sa.Column("file_rate", sa.Float(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_abandonment_target_campaign_campaign")),
        sa.PrimaryKeyConstraint("target_id", name=op.f("pk_abandonment_target")),
    )
    op.create_index("ix_abandonment_target_campaign", "abandonment_target", ["campaign", "target_id"], unique=False)
    op.create_table(
        "shift",
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("breaks", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("shift_id", name=op.f("pk_shift")),
        sa.UniqueConstraint("agent_id", "starts_at", name=op.f("uq_shift_agent_id")),
    )
    op.create_index("ix_shift_starts_at", "shift", ["starts_at"], unique=False)
    op.create_table(
        "agent_change",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_agent_change_campaign_campaign")),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_agent_change_run_id_run")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_agent_change")),
    )
    op.create_index("ix_agent_change_campaign", "agent_change", ["campaign", "at"], unique=False)
    op.create_index("ix_agent_change_run", "agent_change", ["run_id", "agent_id", "change_id"], unique=False)
    op.create_table(
        "campaign_change",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_campaign_change_campaign_campaign")),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_campaign_change_run_id_run")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_campaign_change")),
    )
    op.create_index("ix_campaign_change_campaign", "campaign_change", ["campaign", "change_id"], unique=False)
    op.create_table(
        "lead",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("debt_id", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("consent_basis", sa.String(length=32), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consent_ref", sa.Text(), nullable=False),
        sa.Column("consent_revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consent_waives", sa.JSON(), nullable=False),
        sa.Column("custom", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_why", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("callback_for", sa.String(length=64), nullable=True),
        sa.Column("leased_by", sa.String(length=64), nullable=True),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_from", sa.String(length=16), nullable=True),
        sa.Column("retired", sa.Text(), nullable=True),
        sa.Column("place_ids", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_lead_campaign_campaign")),
        sa.ForeignKeyConstraint(["list_id"], ["contact_list.list_id"], name=op.f("fk_lead_list_id_contact_list")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead")),
    )
    op.create_index(
        "ix_lead_debt",
        "lead",
        ["debt_id"],
        unique=False,
        sqlite_where=sa.text("debt_id != ''"),
        postgresql_where=sa.text("debt_id != ''"),
    )
    op.create_index("ix_lead_due", "lead", ["campaign", "status", "next_at"], unique=False)
    op.create_index(
        "ix_lead_external",
        "lead",
        ["external_id", "campaign"],
        unique=False,
        sqlite_where=sa.text("external_id != ''"),
        postgresql_where=sa.text("external_id != ''"),
    )
    op.create_index(
        "ix_lead_hopper", "lead", ["campaign", "status", "priority", "place_ids", "next_at", "lead_id"], unique=False
    )
    op.create_index("ix_lead_list", "lead", ["list_id", "status", "lead_id"], unique=False)
    op.create_index(
        "ix_lead_person",
        "lead",
        ["person_id"],
        unique=False,
        sqlite_where=sa.text("person_id != ''"),
        postgresql_where=sa.text("person_id != ''"),
    )
    op.create_table(
        "phone",
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("line_type", sa.String(length=16), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_phone_campaign_campaign")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.lead_id"], name=op.f("fk_phone_lead_id_lead"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"], name=op.f("fk_phone_place_id_place")),
        sa.PrimaryKeyConstraint("phone_id", name=op.f("pk_phone")),
        sa.UniqueConstraint("campaign", "number", name=op.f("uq_phone_campaign")),
    )
    op.create_index("ix_phone_lead", "phone", ["lead_id", "position"], unique=False)
    op.create_index("ix_phone_number", "phone", ["number"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("debt_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("caller_id", sa.String(length=16), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=False),
        sa.Column("carrier_ref", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.String(length=64), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ringing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bridged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrapped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("amd_machine", sa.Boolean(), nullable=False),
        sa.Column("message_played", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.name"], name=op.f("fk_attempt_campaign_campaign")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.lead_id"], name=op.f("fk_attempt_lead_id_lead")),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.phone_id"], name=op.f("fk_attempt_phone_id_phone")),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_attempt_run_id_run")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_campaign", "attempt", ["campaign", "placed_at"], unique=False)
    op.create_index(
        "ix_attempt_debt",
        "attempt",
        ["debt_id", "placed_at"],
        unique=False,
        sqlite_where=sa.text("debt_id != ''"),
        postgresql_where=sa.text("debt_id != ''"),
    )
    op.create_index("ix_attempt_lead", "attempt", ["lead_id", "phone_id"], unique=False)
    op.create_index("ix_attempt_number", "attempt", ["number", "placed_at"], unique=False)
    op.create_index(
        "ix_attempt_open",
        "attempt",
        ["campaign"],
        unique=False,
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_index(
        "ix_attempt_person",
        "attempt",
        ["person_id", "placed_at"],
        unique=False,
        sqlite_where=sa.text("person_id != ''"),
        postgresql_where=sa.text("person_id != ''"),
    )
    op.create_index(
        "uq_attempt_live_lead",
        "attempt",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_index(
        "uq_attempt_live_number",
        "attempt",
        ["number"],
        unique=True,
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_table(
        "disposition",
        sa.Column("disposition_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("callback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("callback_for", sa.String(length=64), nullable=True),
        sa.Column("promise_amount", sa.String(length=16), nullable=True),
        sa.Column("promise_currency", sa.String(length=3), nullable=True),
        sa.Column("promise_due", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["attempt.call_id"], name=op.f("fk_disposition_call_id_attempt")),
        sa.PrimaryKeyConstraint("disposition_id", name=op.f("pk_disposition")),
    )
    op.create_index(op.f("ix_disposition_call_id"), "disposition", ["call_id"], unique=False)
    for statement in guards.create(_GUARDS, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop every table."""
    for statement in guards.drop(_GUARDS, op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_index("ix_outgoing_number", table_name="outgoing")
    op.drop_index("ix_outgoing_settled", table_name="outgoing")
    op.drop_index(
        "ix_outgoing_waiting",
        table_name="outgoing",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_table("outgoing")
    op.drop_index("ix_webhook_client", table_name="webhook")
    op.drop_table("webhook")
    op.drop_index("ix_sent_lead_at", table_name="sent_lead")
    op.drop_table("sent_lead")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_disposition_call_id"), table_name="disposition")
    op.drop_table("disposition")
    op.drop_index(
        "uq_attempt_live_number",
        table_name="attempt",
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.drop_index(
        "uq_attempt_live_lead",
        table_name="attempt",
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.drop_index(
        "ix_attempt_person",
        table_name="attempt",
        sqlite_where=sa.text("person_id != ''"),
        postgresql_where=sa.text("person_id != ''"),
    )
    op.drop_index(
        "ix_attempt_open",
        table_name="attempt",
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.drop_index("ix_attempt_number", table_name="attempt")
    op.drop_index("ix_attempt_lead", table_name="attempt")
    op.drop_index(
        "ix_attempt_debt",
        table_name="attempt",
        sqlite_where=sa.text("debt_id != ''"),
        postgresql_where=sa.text("debt_id != ''"),
    )
    op.drop_index("ix_attempt_campaign", table_name="attempt")
    op.drop_table("attempt")
    op.drop_index("ix_phone_number", table_name="phone")
    op.drop_index("ix_phone_lead", table_name="phone")
    op.drop_table("phone")
    op.drop_index(
        "ix_lead_person",
        table_name="lead",
        sqlite_where=sa.text("person_id != ''"),
        postgresql_where=sa.text("person_id != ''"),
    )
    op.drop_index("ix_lead_list", table_name="lead")
    op.drop_index("ix_lead_hopper", table_name="lead")
    op.drop_index(
        "ix_lead_external",
        table_name="lead",
        sqlite_where=sa.text("external_id != ''"),
        postgresql_where=sa.text("external_id != ''"),
    )
    op.drop_index("ix_lead_due", table_name="lead")
    op.drop_table("lead")
    op.drop_index("ix_campaign_change_campaign", table_name="campaign_change")
    op.drop_table("campaign_change")
    op.drop_index("ix_agent_change_run", table_name="agent_change")
    op.drop_index("ix_agent_change_campaign", table_name="agent_change")
    op.drop_table("agent_change")
    op.drop_index("ix_shift_starts_at", table_name="shift")
    op.drop_table("shift")
    op.drop_index("ix_run_campaign", table_name="run")
    op.drop_table("run")
    op.drop_table("pacer_state")
    op.drop_table("lease")
    op.drop_index("ix_payment_external_id", table_name="payment")
    op.drop_index("ix_payment_debt_id", table_name="payment")
    op.drop_index("ix_payment_account_id", table_name="payment")
    op.drop_table("payment")
    op.drop_index(
        "ix_imported_call_person",
        table_name="imported_call",
        sqlite_where=sa.text("person_id != ''"),
        postgresql_where=sa.text("person_id != ''"),
    )
    op.drop_index("ix_imported_call_number", table_name="imported_call")
    op.drop_index(
        "ix_imported_call_debt",
        table_name="imported_call",
        sqlite_where=sa.text("debt_id != ''"),
        postgresql_where=sa.text("debt_id != ''"),
    )
    op.drop_index("ix_imported_call_campaign", table_name="imported_call")
    op.drop_table("imported_call")
    op.drop_table("contact_list")
    op.drop_index(op.f("ix_recording_call_id"), table_name="recording")
    op.drop_table("recording")
    op.drop_index("ix_removal_number", table_name="removal")
    op.drop_table("removal")
    op.drop_index("ix_suppression_number", table_name="suppression")
    op.drop_table("suppression")
    op.drop_index("ix_relationship_number", table_name="relationship")
    op.drop_table("relationship")
    op.drop_table("place")
    op.drop_index("ix_ledger_number", table_name="ledger")
    op.drop_index("ix_ledger_campaign", table_name="ledger")
    op.drop_table("ledger")
    op.drop_index("ix_erasure_number", table_name="erasure")
    op.drop_table("erasure")
    op.drop_index("ix_consent_number", table_name="consent")
    op.drop_table("consent")
    op.drop_index("ix_abandonment_target_campaign", table_name="abandonment_target")
    op.drop_table("abandonment_target")
    op.drop_table("campaign")
    op.drop_index("ix_block_target", table_name="block")
    op.drop_index(op.f("ix_block_lifts"), table_name="block")
    op.drop_table("block")
    op.drop_table("agent")
    op.drop_table("administration")
    op.drop_table("account")
