"""Alarms of the platform itself."""

import sqlalchemy as sa
from alembic import op

revision = "0005_platform_alarms"
down_revision = "0004_workers"
branch_labels = None
depends_on = None

# Alarms of equipment count from 1 and never come that far: one number names one alarm of either kind.
_FIRST_ID_BEYOND = {
    "sqlite": "INSERT INTO sqlite_sequence (name, seq) VALUES ('platform_alarms', 1000000000)",
    "postgresql": "ALTER SEQUENCE platform_alarms_id_seq RESTART WITH 1000000001",
}


def upgrade() -> None:
    """Two tables of their own."""
    op.create_table(
        "platform_alarms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_alarms")),
        sa.UniqueConstraint("worker", "kind", "raised_at", name=op.f("uq_platform_alarms_worker_kind_raised_at")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_platform_alarms_standing",
        "platform_alarms",
        ["worker", "kind"],
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index(op.f("ix_platform_alarms_raised_at_id"), "platform_alarms", ["raised_at", "id"], unique=False)
    op.create_table(
        "platform_alarm_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alarm_id"], ["platform_alarms.id"], name=op.f("fk_platform_alarm_notes_alarm_id_platform_alarms")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_alarm_notes")),
    )
    op.create_index(op.f("ix_platform_alarm_notes_alarm_id"), "platform_alarm_notes", ["alarm_id"], unique=False)
    op.execute(_FIRST_ID_BEYOND[op.get_bind().dialect.name])
