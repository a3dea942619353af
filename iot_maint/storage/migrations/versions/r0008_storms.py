"""What an alarm's order waits for, under which cause it hangs, whether it flaps; and orders that are watched."""

import sqlalchemy as sa
from alembic import op

revision = "0008_storms"
down_revision = "0007_models"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up from 0006_silences."""
    for column in (
        sa.Column("cause_id", sa.Integer()),
        sa.Column("hung_at", sa.DateTime(timezone=True)),
        sa.Column("locked_out_at", sa.DateTime(timezone=True)),
        sa.Column("waits_for", sa.Text()),
        sa.Column("waits_until", sa.DateTime(timezone=True)),
        sa.Column("flapping_since", sa.DateTime(timezone=True)),
        sa.Column("flaps", sa.Integer()),
    ):
        op.add_column("alarms", column)
    op.create_index(op.f("ix_alarms_cause_id"), "alarms", ["cause_id"])
    waits = sa.text("waits_for IS NOT NULL")
    op.create_index("ix_alarms_waiting", "alarms", ["waits_for"], sqlite_where=waits, postgresql_where=waits)
    op.add_column("work_orders", sa.Column("watched_since", sa.DateTime(timezone=True)))
    watched = sa.text("watched_since IS NOT NULL")
    op.create_index(
        "ix_work_orders_watched", "work_orders", ["watched_since"], sqlite_where=watched, postgresql_where=watched
    )
