"""Work orders with their timelines, the numbers given out, and the events waiting to be delivered."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

# Literal, not bound values: an index's condition and the conflict target that names it must be the same text.
OPEN_PREVENTIVE = text("origin IN ('alarm', 'forecast') AND status NOT IN ('closed', 'cancelled')")
MADE_BY_A_RULE = text("rule IS NOT NULL")
WATCHED = text("watched_since IS NOT NULL")
WAITING = text("delivered_at IS NULL AND dead_at IS NULL")

work_orders = Table(
    "work_orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("equipment", Text, nullable=False),
    Column("equipment_type", Text, nullable=False),
    Column("fault_mode", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("onset_at", UtcDateTime, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    # A JSON object: step → RFC 3339 time.
    Column("deadlines", Text, nullable=False),
    Column("previous", Text),
    Column("ended_at", UtcDateTime),
    # The verdict in force; what was said before it stands in the timeline.
    Column("verdict", Text),
    Column("judged_at", UtcDateTime),
    Column("judged_by", Text),
    Column("found_mode", Text),
    Column("failed_at", UtcDateTime),
    Column("parts_replaced", Text),
    # Completed then; whether the fault stays away is not known yet.
    Column("watched_since", UtcDateTime),
    UniqueConstraint("number"),
    # One open preventive order per fault: this index decides, not a query before the insert.
    Index(
        "uq_work_orders_open_preventive",
        "equipment",
        "fault_mode",
        unique=True,
        sqlite_where=OPEN_PREVENTIVE,
        postgresql_where=OPEN_PREVENTIVE,
    ),
    Index(None, "equipment", "fault_mode", "id"),
    Index(None, "opened_at", "id"),
    Index(None, "status"),
    Index(None, "ended_at", "id"),
    Index(None, "verdict", "ended_at", "id"),
    Index("ix_work_orders_watched", "watched_since", sqlite_where=WATCHED, postgresql_where=WATCHED),
)

# Append-only.
timeline_entries = Table(
    "timeline_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_number", Text, ForeignKey(work_orders.c.number), nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("rule", Text),
    Column("severity", Text),
    Column("evidence", Text),
    Column("transition", Text),
    Column("note", Text, nullable=False),
    # A JSON object: what was said of the fault with this entry.
    Column("judgement", Text),
    Index(
        "uq_timeline_entries_rule_made",
        "order_number",
        "rule",
        "at",
        "kind",
        unique=True,
        sqlite_where=MADE_BY_A_RULE,
        postgresql_where=MADE_BY_A_RULE,
    ),
    Index(None, "order_number"),
)

order_numbers = Table(
    "order_numbers",
    metadata,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("order_number", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # A JSON object of codes and values.
    Column("details", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("last_error", Text),
    Column("delivered_at", UtcDateTime),
    Column("dead_at", UtcDateTime),
    UniqueConstraint("event_id", "channel"),
    Index("ix_outbox_waiting", "order_number", "channel", "id", sqlite_where=WAITING, postgresql_where=WAITING),
)
