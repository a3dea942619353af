"""The archive of one piece of equipment: parts, their replacements, documents, and all that ever happened to it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from iot_maint.api.callers import require
from iot_maint.api.context import Context
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.equipment import (
    DocumentModel,
    DocumentsModel,
    NewDocumentModel,
    NewPartModel,
    NewReplacementModel,
    PartModel,
    PartsModel,
    ReplacementModel,
)
from iot_maint.api.models.history import HistoryModel
from iot_maint.api.paging import paged_by
from iot_maint.api.parameters import CodePath, KeyPath
from iot_maint.api.resources.equipment import known
from iot_maint.api.writing import OneWrite, answer_once
from iot_maint.domain.equipment import Document, Part, PartReplacement
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import AlarmQuery, PageRequest, WorkOrderQuery
from iot_maint.domain.tokens import Scope
from iot_maint.services.documents import (
    alarm_document,
    limit_change_document,
    link_document,
    part_document,
    replacement_document,
)
from iot_maint.services.register.archive import add_document, put_part, replace_part
from iot_maint.services.rendering import order_document

router = APIRouter(prefix="/equipment/{code}", tags=["equipment"], dependencies=[Depends(require(Scope.READ))])

Paging = Annotated[PageRequest, Depends(paged_by("opened_at", "urgency", "number"))]

NEWEST_ALARMS = PageRequest(limit=100)


@router.get("/history", response_model=HistoryModel, operation_id="get_equipment_history")
def get_history(context: Context, language: ReaderLanguage, code: CodePath, paging: Paging) -> JsonObject:
    """Every work order it ever had, page by page; with the first page its alarms, replacements and limit changes."""
    first = paging.cursor is None
    with context.database.reading() as repositories:
        equipment = known(repositories, code)
        orders = repositories.orders.page(WorkOrderQuery(equipment=code), paging)
        alarms = repositories.alarms.page(AlarmQuery(equipment=code), NEWEST_ALARMS).items if first else ()
        told = [(alarm, repositories.alarms.notes(alarm.id)) for alarm in alarms]
        replacements = repositories.equipment.replacements(code) if first else []
        changes = repositories.equipment.limit_changes(code) if first else []
        unknown = repositories.equipment.unknown_metrics(code) if first else []
    catalog, zone = context.catalog, context.zone
    return {
        "equipment": code,
        "work_orders": [order_document(order, catalog, equipment, language, zone) for order in orders.items],
        "next_cursor": orders.next_cursor,
        "alarms": [alarm_document(alarm, catalog, equipment, language, zone, notes) for alarm, notes in told],
        "replacements": [replacement_document(one) for one in reversed(replacements)],
        "limit_changes": [limit_change_document(change, zone) for change in reversed(changes)],
        "unknown_metrics": unknown,
    }


@router.get("/parts", response_model=PartsModel, operation_id="list_parts")
def list_parts(context: Context, code: CodePath) -> JsonObject:
    """What is built in, and what of it was replaced when."""
    with context.database.reading() as repositories:
        known(repositories, code)
        parts, replacements = repositories.equipment.parts(code), repositories.equipment.replacements(code)
    return {
        "parts": [part_document(part) for part in parts],
        "replacements": [replacement_document(one) for one in replacements],
    }


@router.post("/parts", response_model=PartModel, operation_id="put_part")
def post_part(context: Context, write: OneWrite, code: CodePath, body: NewPartModel) -> Response:
    """Add a built-in part, or correct the one of that code."""

    def change(repositories: Repositories) -> JsonObject:
        part = Part(code=body.code, name=body.name, quantity=body.quantity)
        return part_document(put_part(repositories, code, part))

    return answer_once(context, write, PartModel, change)


@router.post(
    "/parts/{part}/replacements", response_model=ReplacementModel, status_code=201, operation_id="replace_part"
)
def post_replacement(
    context: Context, write: OneWrite, code: CodePath, part: KeyPath, body: NewReplacementModel
) -> Response:
    """Record that a part was replaced."""

    def change(repositories: Repositories) -> JsonObject:
        replacement = PartReplacement(
            part=part,
            quantity=body.quantity,
            replaced_on=body.replaced_on,
            work_order=body.work_order,
            note=body.note,
            recorded_by=write.caller.name,
        )
        return replacement_document(replace_part(repositories, code, replacement))

    return answer_once(context, write, ReplacementModel, change, status=201)


@router.get("/documents", response_model=DocumentsModel, operation_id="list_documents")
def list_documents(context: Context, code: CodePath) -> JsonObject:
    """Manuals, drawings and certificates, by link."""
    with context.database.reading() as repositories:
        known(repositories, code)
        documents = repositories.equipment.documents(code)
    return {"documents": [link_document(document) for document in documents]}


@router.post("/documents", response_model=DocumentModel, status_code=201, operation_id="add_document")
def post_document(context: Context, write: OneWrite, code: CodePath, body: NewDocumentModel) -> Response:
    """Add a link."""

    def change(repositories: Repositories) -> JsonObject:
        return link_document(add_document(repositories, code, Document(title=body.title, url=body.url)))

    return answer_once(context, write, DocumentModel, change, status=201)
