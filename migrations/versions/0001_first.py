"""The first tables: home, parties, cases, verification, assistance, oversight, processes and human tasks.

Why: the beginning.
Old rows: none.
Size: an empty database, well under a second.
The guards (triggers) stand beside this file as SQL, one file a database.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0001_first"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# aware UTC on PostgreSQL; SQLite keeps the same instant without a zone
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
GUARDS = Path(__file__).parent / "0001_guards"
NEXT = "-- next\n"


def upgrade() -> None:
    op.create_table(
        "agenda_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("parked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint("key", name=op.f("uq_agenda_item_key")),
    )
    op.create_index(
        "ix_agenda_item_due",
        "agenda_item",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index("ix_agenda_item_subject", "agenda_item", ["subject"], unique=False)
    op.create_table(
        "definition_part",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_definition_part")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", BIG, nullable=False),
        sa.Column("process", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
        sa.UniqueConstraint("process", name=op.f("uq_heartbeat_process")),
    )
    op.create_table(
        "home",
        sa.Column("id", BIG, nullable=False),
        sa.Column("home_ref", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("founded_at", INSTANT, nullable=True),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("planned_until", INSTANT, nullable=True),
        sa.Column("tick_lease_by", sa.String(length=64), nullable=True),
        sa.Column("tick_lease_until", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('demo', 'real')", name=op.f("ck_home_kind")),
        sa.CheckConstraint("stopped_at IS NULL OR kind = 'demo'", name=op.f("ck_home_only_demo_stops")),
        sa.CheckConstraint("id = 1", name=op.f("ck_home_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home")),
    )
    op.create_table(
        "journal_seal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("last_entry_id", BIG, nullable=False),
        sa.Column("heads", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_seal")),
    )
    op.create_table(
        "journal_stream",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_stream")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_journal_stream_kind_subject")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_en", sa.String(length=255), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("jurisdiction", sa.String(length=64), nullable=False),
        sa.Column("unit_code", sa.String(length=64), nullable=True),
        sa.Column("division", sa.String(length=12), nullable=True),
        sa.Column("supplier_kind", sa.String(length=32), nullable=True),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("agency_id", BIG, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reviews_from", INSTANT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('department','agency','town_post','supplier','bureau','system')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.CheckConstraint("level IN ('town','county','city','province','nation')", name=op.f("ck_organisation_level")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_organisation_agency_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
        sa.UniqueConstraint("id", "kind", name=op.f("uq_organisation_id_kind")),
        sa.UniqueConstraint("ref", name=op.f("uq_organisation_ref")),
    )
    op.create_index(op.f("ix_organisation_unit_code"), "organisation", ["unit_code"], unique=False)
    op.create_table(
        "outbox_message",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("address", sa.String(length=160), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_message_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_outbox_message_ref")),
    )
    op.create_table(
        "policy_file",
        sa.Column("id", BIG, nullable=False),
        sa.Column("path", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("deployed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_file")),
        sa.UniqueConstraint("path", name=op.f("uq_policy_file_path")),
    )
    op.create_table(
        "policy_snapshot",
        sa.Column("id", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_snapshot")),
        sa.UniqueConstraint("digest", name=op.f("uq_policy_snapshot_digest")),
    )
    op.create_table(
        "role_kind",
        sa.Column("id", BIG, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("org_kind", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_kind")),
        sa.UniqueConstraint("role", "org_kind", name=op.f("uq_role_kind_role_org_kind")),
    )
    op.create_table(
        "throttle",
        sa.Column("id", BIG, nullable=False),
        sa.Column("bucket", sa.String(length=160), nullable=False),
        sa.Column("window_start", INSTANT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttle")),
        sa.UniqueConstraint("bucket", name=op.f("uq_throttle_bucket")),
    )
    op.create_table(
        "account",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("idno", sa.LargeBinary(), nullable=False),
        sa.Column("idno_blind", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("org_kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("filed_number", sa.String(length=48), nullable=False),
        sa.Column("filed_by", BIG, nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("password_changed_at", INSTANT, nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", BIG, nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.CheckConstraint("state <> 'ACTIVE' OR filed_on IS NOT NULL", name=op.f("ck_account_filed_first")),
        sa.CheckConstraint("state IN ('FILED_NOT','ACTIVE','DISABLED')", name=op.f("ck_account_state")),
        sa.ForeignKeyConstraint(["filed_by"], ["account.id"], name=op.f("fk_account_filed_by")),
        sa.ForeignKeyConstraint(
            ["org_id", "org_kind"], ["organisation.id", "organisation.kind"], name=op.f("fk_account_org_id_org_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("id", "org_kind", name=op.f("uq_account_id_org_kind")),
        sa.UniqueConstraint("idno_blind", name=op.f("uq_account_idno_blind")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sa.UniqueConstraint("ref", name=op.f("uq_account_ref")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("agency_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("output_due_at", INSTANT, nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('OPENING','RUNNING','DONE')", name=op.f("ck_campaign_state")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_campaign_agency_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["organisation.id"], name=op.f("fk_campaign_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("ref", name=op.f("uq_campaign_ref")),
        sa.UniqueConstraint("unit_id", "programme", "period", name=op.f("uq_campaign_unit_id_programme_period")),
    )
    op.create_table(
        "household",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("town_id", BIG, nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("incomplete", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["organisation.id"], name=op.f("fk_household_department_id")),
        sa.ForeignKeyConstraint(["town_id"], ["organisation.id"], name=op.f("fk_household_town_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("number", name=op.f("uq_household_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_household_ref")),
    )
    op.create_index(op.f("ix_household_department_id"), "household", ["department_id"], unique=False)
    op.create_index(op.f("ix_household_town_id"), "household", ["town_id"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("stream_id", BIG, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("machine_at", INSTANT, nullable=False),
        sa.Column("legal_at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["journal_stream.id"], name=op.f("fk_journal_entry_stream_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("stream_id", "seq", name=op.f("uq_journal_entry_stream_id_seq")),
    )
    op.create_index(op.f("ix_journal_entry_subject"), "journal_entry", ["subject"], unique=False)
    op.create_table(
        "number_counter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_number_counter_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_counter")),
        sa.UniqueConstraint("org_id", "kind", "year", name=op.f("uq_number_counter_org_id_kind_year")),
    )
    op.create_table(
        "resource",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("supplier_id", BIG, nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("limit_key", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["organisation.id"], name=op.f("fk_resource_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("code", name=op.f("uq_resource_code")),
        sa.UniqueConstraint("ref", name=op.f("uq_resource_ref")),
        sa.UniqueConstraint("supplier_id", "category", name=op.f("uq_resource_supplier_id_category")),
    )
    op.create_table(
        "campaign_subject",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("household_id", BIG, nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_subject_campaign_id")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_campaign_subject_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_subject")),
        sa.UniqueConstraint("campaign_id", "household_id", name=op.f("uq_campaign_subject_campaign_id_household_id")),
    )
    op.create_index("ix_campaign_subject_open", "campaign_subject", ["campaign_id", "opened", "id"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("process_version", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("household_id", BIG, nullable=True),
        sa.Column("campaign_id", BIG, nullable=True),
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("agency_id", BIG, nullable=False),
        sa.Column("town_id", BIG, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("stage_times", sa.JSON(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("opened_by", BIG, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("commissioned_at", INSTANT, nullable=True),
        sa.Column("due", sa.JSON(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("policy_snapshot_id", BIG, nullable=False),
        sa.CheckConstraint("kind IN ('NEW','DYNAMIC','BATCH_LETTER')", name=op.f("ck_cases_kind")),
        sa.CheckConstraint("state IN ('OPEN','PARKED','DONE','CANCELLED')", name=op.f("ck_cases_state")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_cases_agency_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_cases_campaign_id")),
        sa.ForeignKeyConstraint(["department_id"], ["organisation.id"], name=op.f("fk_cases_department_id")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_cases_household_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"], name=op.f("fk_cases_opened_by")),
        sa.ForeignKeyConstraint(
            ["policy_snapshot_id"], ["policy_snapshot.id"], name=op.f("fk_cases_policy_snapshot_id")
        ),
        sa.ForeignKeyConstraint(["town_id"], ["organisation.id"], name=op.f("fk_cases_town_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("campaign_id", "household_id", name=op.f("uq_cases_campaign_id_household_id")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_cases_ref")),
    )
    op.create_index("ix_cases_agency_state", "cases", ["agency_id", "state", "due_at"], unique=False)
    op.create_index("ix_cases_department_state", "cases", ["department_id", "state", "due_at"], unique=False)
    op.create_index("ix_cases_household_id", "cases", ["household_id"], unique=False)
    op.create_index("ix_cases_town_state", "cases", ["town_id", "state", "due_at"], unique=False)
    op.create_table(
        "definition",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("title_en", sa.String(length=255), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("proposed_by", BIG, nullable=True),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("deployed_at", INSTANT, nullable=False),
        sa.CheckConstraint("(proposed_by IS NULL) = (approved_by IS NULL)", name=op.f("ck_definition_approved")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_definition_four_eyes")),
        sa.CheckConstraint("shipped = (proposed_by IS NULL)", name=op.f("ck_definition_shipped_or_proposed")),
        sa.ForeignKeyConstraint(["approved_by"], ["account.id"], name=op.f("fk_definition_approved_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_definition_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
        sa.UniqueConstraint("process", "number", name=op.f("uq_definition_process_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_definition_ref")),
    )
    op.create_index("ix_definition_process", "definition", ["process", "number"], unique=False)
    op.create_table(
        "definition_proposal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("proposed_by", BIG, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('OPEN','APPROVED','WITHDRAWN')", name=op.f("ck_definition_proposal_state")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_definition_proposal_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition_proposal")),
        sa.UniqueConstraint("ref", name=op.f("uq_definition_proposal_ref")),
    )
    op.create_index(op.f("ix_definition_proposal_process"), "definition_proposal", ["process"], unique=False)
    op.create_table(
        "one_time_token",
        sa.Column("id", BIG, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_one_time_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_token_token_hash")),
    )
    op.create_table(
        "person",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("household_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("idno", sa.LargeBinary(), nullable=False),
        sa.Column("idno_blind", sa.LargeBinary(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("capacity", sa.String(length=8), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("capacity IN ('FULL','LIMITED','NONE')", name=op.f("ck_person_capacity")),
        sa.CheckConstraint("kind IN ('MEMBER','SUPPORTER')", name=op.f("ck_person_kind")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_person_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("ref", name=op.f("uq_person_ref")),
    )
    op.create_index("ix_person_household_id", "person", ["household_id"], unique=False)
    op.create_index("ix_person_idno_blind", "person", ["idno_blind"], unique=False)
    op.create_table(
        "recipient",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("household_id", BIG, nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("unit_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("state IN ('ACTIVE','SUSPENDED','STOPPED')", name=op.f("ck_recipient_state")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_recipient_household_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["organisation.id"], name=op.f("fk_recipient_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
        sa.UniqueConstraint("household_id", "programme", name=op.f("uq_recipient_household_id_programme")),
        sa.UniqueConstraint("ref", name=op.f("uq_recipient_ref")),
    )
    op.create_index("ix_recipient_roll", "recipient", ["unit_id", "programme", "state"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("org_kind", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("granted_by", BIG, nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "org_kind"],
            ["account.id", "account.org_kind"],
            name=op.f("fk_role_grant_account_id_org_kind"),
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_role_grant_granted_by")),
        sa.ForeignKeyConstraint(
            ["role", "org_kind"], ["role_kind.role", "role_kind.org_kind"], name=op.f("fk_role_grant_role_org_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("account_id", "role", name=op.f("uq_role_grant_account_id_role")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", BIG, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("portal", sa.String(length=16), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_user_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    op.create_index("ix_user_session_account_id", "user_session", ["account_id", "ended_at"], unique=False)
    op.create_table(
        "archive_file",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("holder_id", BIG, nullable=False),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("completed_by", BIG, nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_archive_file_case_id")),
        sa.ForeignKeyConstraint(["completed_by"], ["account.id"], name=op.f("fk_archive_file_completed_by")),
        sa.ForeignKeyConstraint(["holder_id"], ["organisation.id"], name=op.f("fk_archive_file_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_file")),
        sa.UniqueConstraint("case_id", name=op.f("uq_archive_file_case_id")),
        sa.UniqueConstraint("number", name=op.f("uq_archive_file_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_archive_file_ref")),
    )
    op.create_table(
        "case_state",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("definition_id", BIG, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_state_case_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_case_state_definition_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_state")),
    )
    op.create_index(op.f("ix_case_state_definition_id"), "case_state", ["definition_id"], unique=False)
    op.create_table(
        "case_wait",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("correlation", sa.String(length=64), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_wait_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_wait")),
    )
    op.create_index("ix_case_wait_case_id", "case_wait", ["case_id"], unique=False)
    op.create_index("ix_case_wait_message", "case_wait", ["kind", "name", "correlation"], unique=False)
    op.create_table(
        "comparison_line",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "verdict IN ('EQUAL','UNDER','UNDECLARED','OVER','NOT_OBTAINED')", name=op.f("ck_comparison_line_verdict")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_comparison_line_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_comparison_line_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison_line")),
        sa.UniqueConstraint(
            "case_id",
            "round",
            "person_id",
            "category",
            name=op.f("uq_comparison_line_case_id_round_person_id_category"),
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_comparison_line_ref")),
    )
    op.create_table(
        "human_task",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_en", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("form_digest", sa.String(length=64), nullable=False),
        sa.Column("item", sa.JSON(), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("assignee_id", BIG, nullable=True),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("due", sa.JSON(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("limit_kind", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("completed_by", BIG, nullable=True),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("draft_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(state = 'COMPLETED') = (completed_by IS NOT NULL)", name=op.f("ck_human_task_completed_by")
        ),
        sa.CheckConstraint("(state = 'RESERVED') = (assignee_id IS NOT NULL)", name=op.f("ck_human_task_reserved_by")),
        sa.CheckConstraint("limit_kind IN ('STATUTORY','INTERNAL','NONE')", name=op.f("ck_human_task_limit_kind")),
        sa.CheckConstraint("state IN ('READY','RESERVED','COMPLETED','OBSOLETE')", name=op.f("ck_human_task_state")),
        sa.ForeignKeyConstraint(["assignee_id"], ["account.id"], name=op.f("fk_human_task_assignee_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_human_task_case_id")),
        sa.ForeignKeyConstraint(["completed_by"], ["account.id"], name=op.f("fk_human_task_completed_by")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_human_task_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_human_task")),
        sa.UniqueConstraint("case_id", "token", name=op.f("uq_human_task_case_id_token")),
        sa.UniqueConstraint("ref", name=op.f("uq_human_task_ref")),
    )
    op.create_index(
        "ix_human_task_assignee",
        "human_task",
        ["assignee_id", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('READY','RESERVED')"),
        postgresql_where=sa.text("state IN ('READY','RESERVED')"),
    )
    op.create_index("ix_human_task_done", "human_task", ["completed_by", "completed_at"], unique=False)
    op.create_index(
        "ix_human_task_inbox",
        "human_task",
        ["org_id", "role", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('READY','RESERVED')"),
        postgresql_where=sa.text("state IN ('READY','RESERVED')"),
    )
    op.create_table(
        "incident",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=160), nullable=False),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_incident_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("ref", name=op.f("uq_incident_ref")),
    )
    op.create_index(op.f("ix_incident_case_id"), "incident", ["case_id"], unique=False)
    op.create_index("ix_incident_open", "incident", ["closed_at", "id"], unique=False)
    op.create_table(
        "non_cooperation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("subject_state", sa.String(length=12), nullable=False),
        sa.Column("choice", sa.String(length=12), nullable=False),
        sa.Column("requests", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("org_kind", sa.String(length=16), nullable=False),
        sa.Column("decided_by", BIG, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(choice <> 'REFUSE' OR subject_state = 'APPLICANT') AND (choice <> 'SUSPEND' OR subject_state = 'RECIPIENT')",
            name=op.f("ck_non_cooperation_refuse_or_suspend"),
        ),
        sa.CheckConstraint("choice IN ('REFUSE','SUSPEND','CONTINUE')", name=op.f("ck_non_cooperation_choice")),
        sa.CheckConstraint("org_kind = 'department'", name=op.f("ck_non_cooperation_by_department")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_non_cooperation_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_non_cooperation_decided_by")),
        sa.ForeignKeyConstraint(
            ["org_id", "org_kind"],
            ["organisation.id", "organisation.kind"],
            name=op.f("fk_non_cooperation_org_id_org_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_non_cooperation")),
        sa.UniqueConstraint("ref", name=op.f("uq_non_cooperation_ref")),
    )
    op.create_index(op.f("ix_non_cooperation_case_id"), "non_cooperation", ["case_id"], unique=False)
    op.create_table(
        "stored_file",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(length=96), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("blob_name", sa.String(length=64), nullable=False),
        sa.Column("blob_key", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("org_id", BIG, nullable=True),
        sa.Column("uploaded_by", BIG, nullable=True),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_stored_file_case_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_stored_file_org_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["account.id"], name=op.f("fk_stored_file_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("blob_name", name=op.f("uq_stored_file_blob_name")),
        sa.UniqueConstraint("ref", name=op.f("uq_stored_file_ref")),
    )
    op.create_index(op.f("ix_stored_file_case_id"), "stored_file", ["case_id"], unique=False)
    op.create_table(
        "archive_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("archive_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("file_id", BIG, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_archive_item_fixity")),
        sa.ForeignKeyConstraint(["archive_id"], ["archive_file.id"], name=op.f("fk_archive_item_archive_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_archive_item_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_item")),
        sa.UniqueConstraint("archive_id", "kind", "subject", name=op.f("uq_archive_item_archive_id_kind_subject")),
    )
    op.create_table(
        "commission",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=True),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("household_id", BIG, nullable=True),
        sa.Column("campaign_id", BIG, nullable=True),
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("department_kind", sa.String(length=16), nullable=False),
        sa.Column("agency_id", BIG, nullable=False),
        sa.Column("agency_kind", sa.String(length=16), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("basis", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("commissioned_on", sa.Date(), nullable=True),
        sa.Column("prepared_by", BIG, nullable=True),
        sa.Column("signatory_id", BIG, nullable=True),
        sa.Column("letter_id", BIG, nullable=True),
        sa.Column("issued_at", INSTANT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.CheckConstraint("agency_kind = 'agency'", name=op.f("ck_commission_to_agency")),
        sa.CheckConstraint("department_kind = 'department'", name=op.f("ck_commission_from_department")),
        sa.CheckConstraint("purpose IN ('VERIFY','SURVIVAL','IDENTITY')", name=op.f("ck_commission_purpose")),
        sa.CheckConstraint(
            "state = 'DRAFT' OR (letter_id IS NOT NULL AND commissioned_on IS NOT NULL AND signatory_id IS NOT NULL AND number IS NOT NULL)",
            name=op.f("ck_commission_written"),
        ),
        sa.CheckConstraint("state IN ('DRAFT','ISSUED','ACCEPTED','REFUSED')", name=op.f("ck_commission_state")),
        sa.CheckConstraint(
            "household_id IS NOT NULL OR campaign_id IS NOT NULL", name=op.f("ck_commission_has_subject")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "agency_kind"],
            ["organisation.id", "organisation.kind"],
            name=op.f("fk_commission_agency_id_agency_kind"),
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_commission_campaign_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_commission_case_id")),
        sa.ForeignKeyConstraint(
            ["department_id", "department_kind"],
            ["organisation.id", "organisation.kind"],
            name=op.f("fk_commission_department_id_department_kind"),
        ),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_commission_household_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["stored_file.id"], name=op.f("fk_commission_letter_id")),
        sa.ForeignKeyConstraint(["prepared_by"], ["account.id"], name=op.f("fk_commission_prepared_by")),
        sa.ForeignKeyConstraint(["signatory_id"], ["account.id"], name=op.f("fk_commission_signatory_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission")),
        sa.UniqueConstraint("case_id", "purpose", "attempt", name=op.f("uq_commission_case_id_purpose_attempt")),
        sa.UniqueConstraint("id", "purpose", "commissioned_on", name=op.f("uq_commission_id_purpose_commissioned_on")),
        sa.UniqueConstraint("id", "purpose", name=op.f("uq_commission_id_purpose")),
        sa.UniqueConstraint("number", name=op.f("uq_commission_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_commission_ref")),
    )
    op.create_index("ix_commission_campaign_id", "commission", ["campaign_id"], unique=False)
    op.create_table(
        "declaration",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("household_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("file_id", BIG, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", BIG, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_declaration_case_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_declaration_file_id")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_declaration_household_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_declaration_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        sa.UniqueConstraint("ref", name=op.f("uq_declaration_ref")),
    )
    op.create_index(op.f("ix_declaration_case_id"), "declaration", ["case_id"], unique=False)
    op.create_index(op.f("ix_declaration_household_id"), "declaration", ["household_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("resource_id", BIG, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("data_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("uploaded_by", BIG, nullable=True),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("store_name", sa.String(length=64), nullable=True),
        sa.Column("store_key", sa.LargeBinary(), nullable=True),
        sa.Column("store_digest", sa.String(length=64), nullable=True),
        sa.Column("store_size", BIG, nullable=True),
        sa.CheckConstraint("state <> 'READY' OR store_name IS NOT NULL", name=op.f("ck_delivery_ready_is_stored")),
        sa.CheckConstraint("state IN ('READING','READY','FAILED','DROPPED')", name=op.f("ck_delivery_state")),
        sa.CheckConstraint("accepted + rejected + skipped = total", name=op.f("ck_delivery_rows_add_up")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_delivery_file_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_delivery_resource_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["account.id"], name=op.f("fk_delivery_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("ref", name=op.f("uq_delivery_ref")),
        sa.UniqueConstraint("resource_id", "file_digest", name=op.f("uq_delivery_resource_id_file_digest")),
    )
    op.create_index("ix_delivery_resource_state", "delivery", ["resource_id", "state", "data_date"], unique=False)
    op.create_table(
        "guardian",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("ward_id", BIG, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("idno", sa.LargeBinary(), nullable=False),
        sa.Column("idno_blind", sa.LargeBinary(), nullable=False),
        sa.Column("relation", sa.String(length=32), nullable=False),
        sa.Column("proof_file_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["proof_file_id"], ["stored_file.id"], name=op.f("fk_guardian_proof_file_id")),
        sa.ForeignKeyConstraint(["ward_id"], ["person.id"], name=op.f("fk_guardian_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
        sa.UniqueConstraint("id", "ward_id", name=op.f("uq_guardian_id_ward_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_guardian_ref")),
    )
    op.create_index(op.f("ix_guardian_ward_id"), "guardian", ["ward_id"], unique=False)
    op.create_table(
        "task_attachment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_task_attachment_file_id")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_task_attachment_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_attachment")),
        sa.UniqueConstraint("task_id", "file_id", name=op.f("uq_task_attachment_task_id_file_id")),
    )
    op.create_table(
        "task_comment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", BIG, nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_task_comment_case_id")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_task_comment_task_id")),
        sa.ForeignKeyConstraint(["written_by"], ["account.id"], name=op.f("fk_task_comment_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_comment")),
        sa.UniqueConstraint("ref", name=op.f("uq_task_comment_ref")),
    )
    op.create_index("ix_task_comment_case_id", "task_comment", ["case_id", "id"], unique=False)
    op.create_table(
        "acceptance",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("commission_id", BIG, nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("checker_id", BIG, nullable=False),
        sa.Column("preparer_id", BIG, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint("outcome = 'ACCEPTED' OR reason IS NOT NULL", name=op.f("ck_acceptance_refusal_has_reason")),
        sa.CheckConstraint("outcome IN ('ACCEPTED','REFUSED')", name=op.f("ck_acceptance_outcome")),
        sa.CheckConstraint("checker_id <> preparer_id", name=op.f("ck_acceptance_four_eyes")),
        sa.ForeignKeyConstraint(["checker_id"], ["account.id"], name=op.f("fk_acceptance_checker_id")),
        sa.ForeignKeyConstraint(["commission_id"], ["commission.id"], name=op.f("fk_acceptance_commission_id")),
        sa.ForeignKeyConstraint(["preparer_id"], ["account.id"], name=op.f("fk_acceptance_preparer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
        sa.UniqueConstraint("commission_id", name=op.f("uq_acceptance_commission_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_acceptance_ref")),
    )
    op.create_table(
        "authorisation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("signer", sa.String(length=8), nullable=False),
        sa.Column("guardian_id", BIG, nullable=True),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("until_rule", sa.String(length=24), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawal_reason", sa.LargeBinary(), nullable=True),
        sa.Column("scan_id", BIG, nullable=False),
        sa.Column("collected_at", INSTANT, nullable=False),
        sa.Column("collected_by", BIG, nullable=True),
        sa.CheckConstraint(
            "(signer = 'GUARDIAN') = (guardian_id IS NOT NULL)", name=op.f("ck_authorisation_guardian_named")
        ),
        sa.CheckConstraint(
            "(until_rule = 'FIXED_TERM') = (valid_until IS NOT NULL)", name=op.f("ck_authorisation_fixed_term")
        ),
        sa.CheckConstraint("scope IN ('NATIONWIDE','PROVINCE','CITY','COUNTY')", name=op.f("ck_authorisation_scope")),
        sa.CheckConstraint("signer IN ('SELF','GUARDIAN')", name=op.f("ck_authorisation_signer")),
        sa.CheckConstraint(
            "until_rule IN ('ON_DECISION_NEGATIVE','WHILE_RECEIVING','FIXED_TERM')",
            name=op.f("ck_authorisation_until_rule"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_authorisation_case_id")),
        sa.ForeignKeyConstraint(["collected_by"], ["account.id"], name=op.f("fk_authorisation_collected_by")),
        sa.ForeignKeyConstraint(
            ["guardian_id", "person_id"],
            ["guardian.id", "guardian.ward_id"],
            name=op.f("fk_authorisation_guardian_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_authorisation_person_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["stored_file.id"], name=op.f("fk_authorisation_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisation")),
        sa.UniqueConstraint("id", "person_id", "signed_on", name=op.f("uq_authorisation_id_person_id_signed_on")),
        sa.UniqueConstraint("number", name=op.f("uq_authorisation_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_authorisation_ref")),
    )
    op.create_index("ix_authorisation_person_id", "authorisation", ["person_id", "signed_on"], unique=False)
    op.create_table(
        "commission_category",
        sa.Column("id", BIG, nullable=False),
        sa.Column("commission_id", BIG, nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "purpose = 'VERIFY' OR category IN ('DEATH','IDENTITY','IDVALID')",
            name=op.f("ck_commission_category_identity_only"),
        ),
        sa.ForeignKeyConstraint(
            ["commission_id", "purpose"],
            ["commission.id", "commission.purpose"],
            name=op.f("fk_commission_category_commission_id_purpose"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_category")),
        sa.UniqueConstraint("commission_id", "category", name=op.f("uq_commission_category_commission_id_category")),
    )
    op.create_table(
        "declared_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("declaration_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["declaration_id"], ["declaration.id"], name=op.f("fk_declared_item_declaration_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_declared_item_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_item")),
        sa.UniqueConstraint(
            "declaration_id", "person_id", "category", name=op.f("uq_declared_item_declaration_id_person_id_category")
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_declared_item_ref")),
    )
    op.create_table(
        "report",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("commission_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=True),
        sa.Column("agency_id", BIG, nullable=False),
        sa.Column("agency_kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("remarks", sa.LargeBinary(), nullable=True),
        sa.Column("canonical", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("handler_id", BIG, nullable=False),
        sa.Column("reviewer_id", BIG, nullable=True),
        sa.Column("drafted_at", INSTANT, nullable=False),
        sa.Column("signed_at", INSTANT, nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("received_by", BIG, nullable=True),
        sa.Column("pdf_id", BIG, nullable=True),
        sa.Column("pdf_digest", sa.String(length=64), nullable=True),
        sa.CheckConstraint("agency_kind = 'agency'", name=op.f("ck_report_by_agency")),
        sa.CheckConstraint("kind IN ('REPORT','DOUBT_LIST')", name=op.f("ck_report_kind")),
        sa.CheckConstraint(
            "state IN ('DRAFT','REVIEWED') OR (digest IS NOT NULL AND number IS NOT NULL AND reviewer_id IS NOT NULL AND signed_at IS NOT NULL)",
            name=op.f("ck_report_signed_whole"),
        ),
        sa.CheckConstraint("state IN ('DRAFT','REVIEWED','SIGNED','DELIVERED')", name=op.f("ck_report_state")),
        sa.CheckConstraint("reviewer_id IS NULL OR reviewer_id <> handler_id", name=op.f("ck_report_four_eyes")),
        sa.ForeignKeyConstraint(
            ["agency_id", "agency_kind"],
            ["organisation.id", "organisation.kind"],
            name=op.f("fk_report_agency_id_agency_kind"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_report_case_id")),
        sa.ForeignKeyConstraint(["commission_id"], ["commission.id"], name=op.f("fk_report_commission_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["account.id"], name=op.f("fk_report_handler_id")),
        sa.ForeignKeyConstraint(["pdf_id"], ["stored_file.id"], name=op.f("fk_report_pdf_id")),
        sa.ForeignKeyConstraint(["received_by"], ["account.id"], name=op.f("fk_report_received_by")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["account.id"], name=op.f("fk_report_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("case_id", "version", name=op.f("uq_report_case_id_version")),
        sa.UniqueConstraint("number", name=op.f("uq_report_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_report_ref")),
    )
    op.create_table(
        "commission_subject",
        sa.Column("id", BIG, nullable=False),
        sa.Column("commission_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("commissioned_on", sa.Date(), nullable=False),
        sa.Column("authorisation_id", BIG, nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('SURVIVAL','IDENTITY') OR (authorisation_id IS NOT NULL AND signed_on IS NOT NULL AND signed_on <= commissioned_on)",
            name=op.f("ck_commission_subject_authorised_first"),
        ),
        sa.ForeignKeyConstraint(
            ["authorisation_id", "person_id", "signed_on"],
            ["authorisation.id", "authorisation.person_id", "authorisation.signed_on"],
            name=op.f("fk_commission_subject_authorisation_id_person_id_signed_on"),
        ),
        sa.ForeignKeyConstraint(
            ["commission_id", "purpose", "commissioned_on"],
            ["commission.id", "commission.purpose", "commission.commissioned_on"],
            name=op.f("fk_commission_subject_commission_id_purpose_commissioned_on"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_commission_subject_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_subject")),
        sa.UniqueConstraint("commission_id", "person_id", name=op.f("uq_commission_subject_commission_id_person_id")),
    )
    op.create_table(
        "determination",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("report_id", BIG, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("org_kind", sa.String(length=16), nullable=False),
        sa.Column("decided_by", BIG, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint("org_kind = 'department'", name=op.f("ck_determination_by_department")),
        sa.CheckConstraint(
            "outcome IN ('APPROVE','REJECT','REFUSE_INTAKE','STOP','ADJUST','CONTINUE','SUSPEND')",
            name=op.f("ck_determination_outcome"),
        ),
        sa.CheckConstraint(
            "outcome IN ('REFUSE_INTAKE','SUSPEND') OR report_id IS NOT NULL",
            name=op.f("ck_determination_after_report"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_determination_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_determination_decided_by")),
        sa.ForeignKeyConstraint(
            ["org_id", "org_kind"],
            ["organisation.id", "organisation.kind"],
            name=op.f("fk_determination_org_id_org_kind"),
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_determination_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_determination")),
        sa.UniqueConstraint("case_id", "ordinal", name=op.f("uq_determination_case_id_ordinal")),
        sa.UniqueConstraint("ref", name=op.f("uq_determination_ref")),
    )
    op.create_table(
        "dispute",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("report_id", BIG, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("org_kind", sa.String(length=16), nullable=False),
        sa.Column("recorded_by", BIG, nullable=False),
        sa.CheckConstraint("org_kind = 'department'", name=op.f("ck_dispute_at_department")),
        sa.CheckConstraint(
            "outcome <> 'FORWARDED' OR reasons IS NOT NULL", name=op.f("ck_dispute_forwarded_with_reasons")
        ),
        sa.CheckConstraint("outcome IN ('SETTLED','FORWARDED','NOT_ACCEPTED')", name=op.f("ck_dispute_outcome")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_dispute_case_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "org_kind"], ["organisation.id", "organisation.kind"], name=op.f("fk_dispute_org_id_org_kind")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_dispute_recorded_by")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_dispute_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("ref", name=op.f("uq_dispute_ref")),
    )
    op.create_index(op.f("ix_dispute_case_id"), "dispute", ["case_id"], unique=False)
    op.create_table(
        "query",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("commission_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("resource_id", BIG, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("planned_by", BIG, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("due", sa.JSON(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('PLANNED','SENT','ANSWERED','NOT_OBTAINED')", name=op.f("ck_query_state")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_query_case_id")),
        sa.ForeignKeyConstraint(
            ["commission_id", "category"],
            ["commission_category.commission_id", "commission_category.category"],
            name=op.f("fk_query_commission_id_category"),
        ),
        sa.ForeignKeyConstraint(["commission_id"], ["commission.id"], name=op.f("fk_query_commission_id")),
        sa.ForeignKeyConstraint(["planned_by"], ["account.id"], name=op.f("fk_query_planned_by")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_query_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query")),
        sa.UniqueConstraint(
            "case_id",
            "commission_id",
            "resource_id",
            "round",
            name=op.f("uq_query_case_id_commission_id_resource_id_round"),
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_query_ref")),
    )
    op.create_index("ix_query_resource_state", "query", ["resource_id", "state"], unique=False)
    op.create_table(
        "report_access",
        sa.Column("id", BIG, nullable=False),
        sa.Column("report_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("purpose", sa.LargeBinary(), nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_report_access_account_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_access_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_access")),
        sa.UniqueConstraint("ref", name=op.f("uq_report_access_ref")),
    )
    op.create_index(op.f("ix_report_access_report_id"), "report_access", ["report_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("determination_id", BIG, nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("due", sa.JSON(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("pdf_id", BIG, nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("way", sa.String(length=16), nullable=True),
        sa.Column("receipt_id", BIG, nullable=True),
        sa.Column("delivered_by", BIG, nullable=True),
        sa.CheckConstraint(
            "way IS NULL OR way IN ('IN_PERSON','LEFT_AT_HOME','POST','PUBLIC_NOTICE','ELECTRONIC')",
            name=op.f("ck_notice_way"),
        ),
        sa.CheckConstraint(
            "delivered_on IS NULL OR (way IS NOT NULL AND delivered_by IS NOT NULL)",
            name=op.f("ck_notice_delivered_whole"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notice_case_id")),
        sa.ForeignKeyConstraint(["delivered_by"], ["account.id"], name=op.f("fk_notice_delivered_by")),
        sa.ForeignKeyConstraint(["determination_id"], ["determination.id"], name=op.f("fk_notice_determination_id")),
        sa.ForeignKeyConstraint(["pdf_id"], ["stored_file.id"], name=op.f("fk_notice_pdf_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["stored_file.id"], name=op.f("fk_notice_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("determination_id", name=op.f("uq_notice_determination_id")),
        sa.UniqueConstraint("number", name=op.f("uq_notice_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_notice_ref")),
    )
    op.create_index(op.f("ix_notice_case_id"), "notice", ["case_id"], unique=False)
    op.create_table(
        "query_subject",
        sa.Column("id", BIG, nullable=False),
        sa.Column("query_id", BIG, nullable=False),
        sa.Column("commission_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.CheckConstraint("state IN ('OPEN','FOUND','NOT_FOUND','NOT_OBTAINED')", name=op.f("ck_query_subject_state")),
        sa.ForeignKeyConstraint(
            ["commission_id", "person_id"],
            ["commission_subject.commission_id", "commission_subject.person_id"],
            name=op.f("fk_query_subject_commission_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["query_id"], ["query.id"], name=op.f("fk_query_subject_query_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query_subject")),
        sa.UniqueConstraint("query_id", "person_id", name=op.f("uq_query_subject_query_id_person_id")),
    )
    op.create_table(
        "recheck",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("dispute_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("query_id", BIG, nullable=True),
        sa.Column("result", sa.String(length=12), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("answered_by", BIG, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.CheckConstraint("origin IN ('LOCAL','CROSS_REGION')", name=op.f("ck_recheck_origin")),
        sa.CheckConstraint("result IS NULL OR result IN ('UPHELD','CHANGED')", name=op.f("ck_recheck_result")),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_recheck_answered_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_recheck_case_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_recheck_dispute_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recheck_person_id")),
        sa.ForeignKeyConstraint(["query_id"], ["query.id"], name=op.f("fk_recheck_query_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recheck")),
        sa.UniqueConstraint(
            "case_id", "person_id", "category", "ordinal", name=op.f("uq_recheck_case_id_person_id_category_ordinal")
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_recheck_ref")),
    )
    op.create_index("ix_recheck_dispute_id", "recheck", ["dispute_id"], unique=False)
    op.create_table(
        "result_row",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("query_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("source_org_id", BIG, nullable=False),
        sa.Column("source_level", sa.String(length=16), nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("row_no", sa.String(length=24), nullable=False),
        sa.Column("data_date", sa.Date(), nullable=False),
        sa.Column("obtained_at", INSTANT, nullable=False),
        sa.Column("match_kind", sa.String(length=12), nullable=False),
        sa.Column("name_differs", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("match_kind IN ('ID','ID+NAME','NAME_ONLY')", name=op.f("ck_result_row_match_kind")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_result_row_delivery_id")),
        sa.ForeignKeyConstraint(
            ["query_id", "person_id"],
            ["query_subject.query_id", "query_subject.person_id"],
            name=op.f("fk_result_row_query_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["source_org_id"], ["organisation.id"], name=op.f("fk_result_row_source_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_row")),
        sa.UniqueConstraint(
            "query_id", "person_id", "fingerprint", name=op.f("uq_result_row_query_id_person_id_fingerprint")
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_result_row_ref")),
    )
    op.create_table(
        "doubt",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("result_id", BIG, nullable=True),
        sa.Column("comparison_id", BIG, nullable=True),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("sentence", sa.LargeBinary(), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=True),
        sa.Column("settled_by", BIG, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "finding IS NULL OR finding IN ('TRUE','FALSE','SOURCE_ERROR','EXPLAINED')", name=op.f("ck_doubt_finding")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_doubt_case_id")),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparison_line.id"], name=op.f("fk_doubt_comparison_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_doubt_person_id")),
        sa.ForeignKeyConstraint(["result_id"], ["result_row.id"], name=op.f("fk_doubt_result_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"], name=op.f("fk_doubt_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doubt")),
        sa.UniqueConstraint(
            "case_id",
            "round",
            "person_id",
            "code",
            "result_id",
            name=op.f("uq_doubt_case_id_round_person_id_code_result_id"),
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_doubt_ref")),
    )
    op.create_index("ix_doubt_case_id", "doubt", ["case_id"], unique=False)
    op.create_table(
        "survey",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("query_id", BIG, nullable=True),
        sa.Column("doubt_id", BIG, nullable=True),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("surveyors", sa.LargeBinary(), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("org_kind", sa.String(length=16), nullable=False),
        sa.Column("recorded_by", BIG, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("method IN ('VISIT','NEIGHBOURS','LETTER','OTHER')", name=op.f("ck_survey_method")),
        sa.CheckConstraint("org_kind IN ('department','town_post')", name=op.f("ck_survey_not_by_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_survey_case_id")),
        sa.ForeignKeyConstraint(["doubt_id"], ["doubt.id"], name=op.f("fk_survey_doubt_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "org_kind"], ["organisation.id", "organisation.kind"], name=op.f("fk_survey_org_id_org_kind")
        ),
        sa.ForeignKeyConstraint(["query_id"], ["query.id"], name=op.f("fk_survey_query_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_survey_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("ref", name=op.f("uq_survey_ref")),
    )
    op.create_index(op.f("ix_survey_case_id"), "survey", ["case_id"], unique=False)
    for statement in (GUARDS / f"{op.get_bind().dialect.name}.sql").read_text(encoding="utf-8").split(NEXT):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_survey_case_id"), table_name="survey")
    op.drop_table("survey")
    op.drop_index("ix_doubt_case_id", table_name="doubt")
    op.drop_table("doubt")
    op.drop_table("result_row")
    op.drop_index("ix_recheck_dispute_id", table_name="recheck")
    op.drop_table("recheck")
    op.drop_table("query_subject")
    op.drop_index(op.f("ix_notice_case_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_report_access_report_id"), table_name="report_access")
    op.drop_table("report_access")
    op.drop_index("ix_query_resource_state", table_name="query")
    op.drop_table("query")
    op.drop_index(op.f("ix_dispute_case_id"), table_name="dispute")
    op.drop_table("dispute")
    op.drop_table("determination")
    op.drop_table("commission_subject")
    op.drop_table("report")
    op.drop_table("declared_item")
    op.drop_table("commission_category")
    op.drop_index("ix_authorisation_person_id", table_name="authorisation")
    op.drop_table("authorisation")
    op.drop_table("acceptance")
    op.drop_index("ix_task_comment_case_id", table_name="task_comment")
    op.drop_table("task_comment")
    op.drop_table("task_attachment")
    op.drop_index(op.f("ix_guardian_ward_id"), table_name="guardian")
    op.drop_table("guardian")
    op.drop_index("ix_delivery_resource_state", table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_declaration_household_id"), table_name="declaration")
    op.drop_index(op.f("ix_declaration_case_id"), table_name="declaration")
    op.drop_table("declaration")
    op.drop_index("ix_commission_campaign_id", table_name="commission")
    op.drop_table("commission")
    op.drop_table("archive_item")
    op.drop_index(op.f("ix_stored_file_case_id"), table_name="stored_file")
    op.drop_table("stored_file")
    op.drop_index(op.f("ix_non_cooperation_case_id"), table_name="non_cooperation")
    op.drop_table("non_cooperation")
    op.drop_index("ix_incident_open", table_name="incident")
    op.drop_index(op.f("ix_incident_case_id"), table_name="incident")
    op.drop_table("incident")
    op.drop_index(
        "ix_human_task_inbox",
        table_name="human_task",
        sqlite_where=sa.text("state IN ('READY','RESERVED')"),
        postgresql_where=sa.text("state IN ('READY','RESERVED')"),
    )
    op.drop_index("ix_human_task_done", table_name="human_task")
    op.drop_index(
        "ix_human_task_assignee",
        table_name="human_task",
        sqlite_where=sa.text("state IN ('READY','RESERVED')"),
        postgresql_where=sa.text("state IN ('READY','RESERVED')"),
    )
    op.drop_table("human_task")
    op.drop_table("comparison_line")
    op.drop_index("ix_case_wait_message", table_name="case_wait")
    op.drop_index("ix_case_wait_case_id", table_name="case_wait")
    op.drop_table("case_wait")
    op.drop_index(op.f("ix_case_state_definition_id"), table_name="case_state")
    op.drop_table("case_state")
    op.drop_table("archive_file")
    op.drop_index("ix_user_session_account_id", table_name="user_session")
    op.drop_table("user_session")
    op.drop_table("role_grant")
    op.drop_index("ix_recipient_roll", table_name="recipient")
    op.drop_table("recipient")
    op.drop_index("ix_person_idno_blind", table_name="person")
    op.drop_index("ix_person_household_id", table_name="person")
    op.drop_table("person")
    op.drop_table("one_time_token")
    op.drop_index(op.f("ix_definition_proposal_process"), table_name="definition_proposal")
    op.drop_table("definition_proposal")
    op.drop_index("ix_definition_process", table_name="definition")
    op.drop_table("definition")
    op.drop_index("ix_cases_town_state", table_name="cases")
    op.drop_index("ix_cases_household_id", table_name="cases")
    op.drop_index("ix_cases_department_state", table_name="cases")
    op.drop_index("ix_cases_agency_state", table_name="cases")
    op.drop_table("cases")
    op.drop_index("ix_campaign_subject_open", table_name="campaign_subject")
    op.drop_table("campaign_subject")
    op.drop_table("resource")
    op.drop_table("number_counter")
    op.drop_index(op.f("ix_journal_entry_subject"), table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_index(op.f("ix_household_town_id"), table_name="household")
    op.drop_index(op.f("ix_household_department_id"), table_name="household")
    op.drop_table("household")
    op.drop_table("campaign")
    op.drop_table("account")
    op.drop_table("throttle")
    op.drop_table("role_kind")
    op.drop_table("policy_snapshot")
    op.drop_table("policy_file")
    op.drop_table("outbox_message")
    op.drop_index(op.f("ix_organisation_unit_code"), table_name="organisation")
    op.drop_table("organisation")
    op.drop_table("journal_stream")
    op.drop_table("journal_seal")
    op.drop_table("home")
    op.drop_table("heartbeat")
    op.drop_table("definition_part")
    op.drop_index("ix_agenda_item_subject", table_name="agenda_item")
    op.drop_index(
        "ix_agenda_item_due",
        table_name="agenda_item",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_table("agenda_item")
