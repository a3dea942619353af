"""Labelled history: what judged orders say of the past."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from iot_maint.api.callers import require
from iot_maint.api.context import Context
from iot_maint.api.csv_export import CSV, stream_csv
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.common import PageOf
from iot_maint.api.models.faults import FaultModel
from iot_maint.api.paging import paged_by
from iot_maint.api.parameters import CodeQuery, InstantQuery
from iot_maint.domain.feedback import FaultQuery, JudgedFault
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.queries import Page, PageRequest
from iot_maint.domain.tokens import Scope
from iot_maint.services.feedback.faults import FAULT_COLUMNS, FaultKind, fault_document, fault_query, fault_row
from iot_maint.services.tables import Cell

router = APIRouter(tags=["faults"], dependencies=[Depends(require(Scope.READ))])

Paging = Annotated[PageRequest, Depends(paged_by("ended_at"))]


def asked_faults(
    kind: Annotated[
        FaultKind, Query(description="`confirmed`: real faults; `false`: no fault of the machine was behind the alarm.")
    ] = FaultKind.CONFIRMED,
    equipment: CodeQuery = None,
    from_: Annotated[InstantQuery, Query(alias="from", description="Over before that: left out.")] = None,
    to: Annotated[InstantQuery, Query(description="Begun then or later: left out.")] = None,
) -> FaultQuery:
    """Which judged orders; those that touch [from, to)."""
    return fault_query(kind, equipment, from_, to)


Asked = Annotated[FaultQuery, Depends(asked_faults)]


@router.get("/faults", response_model=PageOf[FaultModel], operation_id="list_faults")
def list_faults(context: Context, language: ReaderLanguage, query: Asked, paging: Paging) -> JsonObject:
    """Judged orders that ended, as labels of history: what it was, from when, until when."""
    with context.database.reading() as repositories:
        page = repositories.feedback.faults(query, paging)
    items = [fault_document(fault, language, context.zone) for fault in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


@router.get("/faults.csv", operation_id="export_faults", response_class=StreamingResponse, responses=CSV)
def export_faults(context: Context, query: Asked) -> StreamingResponse:
    """The same as CSV `equipment,fault_mode,onset,failure`, as backtests take known faults."""

    def read_page(request: PageRequest) -> Page[JudgedFault]:
        with context.database.reading() as repositories:
            return repositories.feedback.faults(query, request)

    def rows_of(some: Sequence[JudgedFault]) -> Iterator[Sequence[Cell]]:
        for fault in some:
            yield fault_row(fault, context.zone)

    return stream_csv("faults", FAULT_COLUMNS, read_page, rows_of, context.clock.now().astimezone(context.zone))
