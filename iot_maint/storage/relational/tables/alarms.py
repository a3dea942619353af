"""Alarms, the events that made them, people's notes, and the orders each alarm used."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata
from iot_maint.storage.relational.tables.orders import work_orders

_WAITS = text("waits_for IS NOT NULL")

alarms = Table(
    "alarms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("equipment", Text, nullable=False),
    Column("fault_mode", Text, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("site", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("onset_at", UtcDateTime, nullable=False),
    # A JSON list of rule ids, in the order in which they came.
    Column("rules", Text, nullable=False),
    Column("cleared_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", Text),
    # The alarm that explains this one, and the clock when that was known.
    Column("cause_id", Integer),
    Column("hung_at", UtcDateTime),
    # Raised while its equipment was under repair.
    Column("locked_out_at", UtcDateTime),
    # What holds its order back, and until when, where that is known.
    Column("waits_for", Text),
    Column("waits_until", UtcDateTime),
    Column("flapping_since", UtcDateTime),
    Column("flaps", Integer),
    # An alarm's identity, for ever.
    UniqueConstraint("equipment", "fault_mode", "raised_at"),
    Index(None, "raised_at", "id"),
    Index(None, "cause_id"),
    Index("ix_alarms_waiting", "waits_for", sqlite_where=_WAITS, postgresql_where=_WAITS),
)

# Append-only; unique by an event's identity, so that saving it twice is once.
alarm_events = Table(
    "alarm_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm_id", Integer, ForeignKey(alarms.c.id), nullable=False),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("severity", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    UniqueConstraint("alarm_id", "kind", "rule", "at"),
)

alarm_notes = Table(
    "alarm_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm_id", Integer, ForeignKey(alarms.c.id), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "alarm_id"),
)

# At most one order per severity, for ever.
alarm_orders = Table(
    "alarm_orders",
    metadata,
    Column("alarm_id", Integer, ForeignKey(alarms.c.id), primary_key=True),
    Column("severity", Text, primary_key=True),
    Column("order_number", Text, ForeignKey(work_orders.c.number), nullable=False),
    Index(None, "order_number"),
)
