"""Alarms, work orders and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002_alarms_and_orders"
down_revision = "0001_register"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up from 0001_register."""
    op.create_table(
        "alarms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("fault_mode", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("onset_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        sa.UniqueConstraint(
            "equipment", "fault_mode", "raised_at", name=op.f("uq_alarms_equipment_fault_mode_raised_at")
        ),
    )
    op.create_index(op.f("ix_alarms_raised_at_id"), "alarms", ["raised_at", "id"], unique=False)
    op.create_table(
        "order_numbers",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_order_numbers")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", "channel", name=op.f("uq_outbox_event_id_channel")),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["order_number", "channel", "id"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.create_table(
        "work_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("equipment_type", sa.Text(), nullable=False),
        sa.Column("fault_mode", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("onset_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadlines", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_work_orders_number")),
    )
    op.create_index(
        op.f("ix_work_orders_equipment_fault_mode_id"), "work_orders", ["equipment", "fault_mode", "id"], unique=False
    )
    op.create_index(op.f("ix_work_orders_opened_at_id"), "work_orders", ["opened_at", "id"], unique=False)
    op.create_index(op.f("ix_work_orders_status"), "work_orders", ["status"], unique=False)
    op.create_index(
        "uq_work_orders_open_preventive",
        "work_orders",
        ["equipment", "fault_mode"],
        unique=True,
        sqlite_where=sa.text("origin IN ('alarm', 'forecast') AND status NOT IN ('closed', 'cancelled')"),
        postgresql_where=sa.text("origin IN ('alarm', 'forecast') AND status NOT IN ('closed', 'cancelled')"),
    )
    op.create_table(
        "alarm_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_events_alarm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_events")),
        sa.UniqueConstraint("alarm_id", "kind", "rule", "at", name=op.f("uq_alarm_events_alarm_id_kind_rule_at")),
    )
    op.create_table(
        "alarm_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_notes_alarm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_notes")),
    )
    op.create_index(op.f("ix_alarm_notes_alarm_id"), "alarm_notes", ["alarm_id"], unique=False)
    op.create_table(
        "alarm_orders",
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_orders_alarm_id")),
        sa.ForeignKeyConstraint(["order_number"], ["work_orders.number"], name=op.f("fk_alarm_orders_order_number")),
        sa.PrimaryKeyConstraint("alarm_id", "severity", name=op.f("pk_alarm_orders")),
    )
    op.create_index(op.f("ix_alarm_orders_order_number"), "alarm_orders", ["order_number"], unique=False)
    op.create_table(
        "timeline_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("transition", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_number"], ["work_orders.number"], name=op.f("fk_timeline_entries_order_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entries")),
    )
    op.create_index(op.f("ix_timeline_entries_order_number"), "timeline_entries", ["order_number"], unique=False)
    op.create_index(
        "uq_timeline_entries_rule_made",
        "timeline_entries",
        ["order_number", "rule", "at", "kind"],
        unique=True,
        sqlite_where=sa.text("rule IS NOT NULL"),
        postgresql_where=sa.text("rule IS NOT NULL"),
    )
