"""What the service remembers for itself: rule states, how far workers came, API keys, answers given."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

rule_states = Table(
    "rule_states",
    metadata,
    Column("equipment", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    # Who saved it last: a worker loads its own at the start, and others' when it first sees the equipment.
    Column("worker", Text, index=True),
)

# `worker` was the last to hear it: after a restart, it alone may miss it.
silence_states = Table(
    "silence_states",
    metadata,
    Column("equipment", Text, primary_key=True),
    Column("worker", Text, nullable=False, index=True),
    Column("state", LargeBinary, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("spool_id", Text),
    Column("decided", Integer),
    Column("stored_through", UtcDateTime),
    # Grows whenever another worker takes rule states over from this one.
    Column("taken", Integer),
)

ingest_workers = Table(
    "ingest_workers",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("takes", Text, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    # JSON: site → epoch ms
    Column("sites", Text, nullable=False),
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
