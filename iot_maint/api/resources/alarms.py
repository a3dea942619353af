"""Alarms: lists, one of them, and the acknowledgement."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from iot_maint.api.callers import require
from iot_maint.api.context import ApiContext, Context
from iot_maint.api.csv_export import CSV, stream_csv
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.alarms import AcknowledgementModel, AlarmModel
from iot_maint.api.models.common import PageOf
from iot_maint.api.paging import paged_by
from iot_maint.api.parameters import CodeQuery, IdPath
from iot_maint.api.writing import OneWrite, answer_once
from iot_maint.domain.alarms import Alarm, AlarmStatus
from iot_maint.domain.catalog import Language, Severity
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.platform_alarms import StoredPlatformAlarm
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import AlarmQuery, Page, PageRequest
from iot_maint.domain.tokens import Scope
from iot_maint.services.alarm_table import ALARM_COLUMNS, alarm_row
from iot_maint.services.documents import alarm_document, platform_alarm_document
from iot_maint.services.tables import Cell
from iot_maint.services.transitions import acknowledge_alarm, find_alarm

router = APIRouter(tags=["alarms"], dependencies=[Depends(require(Scope.READ))])

Paging = Annotated[PageRequest, Depends(paged_by("raised_at"))]
AnyAlarm = Alarm | StoredPlatformAlarm


def alarm_query(
    site: CodeQuery = None,
    equipment: CodeQuery = None,
    fault_mode: CodeQuery = None,
    status: AlarmStatus | None = None,
    severity: Severity | None = None,
    platform: bool | None = None,
    shadow: bool | None = None,
) -> AlarmQuery:
    """The filters of the list; `platform` true: alarms of the platform itself alone, false: of equipment alone.

    `shadow` true: alarms of sources in shadow alone, which never become orders; false: without them.
    """
    return AlarmQuery(
        site=site,
        equipment=equipment,
        fault_mode=fault_mode,
        status=status,
        severity=severity,
        platform=platform,
        shadow=shadow,
    )


AlarmFilters = Annotated[AlarmQuery, Depends(alarm_query)]


@router.get("/alarms", response_model=PageOf[AlarmModel], operation_id="list_alarms")
def list_alarms(context: Context, language: ReaderLanguage, filters: AlarmFilters, paging: Paging) -> JsonObject:
    """The newest first; sorted by `raised_at`."""
    with context.database.reading() as repositories:
        page = repositories.alarm_list.page(filters, paging)
        documents = [alarm_with_notes(context, repositories, alarm, language) for alarm in page.items]
    return {"items": documents, "next_cursor": page.next_cursor}


@router.get("/alarms.csv", operation_id="export_alarms", response_class=StreamingResponse, responses=CSV)
def export_alarms(context: Context, language: ReaderLanguage, filters: AlarmFilters) -> StreamingResponse:
    """All alarms of these filters as CSV."""

    def read_page(request: PageRequest) -> Page[AnyAlarm]:
        with context.database.reading() as repositories:
            return repositories.alarm_list.page(filters, request)

    def rows_of(alarms: Sequence[AnyAlarm]) -> Iterator[Sequence[Cell]]:
        codes = sorted({alarm.key.equipment for alarm in alarms if isinstance(alarm, Alarm)})
        with context.database.reading() as repositories:
            register = {code: repositories.equipment.get(code) for code in codes}
        for alarm in alarms:
            yield alarm_row(alarm, context.catalog, register, language, context.zone)

    return stream_csv("alarms", ALARM_COLUMNS, read_page, rows_of, context.clock.now().astimezone(context.zone))


@router.get("/alarms/{alarm_id}", response_model=AlarmModel, operation_id="get_alarm")
def get_alarm(context: Context, language: ReaderLanguage, alarm_id: IdPath) -> JsonObject:
    """One alarm."""
    with context.database.reading() as repositories:
        alarm = find_alarm(repositories, alarm_id)
        return alarm_with_notes(context, repositories, alarm, language)


@router.post("/alarms/{alarm_id}/acknowledge", response_model=AlarmModel, operation_id="acknowledge_alarm")
def acknowledge(
    context: Context,
    language: ReaderLanguage,
    write: OneWrite,
    alarm_id: IdPath,
    body: AcknowledgementModel | None = None,
) -> Response:
    """Somebody has seen it; seeing it again changes nothing, a note is added each time."""
    note = body.note if body is not None else ""

    def change(repositories: Repositories) -> JsonObject:
        alarm = acknowledge_alarm(repositories, alarm_id, by=write.caller.name, note=note, clock=context.clock)
        return alarm_with_notes(context, repositories, alarm, language)

    return answer_once(context, write, AlarmModel, change)


def alarm_with_notes(
    context: ApiContext, repositories: Repositories, alarm: AnyAlarm, language: Language
) -> JsonObject:
    """The alarm's document, its notes included."""
    if isinstance(alarm, StoredPlatformAlarm):
        notes = repositories.platform_alarms.notes(alarm.id)
        return platform_alarm_document(alarm, language, context.zone, notes)
    equipment = repositories.equipment.get(alarm.key.equipment)
    notes = repositories.alarms.notes(alarm.id)
    return alarm_document(alarm, context.catalog, equipment, language, context.zone, notes)
