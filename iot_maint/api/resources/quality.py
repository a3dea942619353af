"""How good one equipment's data is, as last reported."""

from fastapi import APIRouter, Depends

from iot_maint.api.callers import require
from iot_maint.api.context import Context
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.quality import QualityModel
from iot_maint.api.parameters import CodePath
from iot_maint.api.resources.equipment import known
from iot_maint.domain.catalog import DATA_QUALITY
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.tokens import Scope
from iot_maint.services.quality.document import quality_document

router = APIRouter(prefix="/equipment/{code}", tags=["equipment"], dependencies=[Depends(require(Scope.READ))])


@router.get("/quality", response_model=QualityModel, operation_id="get_quality")
def get_quality(context: Context, language: ReaderLanguage, code: CodePath) -> JsonObject:
    """Completeness, lag, clock and flaws by metric; reported every five minutes."""
    with context.database.reading() as repositories:
        equipment = known(repositories, code)
    newest = context.telemetry.read_last(DATA_QUALITY, code)
    return quality_document(equipment, context.catalog.types.get(equipment.type), newest, language, context.zone)
