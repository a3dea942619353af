"""Trained models, their stories, and when each champion was last held against its calibration."""

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Integer, Table, Text, text

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

IS_CHAMPION = text("status = 'champion'")

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("equipment_type", Text, nullable=False),
    Column("kind", Text),
    Column("detector", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("file", Text, nullable=False),
    # JSON: the card in the file, once more, for lists.
    Column("card", Text, nullable=False),
    Column("backtest", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("promoted_at", UtcDateTime),
    Column("promoted_by", Text),
    Column("replaced", Integer),
    Column("retired_at", UtcDateTime),
    # One champion an owner: this index decides, not a query before the update.
    Index(
        "uq_models_champion",
        "scope",
        "subject",
        unique=True,
        sqlite_where=IS_CHAMPION,
        postgresql_where=IS_CHAMPION,
    ),
    Index(None, "scope", "subject", "id"),
    Index(None, "created_at", "id"),
    Index(None, "status"),
)

# Append-only.
model_events = Table(
    "model_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", Integer, ForeignKey(models.c.id), nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "model_id"),
)

# One row.  Its lock, held to the commit, makes revisions visible in their order.
model_revision = Table(
    "model_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

model_checks = Table(
    "model_checks",
    metadata,
    Column("equipment", Text, primary_key=True),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("checked_at", UtcDateTime),
    Column("drift", Float),
    Column("outcome", Text, nullable=False),
)
