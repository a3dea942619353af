"""Requested backtests.  Times of running are real ones, whatever the installation's clock says."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, Table, Text, text

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

ONE_RUNNING = text("status = 'running'")

backtests = Table(
    "backtests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("progress", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("beat_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("error", Text),
    # JSON by language.
    Column("documents", Text),
    Column("picture", LargeBinary),
    # The database itself lets only one run.
    Index("uq_backtests_running", "status", unique=True, sqlite_where=ONE_RUNNING, postgresql_where=ONE_RUNNING),
)
