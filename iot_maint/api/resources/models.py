"""Trained models: the registry, promoting one to champion, and going back to the one before."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from iot_maint.api.callers import require
from iot_maint.api.context import ApiContext, Context
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.common import PageOf
from iot_maint.api.models.trained_models import PromotionModel, RollbackModel, TrainedModelModel
from iot_maint.api.paging import paged_by
from iot_maint.api.parameters import CodeQuery, IdPath, TypeQuery
from iot_maint.api.writing import OneWrite, answer_once
from iot_maint.domain.catalog import Language
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import PageRequest
from iot_maint.domain.tokens import Scope
from iot_maint.domain.trained_models import ModelQuery, ModelScope, ModelStatus, TrainedModel
from iot_maint.services.model_registry import find_model, promote_model, roll_back_model
from iot_maint.services.model_text import model_document

router = APIRouter(tags=["models"], dependencies=[Depends(require(Scope.READ))])

Paging = Annotated[PageRequest, Depends(paged_by("created_at"))]


def model_query(
    equipment: CodeQuery = None,
    type_: TypeQuery = None,
    detector: CodeQuery = None,
    status: ModelStatus | None = None,
    scope: ModelScope | None = None,
) -> ModelQuery:
    """The filters of the list."""
    return ModelQuery(equipment=equipment, type=type_, detector=detector, status=status, scope=scope)


ModelFilters = Annotated[ModelQuery, Depends(model_query)]


@router.get("/models", response_model=PageOf[TrainedModelModel], operation_id="list_models")
def list_models(context: Context, language: ReaderLanguage, filters: ModelFilters, paging: Paging) -> JsonObject:
    """The newest first; sorted by `created_at`."""
    with context.database.reading() as repositories:
        page = repositories.models.page(filters, paging)
        documents = [_document(context, repositories, model, language) for model in page.items]
    return {"items": documents, "next_cursor": page.next_cursor}


@router.get("/models/{model_id}", response_model=TrainedModelModel, operation_id="get_model")
def get_model(context: Context, language: ReaderLanguage, model_id: IdPath) -> JsonObject:
    """One model with its card and its story."""
    with context.database.reading() as repositories:
        return _document(context, repositories, find_model(repositories, model_id), language)


@router.post("/models/{model_id}/promote", response_model=TrainedModelModel, operation_id="promote_model")
def promote(
    context: Context, language: ReaderLanguage, write: OneWrite, model_id: IdPath, body: PromotionModel | None = None
) -> Response:
    """Make it the champion of its equipment; the one before is retired."""
    asked = body or PromotionModel()

    def change(repositories: Repositories) -> JsonObject:
        model = promote_model(
            repositories,
            model_id,
            by=write.caller.name,
            clock=context.clock,
            note=asked.note,
            replaces=asked.replaces,
        )
        return _document(context, repositories, model, language)

    return answer_once(context, write, TrainedModelModel, change)


@router.post("/models/{model_id}/rollback", response_model=TrainedModelModel, operation_id="roll_back_model")
def roll_back(
    context: Context, language: ReaderLanguage, write: OneWrite, model_id: IdPath, body: RollbackModel | None = None
) -> Response:
    """Put the champion before this one back in its place; the answer is that one."""
    note = body.note if body is not None else ""

    def change(repositories: Repositories) -> JsonObject:
        model = roll_back_model(repositories, model_id, by=write.caller.name, clock=context.clock, note=note)
        return _document(context, repositories, model, language)

    return answer_once(context, write, TrainedModelModel, change)


def _document(context: ApiContext, repositories: Repositories, model: TrainedModel, language: Language) -> JsonObject:
    return model_document(model, repositories.models.events(model.id), language, context.zone)
