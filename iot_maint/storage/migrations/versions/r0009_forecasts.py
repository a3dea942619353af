"""Forecasts of days to limit, and the window that an order is planned into."""

import sqlalchemy as sa
from alembic import op

revision = "0009_forecasts"
down_revision = "0008_storms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The forecasts and their days."""
    op.create_table(
        "forecasts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("fault_mode", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("limit", sa.Float(), nullable=False),
        sa.Column("healthy", sa.Float(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("indicator", sa.Float(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p10", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p50", sa.DateTime(timezone=True), nullable=False),
        sa.Column("p90", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("also", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecasts")),
        sa.UniqueConstraint("equipment", "fault_mode", "day", name=op.f("uq_forecasts_equipment_fault_mode_day")),
    )
    op.create_table(
        "forecast_days",
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("equipment", name=op.f("pk_forecast_days")),
    )
    op.add_column("work_orders", sa.Column("planned_for", sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_orders", sa.Column("planned_until", sa.DateTime(timezone=True), nullable=True))
