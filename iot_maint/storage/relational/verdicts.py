"""The verdict in force as columns of its work order."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, RowMapping, and_, or_

from iot_maint.domain.queries import WorkOrderQuery
from iot_maint.domain.verdicts import Judgement, Verdict
from iot_maint.domain.work_orders import PREVENTIVE
from iot_maint.storage.relational.tables.orders import work_orders

_NOT_JUDGED: Mapping[str, object] = dict.fromkeys(
    ("verdict", "judged_at", "judged_by", "found_mode", "failed_at", "parts_replaced")
)
NO_OUTCOME: Mapping[str, object] = {"ended_at": None, **_NOT_JUDGED}
IS_PREVENTIVE = work_orders.c.origin.in_([origin.value for origin in PREVENTIVE])


def judgement_row(judgement: Judgement | None) -> Mapping[str, object]:
    """Its columns; all NULL where there is none."""
    if judgement is None:
        return _NOT_JUDGED
    return {
        "verdict": judgement.verdict.value,
        "judged_at": judgement.at,
        "judged_by": judgement.by,
        "found_mode": judgement.found_mode,
        "failed_at": judgement.failed_at,
        "parts_replaced": judgement.parts,
    }


def read_judgement(row: RowMapping) -> Judgement | None:
    """What `judgement_row` wrote."""
    if row["verdict"] is None:
        return None
    return Judgement(
        verdict=Verdict(row["verdict"]),
        at=row["judged_at"],
        by=row["judged_by"],
        found_mode=row["found_mode"],
        failed_at=row["failed_at"],
        parts=row["parts_replaced"],
    )


def verdict_conditions(query: WorkOrderQuery) -> list[ColumnElement[bool]]:
    """What the asked verdicts demand; nothing where none is asked for."""
    asked: list[ColumnElement[bool]] = []
    if query.verdicts:
        asked.append(work_orders.c.verdict.in_(sorted(verdict.value for verdict in query.verdicts)))
    if query.unjudged:
        asked.append(and_(IS_PREVENTIVE, work_orders.c.ended_at.is_not(None), work_orders.c.verdict.is_(None)))
    return [or_(*asked)] if asked else []
