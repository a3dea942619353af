"""What ingest workers have taken on, and who holds a rule state."""

import sqlalchemy as sa
from alembic import op

revision = "0004_workers"
down_revision = "0003_service"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Step up from 0003_service."""
    op.create_table(
        "ingest_workers",
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("takes", sa.Text(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_ingest_workers")),
    )
    op.add_column("rule_states", sa.Column("worker", sa.Text(), nullable=True))
    op.create_index(op.f("ix_rule_states_worker"), "rule_states", ["worker"])
    op.add_column("workers", sa.Column("taken", sa.Integer(), nullable=True))
