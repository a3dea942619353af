"""Backtests: ask for one, see how far it has come, its result and its plot."""

import msgspec
from fastapi import APIRouter, Depends, Response

from iot_maint.api.callers import require
from iot_maint.api.context import ApiContext, Context
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.backtests import (
    BacktestModel,
    BacktestResultModel,
    BacktestWishModel,
    DroppedModel,
)
from iot_maint.api.models.common import PageOf
from iot_maint.api.parameters import IdPath
from iot_maint.api.problems import MEDIA_TYPE
from iot_maint.api.writing import OneWrite, answer_once
from iot_maint.domain.backtests import StoredBacktest
from iot_maint.domain.catalog import Language
from iot_maint.domain.errors import Conflict
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.tokens import Scope
from iot_maint.plots import Format, plot_backtest
from iot_maint.services.backtest.picture import Picture
from iot_maint.services.backtest.requests import ask_backtest, drop_backtest, find_backtest
from iot_maint.services.quantities import say_instant

router = APIRouter(tags=["backtests"], dependencies=[Depends(require(Scope.READ))])

_MEDIA: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml"}
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_BUSY: dict[int | str, dict[str, object]] = {429: {"description": "Too many wait", "content": _PROBLEM}}


def _picture_of(form: Format) -> dict[int | str, dict[str, object]]:
    """What a plot is answered with, and that there is none before it is done."""
    picture = {_MEDIA[form]: {"schema": {"type": "string", "format": "binary"}}}
    return {
        200: {"description": "The picture", "content": picture},
        409: {"description": "It is not done", "content": _PROBLEM},
    }


@router.post(
    "/backtests",
    status_code=202,
    response_model=BacktestModel,
    operation_id="ask_backtest",
    responses=_BUSY,
)
def post_backtest(context: Context, write: OneWrite, body: BacktestWishModel) -> Response:
    """Queue one; the jobs run one at a time.  429 while five wait."""

    def change(repositories: Repositories) -> JsonObject:
        stored = ask_backtest(repositories, context.catalog, context.clock, body.request, by=write.caller.name)
        return _document(stored, context)

    return answer_once(context, write, BacktestModel, change, status=202)


@router.get("/backtests", response_model=PageOf[BacktestModel], operation_id="list_backtests")
def list_backtests(context: Context) -> JsonObject:
    """All that are kept, the newest first: those that wait or run, and the last fifty that have ended."""
    with context.database.reading() as repositories:
        stored = repositories.backtests.all()
    return {"items": [_document(one, context) for one in stored], "next_cursor": None}


@router.get("/backtests/{backtest_id}", operation_id="get_backtest", response_model=BacktestResultModel)
def get_backtest(context: Context, language: ReaderLanguage, backtest_id: IdPath) -> JsonObject:
    """How far it has come, and its result once it is done."""
    with context.database.reading() as repositories:
        stored = find_backtest(repositories, backtest_id)
        output = repositories.backtests.output(backtest_id)
    result: JsonObject | None = None
    if output is not None:
        result = msgspec.json.decode(output.documents[language.value])
    return {**_document(stored, context), "result": result}


@router.get(
    "/backtests/{backtest_id}/plot.png",
    operation_id="plot_backtest_png",
    response_class=Response,
    responses=_picture_of("png"),
)
def plot_png(context: Context, language: ReaderLanguage, backtest_id: IdPath) -> Response:
    """Telemetry, limits, alarms and known faults of the equipment with most to show."""
    return _plot(context, language, backtest_id, "png")


@router.get(
    "/backtests/{backtest_id}/plot.svg",
    operation_id="plot_backtest_svg",
    response_class=Response,
    responses=_picture_of("svg"),
)
def plot_svg(context: Context, language: ReaderLanguage, backtest_id: IdPath) -> Response:
    """The same as SVG."""
    return _plot(context, language, backtest_id, "svg")


@router.delete("/backtests/{backtest_id}", response_model=DroppedModel, operation_id="drop_backtest")
def delete_backtest(context: Context, write: OneWrite, backtest_id: IdPath) -> Response:
    """Take it out of the queue, or forget its result; 409 while it runs."""

    def change(repositories: Repositories) -> JsonObject:
        drop_backtest(repositories, backtest_id)
        return {"id": backtest_id}

    return answer_once(context, write, DroppedModel, change)


def _plot(context: ApiContext, language: Language, backtest_id: int, form: Format) -> Response:
    with context.database.reading() as repositories:
        stored = find_backtest(repositories, backtest_id)
        output = repositories.backtests.output(backtest_id)
    if output is None:
        raise Conflict(f"backtest {backtest_id} is {stored.status.value}: there is no plot yet")
    picture = msgspec.json.decode(output.picture, type=Picture)
    return Response(plot_backtest(picture, language, context.zone, form), media_type=_MEDIA[form])


def _document(stored: StoredBacktest, context: ApiContext) -> JsonObject:
    request = stored.request
    return {
        "id": stored.id,
        "status": stored.status.value,
        "progress": round(stored.progress, 4),
        "rules": list(request.rules),
        "from": say_instant(request.start, context.zone),
        "to": say_instant(request.end, context.zone),
        "asked_at": say_instant(stored.asked_at, context.zone),
        "asked_by": stored.asked_by,
        "started_at": None if stored.started_at is None else say_instant(stored.started_at, context.zone),
        "finished_at": None if stored.finished_at is None else say_instant(stored.finished_at, context.zone),
        "error": stored.error,
    }
