"""The equipment register."""

import sqlalchemy as sa
from alembic import op

revision = "0001_register"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up from an empty database."""
    op.create_table(
        "equipment",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("building", sa.Text(), nullable=True),
        sa.Column("floor", sa.Text(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("maker", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("commissioned_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("contractor", sa.Text(), nullable=True),
        sa.Column("contractor_licence", sa.Text(), nullable=True),
        sa.Column("contractor_phone", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("gateway", sa.Text(), nullable=True),
        sa.Column("gateway_device", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_equipment")),
    )
    op.create_index(op.f("ix_equipment_name_code"), "equipment", ["name", "code"], unique=False)
    op.create_index(op.f("ix_equipment_revision"), "equipment", ["revision"], unique=False)
    op.create_index(op.f("ix_equipment_site_type"), "equipment", ["site", "type"], unique=False)
    op.create_index(op.f("ix_equipment_status"), "equipment", ["status"], unique=False)
    op.create_table(
        "register_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_register_revision_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_revision")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_site", sa.Text(), nullable=False),
        sa.Column("from_measurement", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_site", sa.Text(), nullable=False),
        sa.Column("to_measurement", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("points_copied", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_table(
        "unknown_metrics",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", "metric", name=op.f("pk_unknown_metrics")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["equipment"], ["equipment.code"], name=op.f("fk_documents_equipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_equipment"), "documents", ["equipment"], unique=False)
    op.create_table(
        "equipment_parameters",
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["equipment"], ["equipment.code"], name=op.f("fk_equipment_parameters_equipment")),
        sa.PrimaryKeyConstraint("equipment", "name", name=op.f("pk_equipment_parameters")),
    )
    op.create_table(
        "limit_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("rule_key", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["equipment"], ["equipment.code"], name=op.f("fk_limit_changes_equipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_changes")),
    )
    op.create_index(op.f("ix_limit_changes_equipment"), "limit_changes", ["equipment"], unique=False)
    op.create_table(
        "limit_overrides",
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("rule_key", sa.Text(), nullable=False),
        sa.Column("override", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["equipment"], ["equipment.code"], name=op.f("fk_limit_overrides_equipment")),
        sa.PrimaryKeyConstraint("equipment", "rule_key", name=op.f("pk_limit_overrides")),
    )
    op.create_table(
        "part_replacements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("replaced_on", sa.Date(), nullable=False),
        sa.Column("work_order", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["equipment"], ["equipment.code"], name=op.f("fk_part_replacements_equipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_replacements")),
    )
    op.create_index(op.f("ix_part_replacements_equipment"), "part_replacements", ["equipment"], unique=False)
    op.create_table(
        "parts",
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["equipment"], ["equipment.code"], name=op.f("fk_parts_equipment")),
        sa.PrimaryKeyConstraint("equipment", "code", name=op.f("pk_parts")),
    )
    op.execute("INSERT INTO register_revision (id, value) VALUES (1, 0)")
