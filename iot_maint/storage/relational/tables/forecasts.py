"""Forecasts, one a day of each fault mode that has one, and for which day each equipment was looked at last."""

from sqlalchemy import Column, Float, Integer, Table, Text, UniqueConstraint

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

forecasts = Table(
    "forecasts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("equipment", Text, nullable=False),
    Column("fault_mode", Text, nullable=False),
    # The site's day, YYYY-MM-DD.
    Column("day", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("rule", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("comparison", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("limit", Float, nullable=False),
    Column("healthy", Float, nullable=False),
    Column("level", Float, nullable=False),
    Column("indicator", Float, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("p10", UtcDateTime, nullable=False),
    Column("p50", UtcDateTime, nullable=False),
    Column("p90", UtcDateTime, nullable=False),
    Column("confidence", Float, nullable=False),
    # A JSON array of metrics.
    Column("also", Text, nullable=False),
    # One forecast a day of each fault mode, whichever process makes it.
    UniqueConstraint("equipment", "fault_mode", "day"),
)

forecast_days = Table(
    "forecast_days",
    metadata,
    Column("equipment", Text, primary_key=True),
    Column("day", Text, nullable=False),
)
