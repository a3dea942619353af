"""How often rules, detectors and forecasts were right."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from iot_maint.api.callers import require
from iot_maint.api.computed_pages import page_of
from iot_maint.api.context import ApiContext, Context
from iot_maint.api.csv_export import CSV, stream_csv
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.feedback import PrecisionPageModel, ReviewsModel
from iot_maint.api.paging import Cursor, Limit
from iot_maint.api.parameters import CodeQuery, InstantQuery, TypeQuery
from iot_maint.domain.catalog import Language
from iot_maint.domain.feedback import EndedQuery
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import Page
from iot_maint.domain.tokens import Scope
from iot_maint.rules.periods import Every
from iot_maint.services.feedback.documents import (
    PRECISION_COLUMNS,
    precision_cells,
    precision_document,
    review_document,
)
from iot_maint.services.feedback.precision import By, PrecisionRow, ended_orders, precision_rows
from iot_maint.services.feedback.reviews import reviews
from iot_maint.services.quantities import say_instant
from iot_maint.services.tables import Cell

DEFAULT_SPAN = timedelta(days=90)

router = APIRouter(tags=["rules"], dependencies=[Depends(require(Scope.READ))])


def ended_query(
    context: Context,
    from_: Annotated[InstantQuery, Query(alias="from", description="Default: 90 days before `to`.")] = None,
    to: Annotated[InstantQuery, Query(description="Default: now.")] = None,
    site: CodeQuery = None,
    equipment: CodeQuery = None,
    type_: TypeQuery = None,
    fault_mode: CodeQuery = None,
    rule: Annotated[CodeQuery, Query(description="One that contributed.", examples=["pump.vib_rms_warning"])] = None,
) -> EndedQuery:
    """Which orders are counted: preventive ones that ended in [from, to)."""
    until = to if to is not None else context.clock.now()
    return EndedQuery(
        since=from_ if from_ is not None else until - DEFAULT_SPAN,
        until=until,
        site=site,
        equipment=equipment,
        equipment_type=type_,
        fault_mode=fault_mode,
        rule=rule,
    )


Ended = Annotated[EndedQuery, Depends(ended_query)]
ByQuery = Annotated[By, Query(description="An order counts for each of its rules and sources; by the others once.")]
EveryQuery = Annotated[Every | None, Query(description="Periods of the site's zone; none: the whole span as one.")]


@router.get("/rules/precision", response_model=PrecisionPageModel, operation_id="get_precision")
def get_precision(
    context: Context,
    language: ReaderLanguage,
    query: Ended,
    by: ByQuery = By.RULE,
    every: EveryQuery = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JsonObject:
    """Precision with its interval, coverage and lead time by the verdicts on orders, per key and period."""
    rows = _rows(context, query, by, every)
    page = page_of(rows, lambda row: (row.key, row.period), limit=limit, cursor=cursor)
    return {
        "by": by.value,
        "every": every.value if every is not None else None,
        "from": say_instant(query.since, context.zone),
        "to": say_instant(query.until, context.zone),
        "items": [precision_document(row, by, context.catalog, language, context.zone) for row in page.items],
        "next_cursor": page.next_cursor,
    }


@router.get("/rules/precision.csv", operation_id="export_precision", response_class=StreamingResponse, responses=CSV)
def export_precision(
    context: Context, language: ReaderLanguage, query: Ended, by: ByQuery = By.RULE, every: EveryQuery = None
) -> StreamingResponse:
    """The same as CSV."""
    rows = _rows(context, query, by, every)

    def cells(some: Sequence[PrecisionRow]) -> Iterator[Sequence[Cell]]:
        for row in some:
            yield precision_cells(row, by, context.catalog, language, context.zone)

    now = context.clock.now().astimezone(context.zone)
    return stream_csv("precision", PRECISION_COLUMNS, lambda _: Page(items=rows, next_cursor=None), cells, now)


@router.get("/rules/reviews", response_model=ReviewsModel, operation_id="list_reviews")
def list_reviews(context: Context, language: ReaderLanguage) -> JsonObject:
    """What was wrong too often lately: a rule, detector or forecast, why, since when, and which limit would be better.

    A suggestion is accepted by giving the equipment that limit: `PUT /equipment/{code}/limits/{rule_key}`.
    """
    with context.database.reading() as repositories:
        documents = review_documents(context, repositories, language)
    policy = context.review
    return {"below": policy.below, "judged": policy.judged, "items": list(documents.values())}


def review_documents(context: ApiContext, repositories: Repositories, language: Language) -> Mapping[str, JsonObject]:
    """What asks for review, by rule id."""
    policy = context.review
    found = reviews(repositories, context.catalog, policy, context.clock.now())
    return {
        rule: review_document(review, policy, context.catalog, language, context.zone) for rule, review in found.items()
    }


def _rows(context: ApiContext, query: EndedQuery, by: By, every: Every | None) -> list[PrecisionRow]:
    with context.database.reading() as repositories:
        orders = ended_orders(repositories, query)
    return precision_rows(orders, query, by, every, context.zone)
