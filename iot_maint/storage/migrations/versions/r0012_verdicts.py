"""When work orders ended, and what was found there."""

import sqlalchemy as sa
from alembic import op

revision = "0012_verdicts"
down_revision = "0008_storms"
branch_labels = None
depends_on = None

# Orders that ended before this release: their last end stands in the timeline.
_ENDED_ALREADY = """
UPDATE work_orders SET ended_at = (
    SELECT max(recorded_at) FROM timeline_entries
    WHERE order_number = work_orders.number AND transition IN ('close', 'cancel')
)
WHERE status IN ('closed', 'cancelled')
"""


def upgrade() -> None:
    """Step up from 0006_silences."""
    op.add_column("work_orders", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_orders", sa.Column("verdict", sa.Text(), nullable=True))
    op.add_column("work_orders", sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_orders", sa.Column("judged_by", sa.Text(), nullable=True))
    op.add_column("work_orders", sa.Column("found_mode", sa.Text(), nullable=True))
    op.add_column("work_orders", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_orders", sa.Column("parts_replaced", sa.Text(), nullable=True))
    op.add_column("timeline_entries", sa.Column("judgement", sa.Text(), nullable=True))
    op.create_index(op.f("ix_work_orders_ended_at_id"), "work_orders", ["ended_at", "id"], unique=False)
    op.create_index(
        op.f("ix_work_orders_verdict_ended_at_id"), "work_orders", ["verdict", "ended_at", "id"], unique=False
    )
    op.execute(_ENDED_ALREADY)
