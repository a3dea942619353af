"""Alarms of the platform itself, and people's notes on them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

_IS_STANDING = text("cleared_at IS NULL")

platform_alarms = Table(
    "platform_alarms",
    metadata,
    # Begins beyond the ids of the table of alarms, see the migration: one number names one alarm of either kind.
    Column("id", Integer, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("cleared_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", Text),
    # An alarm's identity, for ever.
    UniqueConstraint("worker", "kind", "raised_at"),
    Index(
        "uq_platform_alarms_standing",
        "worker",
        "kind",
        unique=True,
        sqlite_where=_IS_STANDING,
        postgresql_where=_IS_STANDING,
    ),
    Index(None, "raised_at", "id"),
    # Without it SQLite would give the ids of an empty table from 1 on again.
    sqlite_autoincrement=True,
)

platform_alarm_notes = Table(
    "platform_alarm_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm_id", Integer, ForeignKey(platform_alarms.c.id), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "alarm_id"),
)
