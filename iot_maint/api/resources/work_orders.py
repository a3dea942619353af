"""Work orders: lists, one of them, and the steps that people take."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from iot_maint.api.callers import require
from iot_maint.api.context import ApiContext, Context
from iot_maint.api.csv_export import CSV, stream_csv
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.common import PageOf
from iot_maint.api.models.orders import FoundModel, StepModel, VerdictModel, WorkOrderModel
from iot_maint.api.paging import paged_by
from iot_maint.api.parameters import CodeQuery, InstantQuery, NumberPath
from iot_maint.api.writing import OneWrite, Write, answer_once
from iot_maint.domain.catalog import Language
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import InvalidInput, UnknownThing
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import Page, PageRequest, WorkOrderQuery
from iot_maint.domain.tokens import Scope
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.feedback.judging import Judge, VerdictWish, judge_order, revise_verdict
from iot_maint.services.order_events import UNJUDGED
from iot_maint.services.order_table import ORDER_COLUMNS, order_row
from iot_maint.services.rendering import order_document
from iot_maint.services.tables import Cell
from iot_maint.services.transitions import transition_order

router = APIRouter(prefix="/work-orders", tags=["work-orders"], dependencies=[Depends(require(Scope.READ))])
csv_router = APIRouter(tags=["work-orders"], dependencies=[Depends(require(Scope.READ))])

Paging = Annotated[PageRequest, Depends(paged_by("opened_at", "urgency", "number"))]


def order_query(
    site: CodeQuery = None,
    equipment: CodeQuery = None,
    fault_mode: CodeQuery = None,
    status: Annotated[list[WorkOrderStatus] | None, Query(description="Repeat it for several.", max_length=10)] = None,
    urgency: Annotated[int | None, Query(ge=1, le=9)] = None,
    verdict: Annotated[
        list[Verdict | Literal["unjudged"]] | None,
        Query(description="Repeat it for several; `unjudged`: preventive, ended, and no verdict.", max_length=5),
    ] = None,
    opened_from: InstantQuery = None,
    opened_until: InstantQuery = None,
) -> WorkOrderQuery:
    """The filters of the list."""
    return WorkOrderQuery(
        site=site,
        equipment=equipment,
        fault_mode=fault_mode,
        statuses=frozenset(status or ()),
        urgency=urgency,
        verdicts=frozenset(one for one in verdict or () if isinstance(one, Verdict)),
        unjudged=UNJUDGED in (verdict or ()),
        opened_from=opened_from,
        opened_until=opened_until,
    )


OrderFilters = Annotated[WorkOrderQuery, Depends(order_query)]


@router.get("", response_model=PageOf[WorkOrderModel], operation_id="list_work_orders")
def list_orders(context: Context, language: ReaderLanguage, filters: OrderFilters, paging: Paging) -> JsonObject:
    """The newest first; sorted by `opened_at`, `urgency` or `number`."""
    with context.database.reading() as repositories:
        page = repositories.orders.page(filters, paging)
        known = equipment_of(repositories, page.items)
    documents = [
        order_document(order, context.catalog, known.get(order.equipment), language, context.zone)
        for order in page.items
    ]
    return {"items": documents, "next_cursor": page.next_cursor}


@csv_router.get("/work-orders.csv", operation_id="export_work_orders", response_class=StreamingResponse, responses=CSV)
def export_orders(context: Context, language: ReaderLanguage, filters: OrderFilters) -> StreamingResponse:
    """All work orders of these filters as CSV."""

    def read_page(request: PageRequest) -> Page[WorkOrder]:
        with context.database.reading() as repositories:
            return repositories.orders.page(filters, request)

    def rows_of(orders: Sequence[WorkOrder]) -> Iterator[Sequence[Cell]]:
        with context.database.reading() as repositories:
            known = equipment_of(repositories, orders)
        for order in orders:
            yield order_row(order, context.catalog, known.get(order.equipment), language, context.zone)

    return stream_csv("work-orders", ORDER_COLUMNS, read_page, rows_of, context.clock.now().astimezone(context.zone))


@router.get("/{number}", response_model=WorkOrderModel, operation_id="get_work_order")
def get_order(context: Context, language: ReaderLanguage, number: NumberPath) -> JsonObject:
    """One work order with its evidence and its whole timeline."""
    with context.database.reading() as repositories:
        order = repositories.orders.get(number)
        if order is None:
            raise UnknownThing(f"no work order {number}")
        return _document(context, repositories, order, language)


@router.put("/{number}/verdict", response_model=WorkOrderModel, operation_id="judge_work_order")
def put_verdict(
    context: Context, language: ReaderLanguage, write: OneWrite, number: NumberPath, body: VerdictModel
) -> Response:
    """Say, or mend, what was found, once the work is done.  What was said before stays in the timeline."""
    judge = _judge(context, write, body.verdict, body)
    return _revise(context, language, write, number, judge, body.note)


@router.delete("/{number}/verdict", response_model=WorkOrderModel, operation_id="unjudge_work_order")
def delete_verdict(context: Context, language: ReaderLanguage, write: OneWrite, number: NumberPath) -> Response:
    """Take the verdict back: the order counts as not judged."""
    return _revise(context, language, write, number, None, "")


@router.post("/{number}/{transition}", response_model=WorkOrderModel, operation_id="transition_work_order")
def step(
    context: Context,
    language: ReaderLanguage,
    write: OneWrite,
    number: NumberPath,
    transition: Transition,
    body: StepModel | None = None,
) -> Response:
    """Take one step; the answer is the order after it.  409 names the legal steps.

    With `complete`, `verify`, `close` and `cancel` of a preventive order goes a `verdict`; without one it is unjudged.
    """
    said = body if body is not None else StepModel()
    if said.verdict is None and (said.fault_mode is not None or said.failed_at is not None or said.parts):
        raise InvalidInput("verdict", "is missing: fault_mode, failed_at and parts belong to one")
    judge = _judge(context, write, said.verdict, said) if said.verdict is not None else None

    def change(repositories: Repositories) -> JsonObject:
        order = transition_order(
            repositories,
            number,
            transition,
            by=write.caller.name,
            note=said.note,
            clock=context.clock,
            channels=context.channels,
            judge=judge,
        )
        return _document(context, repositories, order, language)

    return answer_once(context, write, WorkOrderModel, change)


def _judge(context: ApiContext, write: Write, verdict: Verdict, found: FoundModel) -> Judge:
    wish = VerdictWish(verdict=verdict, fault_mode=found.fault_mode, failed_at=found.failed_at, parts=found.parts)
    return partial(judge_order, wish, context.catalog, write.caller.name)


def _revise(
    context: ApiContext, language: Language, write: Write, number: str, judge: Judge | None, note: str
) -> Response:
    def change(repositories: Repositories) -> JsonObject:
        order = revise_verdict(
            repositories,
            number,
            judge,
            by=write.caller.name,
            note=note,
            clock=context.clock,
            channels=context.channels,
        )
        return _document(context, repositories, order, language)

    return answer_once(context, write, WorkOrderModel, change)


def equipment_of(repositories: Repositories, orders: Iterable[WorkOrder]) -> Mapping[str, Equipment]:
    """The equipment of those orders, by code."""
    codes = {order.equipment for order in orders}
    found = (repositories.equipment.get(code) for code in sorted(codes))
    return {equipment.code: equipment for equipment in found if equipment is not None}


def _document(context: ApiContext, repositories: Repositories, order: WorkOrder, language: Language) -> JsonObject:
    equipment = repositories.equipment.get(order.equipment)
    return order_document(order, context.catalog, equipment, language, context.zone)
