"""What the service remembers for itself: rule states, how far workers came, API keys, answers given."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

rule_states = Table(
    "rule_states",
    metadata,
    Column("equipment", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("spool_id", Text),
    Column("decided", Integer),
    Column("stored_through", UtcDateTime),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("digest"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
