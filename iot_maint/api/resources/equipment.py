"""The register: lists, one piece of equipment, registering, changing, confirming and merging it."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from iot_maint.api.callers import require
from iot_maint.api.context import ApiContext, Context
from iot_maint.api.csv_export import CSV, stream_csv
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.common import PRINTABLE, PageOf
from iot_maint.api.models.equipment import (
    ArchiveFields,
    ConfirmationModel,
    EquipmentChangeModel,
    EquipmentModel,
    MergeModel,
    NewEquipmentModel,
    TransferModel,
)
from iot_maint.api.paging import paged_by
from iot_maint.api.parameters import CodePath, CodeQuery, TypeQuery
from iot_maint.api.writing import OneWrite, answer_once
from iot_maint.domain.catalog import Language
from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.errors import UnknownEquipment
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import EquipmentQuery, Page, PageRequest
from iot_maint.domain.tokens import Scope
from iot_maint.services.documents import equipment_document, transfer_document
from iot_maint.services.register.columns import FIXED
from iot_maint.services.register.editing import change_equipment, register_equipment
from iot_maint.services.register.exporting import register_row
from iot_maint.services.register.identity import confirm, merge
from iot_maint.services.register.rows import Draft
from iot_maint.services.tables import Cell

router = APIRouter(tags=["equipment"], dependencies=[Depends(require(Scope.READ))])

Paging = Annotated[PageRequest, Depends(paged_by("code", "name"))]


def equipment_query(
    site: CodeQuery = None,
    type_: TypeQuery = None,
    kind: CodeQuery = None,
    status: EquipmentStatus | None = None,
    parent: CodeQuery = None,
    gateway: CodeQuery = None,
    text: Annotated[
        str | None, Query(min_length=1, max_length=100, pattern=PRINTABLE, description="Part of code or name.")
    ] = None,
) -> EquipmentQuery:
    """The filters of the list."""
    return EquipmentQuery(site=site, type=type_, kind=kind, status=status, parent=parent, gateway=gateway, text=text)


EquipmentFilters = Annotated[EquipmentQuery, Depends(equipment_query)]


@router.get("/equipment", response_model=PageOf[EquipmentModel], operation_id="list_equipment")
def list_equipment(context: Context, language: ReaderLanguage, filters: EquipmentFilters, paging: Paging) -> JsonObject:
    """By code; sorted by `code` or `name`."""
    with context.database.reading() as repositories:
        page = repositories.equipment.page(filters, paging)
    documents = [equipment_document(one, context.catalog, language, context.zone) for one in page.items]
    return {"items": documents, "next_cursor": page.next_cursor}


@router.get("/equipment.csv", operation_id="export_equipment", response_class=StreamingResponse, responses=CSV)
def export_equipment(context: Context, filters: EquipmentFilters) -> StreamingResponse:
    """The archive of these filters as CSV; `iot-maint equipment export` has parameters and limits too."""

    def read_page(request: PageRequest) -> Page[Equipment]:
        with context.database.reading() as repositories:
            return repositories.equipment.page(filters, request)

    def rows_of(equipment: Sequence[Equipment]) -> Iterator[Sequence[Cell]]:
        for one in equipment:
            row = register_row(one, {})
            yield [row.get(column) for column in FIXED]

    return stream_csv("equipment", FIXED, read_page, rows_of, context.clock.now().astimezone(context.zone))


@router.get("/equipment/{code}", response_model=EquipmentModel, operation_id="get_equipment")
def get_equipment(context: Context, language: ReaderLanguage, code: CodePath) -> JsonObject:
    """One piece of equipment."""
    with context.database.reading() as repositories:
        return _document(context, known(repositories, code), language)


@router.post("/equipment", response_model=EquipmentModel, status_code=201, operation_id="register_equipment")
def register(context: Context, language: ReaderLanguage, write: OneWrite, body: NewEquipmentModel) -> Response:
    """Register equipment; 409 when the code is taken."""

    def change(repositories: Repositories) -> JsonObject:
        equipment = register_equipment(repositories, context.catalog, _draft(body.code, body))
        return _document(context, equipment, language)

    return answer_once(context, write, EquipmentModel, change, status=201)


@router.patch("/equipment/{code}", response_model=EquipmentModel, operation_id="change_equipment")
def patch(
    context: Context, language: ReaderLanguage, write: OneWrite, code: CodePath, body: EquipmentChangeModel
) -> Response:
    """Change what the body names."""

    def change(repositories: Repositories) -> JsonObject:
        equipment = change_equipment(repositories, context.catalog, _draft(code, body))
        return _document(context, equipment, language)

    return answer_once(context, write, EquipmentModel, change)


@router.post("/equipment/{code}/confirm", response_model=TransferModel, operation_id="confirm_equipment")
def confirm_equipment(context: Context, write: OneWrite, code: CodePath, body: ConfirmationModel) -> Response:
    """Register an unregistered code as a type.  A job copies its points; the answer is that job."""

    def change(repositories: Repositories) -> JsonObject:
        transfer = confirm(
            repositories,
            context.catalog,
            context.clock,
            code,
            body.type,
            kind=body.kind,
            name=body.name,
            by=write.caller.name,
        )
        return transfer_document(transfer, context.zone)

    return answer_once(context, write, TransferModel, change)


@router.post("/equipment/{code}/merge", response_model=TransferModel, operation_id="merge_equipment")
def merge_equipment(context: Context, write: OneWrite, code: CodePath, body: MergeModel) -> Response:
    """Make a code an alias of registered equipment.  A job copies its points; the answer is that job."""

    def change(repositories: Repositories) -> JsonObject:
        transfer = merge(repositories, context.desk, code, body.into, by=write.caller.name)
        return transfer_document(transfer, context.zone)

    return answer_once(context, write, TransferModel, change)


def known(repositories: Repositories, code: str) -> Equipment:
    """The equipment of that code; `UnknownEquipment` when there is none."""
    equipment = repositories.equipment.get(code)
    if equipment is None:
        raise UnknownEquipment(f"no equipment {code}")
    return equipment


def _draft(code: str, body: ArchiveFields) -> Draft:
    named = body.model_dump(mode="json", exclude_unset=True, exclude={"parameters"})
    return Draft(code=code, fields={**named, "code": code}, parameters=body.parameters)


def _document(context: ApiContext, equipment: Equipment, language: Language) -> JsonObject:
    return equipment_document(equipment, context.catalog, language, context.zone)
