"""The timelines of work orders: append-only rows; a rule's entry is there once."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from iot_maint.domain.findings import Evidence
from iot_maint.domain.verdicts import Judgement
from iot_maint.domain.work_orders import TimelineEntry
from iot_maint.storage.relational.rows import from_optional_json, from_row, to_optional_json, to_row
from iot_maint.storage.relational.statements import chunks, insert_new
from iot_maint.storage.relational.tables.orders import MADE_BY_A_RULE, timeline_entries

_IDENTITY = ("order_number", "rule", "at", "kind")


def append_entry(connection: Connection, number: str, entry: TimelineEntry) -> bool:
    """False when a rule's entry of that event time and kind was there."""
    values = {
        **to_row(entry, without=("evidence", "judgement")),
        "order_number": number,
        "evidence": to_optional_json(entry.evidence),
        "judgement": to_optional_json(entry.judgement),
    }
    return insert_new(connection, timeline_entries, values, unique=_IDENTITY, where=MADE_BY_A_RULE) is not None


def read_timelines(connection: Connection, numbers: Sequence[str]) -> Mapping[str, tuple[TimelineEntry, ...]]:
    """By order number, in the order in which the entries were recorded."""
    timelines: dict[str, tuple[TimelineEntry, ...]] = {}
    for some in chunks(numbers):
        statement = (
            select(timeline_entries).where(timeline_entries.c.order_number.in_(some)).order_by(timeline_entries.c.id)
        )
        for row in connection.execute(statement).mappings():
            entry = from_row(
                row,
                TimelineEntry,
                evidence=from_optional_json(row["evidence"], Evidence),
                judgement=from_optional_json(row["judgement"], Judgement),
            )
            timelines[row["order_number"]] = (*timelines.get(row["order_number"], ()), entry)
    return timelines
