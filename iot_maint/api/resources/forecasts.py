"""Forecasts of one piece of equipment: what grows now, and what was forecast before."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from iot_maint.api.callers import require
from iot_maint.api.context import Context
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.forecasts import ForecastsModel
from iot_maint.api.parameters import CodePath, CodeQuery
from iot_maint.api.resources.equipment import known
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.tokens import Scope
from iot_maint.services.forecast_text import forecast_document

router = APIRouter(prefix="/equipment/{code}", tags=["equipment"], dependencies=[Depends(require(Scope.READ))])


@router.get("/forecasts", response_model=ForecastsModel, operation_id="list_forecasts")
def list_forecasts(
    context: Context,
    language: ReaderLanguage,
    code: CodePath,
    fault_mode: CodeQuery = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="At most that many.")] = 100,
) -> JsonObject:
    """Days to limit, the newest day first; those of earlier days show how the forecast moved."""
    with context.database.reading() as repositories:
        equipment = known(repositories, code)
        looked_at = repositories.forecasts.looked_at(code)
        forecasts = repositories.forecasts.history(code, fault_mode, limit)
    declared = context.catalog.types.get(equipment.type)
    return {
        "equipment": code,
        "looked_at": looked_at.isoformat() if looked_at is not None else None,
        "items": [
            forecast_document(one, declared, language, context.zone, standing=one.day == looked_at) for one in forecasts
        ],
    }
