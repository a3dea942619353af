"""The equipment register: archive, parameters, overrides with their history, parts, documents, transfers."""

from sqlalchemy import CheckConstraint, Column, Date, Float, ForeignKey, Index, Integer, Table, Text

from iot_maint.storage.relational.tables.base import UtcDateTime, metadata

# One row.  Its lock, held to the commit, makes revisions visible in their order.
register_revision = Table(
    "register_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

equipment = Table(
    "equipment",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("kind", Text),
    Column("status", Text, nullable=False),
    Column("building", Text),
    Column("floor", Text),
    Column("room", Text),
    Column("maker", Text),
    Column("model", Text),
    Column("serial", Text),
    Column("commissioned_on", Date),
    Column("warranty_until", Date),
    Column("contractor", Text),
    Column("contractor_licence", Text),
    Column("contractor_phone", Text),
    Column("parent", Text),
    Column("gateway", Text),
    Column("gateway_device", Text),
    Column("merged_into", Text),
    Column("first_seen_at", UtcDateTime),
    # The register's revision at this row's last change, of its parameters and overrides too.
    Column("revision", Integer, nullable=False),
    Index(None, "revision"),
    Index(None, "site", "type"),
    Index(None, "name", "code"),
    Index(None, "status"),
)


def _owner() -> Column[str]:
    return Column("equipment", Text, ForeignKey(equipment.c.code), nullable=False)


parameters = Table(
    "equipment_parameters",
    metadata,
    Column("equipment", Text, ForeignKey(equipment.c.code), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Float, nullable=False),
)

overrides = Table(
    "limit_overrides",
    metadata,
    Column("equipment", Text, ForeignKey(equipment.c.code), primary_key=True),
    Column("rule_key", Text, primary_key=True),
    Column("override", Text, nullable=False),
)

# Append-only.
limit_changes = Table(
    "limit_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("rule_key", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Index(None, "equipment"),
)

parts = Table(
    "parts",
    metadata,
    Column("equipment", Text, ForeignKey(equipment.c.code), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
)

# Append-only.
replacements = Table(
    "part_replacements",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("part", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("replaced_on", Date, nullable=False),
    Column("work_order", Text),
    Column("note", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index(None, "equipment"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Index(None, "equipment"),
)

# No foreign key: what a code sends may be noted before the code is in the register.
unknown_metrics = Table(
    "unknown_metrics",
    metadata,
    Column("code", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("first_seen_at", UtcDateTime, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_site", Text, nullable=False),
    Column("from_measurement", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("target_site", Text, nullable=False),
    Column("to_measurement", Text, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("points_copied", Integer, nullable=False),
    Column("finished_at", UtcDateTime),
)
