"""Which sources of findings are in shadow.  No foreign key: what is switched may be declared anywhere."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

shadow_switches = Table(
    "shadow_switches",
    metadata,
    Column("source", Text, primary_key=True),
    # Empty: all equipment.
    Column("equipment", Text, primary_key=True),
    Column("shadow", Boolean, nullable=False),
)

# Append-only.
shadow_changes = Table(
    "shadow_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("equipment", Text),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("old", Boolean),
    Column("new", Boolean),
    Column("note", Text, nullable=False),
    Index(None, "source"),
)
