"""Judged orders as labelled history, for backtests to measure by and for training to leave out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Language
from iot_maint.domain.feedback import NO_FAULT, FaultQuery, JudgedFault
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import PageRequest
from iot_maint.domain.verdicts import Verdict
from iot_maint.services.quantities import say_instant, say_known_instant
from iot_maint.services.tables import Cell
from iot_maint.services.texts import VERDICTS

_PAGE = 500
FAULT_COLUMNS = ("equipment", "fault_mode", "onset", "failure")


class FaultKind(StrEnum):
    """Faults that were confirmed, or alarms behind which there was none of the machine."""

    CONFIRMED = "confirmed"
    FALSE = "false"

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """Those that make it."""
        return frozenset({Verdict.REAL_FAULT}) if self is FaultKind.CONFIRMED else NO_FAULT


def confirmed_faults(
    repositories: Repositories,
    equipment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[JudgedFault]:
    """Real faults of ended orders that touch [since, until), of the fault mode that they really were."""
    return faults(repositories, fault_query(FaultKind.CONFIRMED, equipment, since, until))


def false_alarms(
    repositories: Repositories,
    equipment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[JudgedFault]:
    """Alarms behind which nothing was wrong with the machine; `verdict` tells those of a broken sensor."""
    return faults(repositories, fault_query(FaultKind.FALSE, equipment, since, until))


def fault_query(kind: FaultKind, equipment: str | None, since: datetime | None, until: datetime | None) -> FaultQuery:
    """What is asked of a kind; None bounds nothing."""
    return FaultQuery(verdicts=kind.verdicts, equipment=equipment, since=since, until=until)


def faults(repositories: Repositories, query: FaultQuery) -> Iterator[JudgedFault]:
    """All of them, read page by page; those that ended first before the others."""
    request: PageRequest | None = PageRequest(limit=_PAGE)
    while request is not None:
        page = repositories.feedback.faults(query, request)
        yield from page.items
        request = replace(request, cursor=page.next_cursor) if page.next_cursor is not None else None


def fault_document(fault: JudgedFault, language: Language, zone: ZoneInfo) -> JsonObject:
    """One label; `failure` is what the export calls so: the failure, else the repair."""
    return {
        "equipment": fault.equipment,
        "fault_mode": fault.fault_mode,
        "onset": say_instant(fault.onset_at, zone),
        "failure": say_instant(fault.over_at, zone),
        "failed_at": say_known_instant(fault.failed_at, zone),
        "finished_at": say_instant(fault.finished_at, zone),
        "work_order": fault.order,
        "verdict": fault.verdict.value,
        "verdict_label": VERDICTS[fault.verdict].of(language),
    }


def fault_row(fault: JudgedFault, zone: ZoneInfo) -> Sequence[Cell]:
    """The cells of `FAULT_COLUMNS`."""
    instants = (say_instant(fault.onset_at, zone), say_instant(fault.over_at, zone))
    return (fault.equipment, fault.fault_mode, *instants)
