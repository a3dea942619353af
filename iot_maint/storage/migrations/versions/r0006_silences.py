"""What was heard of equipment, and the silences that stand there."""

import sqlalchemy as sa
from alembic import op

revision = "0006_silences"
down_revision = "0005_platform_alarms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up from 0003_service."""
    op.create_table(
        "silence_states",
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("equipment", name=op.f("pk_silence_states")),
    )
    op.create_index(op.f("ix_silence_states_worker"), "silence_states", ["worker"])
