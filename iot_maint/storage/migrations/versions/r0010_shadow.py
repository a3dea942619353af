"""Sources of findings in shadow, and who put them there."""

import sqlalchemy as sa
from alembic import op

revision = "0010_shadow"
down_revision = "0008_storms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables of their own."""
    op.create_table(
        "shadow_switches",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "equipment", name=op.f("pk_shadow_switches")),
    )
    op.create_table(
        "shadow_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("old", sa.Boolean(), nullable=True),
        sa.Column("new", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_changes")),
    )
    op.create_index(op.f("ix_shadow_changes_source"), "shadow_changes", ["source"])
