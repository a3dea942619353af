"""Rules: as the catalog declares them, as they stand for one piece of equipment, and limits of its own."""

from fastapi import APIRouter, Depends, Response

from iot_maint.api.callers import require
from iot_maint.api.context import Context
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.rules import LimitStateModel, LimitWishModel, RulesModel, RuleStandingsModel, limit_of
from iot_maint.api.parameters import CodePath, CodeQuery, KeyPath, TypeQuery
from iot_maint.api.resources.equipment import known
from iot_maint.api.resources.feedback import review_documents
from iot_maint.api.writing import OneWrite, answer_once
from iot_maint.domain.equipment import LimitOverride
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.tokens import Scope
from iot_maint.services.documents import override_document
from iot_maint.services.register.limits import LimitWish, drop_limit, set_limit
from iot_maint.services.rule_documents import declared_rule_document, rule_document
from iot_maint.services.rule_standings import rule_standings

router = APIRouter(tags=["rules"], dependencies=[Depends(require(Scope.READ))])


@router.get("/rules", response_model=RulesModel, operation_id="list_rules")
def list_rules(
    context: Context,
    language: ReaderLanguage,
    type_: TypeQuery = None,
    metric: CodeQuery = None,
    fault_mode: CodeQuery = None,
) -> JsonObject:
    """Every declared rule of the catalog, with its kind and signal; `review` says why one asks to be looked at."""
    with context.database.reading() as repositories:
        asking = review_documents(context, repositories, language)
    documents = [
        {**declared_rule_document(rule, equipment_type, language), "review": asking.get(rule.id)}
        for equipment_type in context.catalog.types.values()
        if type_ in (None, equipment_type.name)
        for rule in equipment_type.rules.values()
        if metric in (None, rule.metric) and fault_mode in (None, rule.fault_mode)
    ]
    return {"items": documents}


@router.get("/equipment/{code}/rules", response_model=RuleStandingsModel, operation_id="list_equipment_rules")
def list_standings(context: Context, language: ReaderLanguage, code: CodePath) -> JsonObject:
    """Which rules run for this equipment with which numbers, and what the others lack; none for the unregistered."""
    with context.database.reading() as repositories:
        equipment = known(repositories, code)
        reports = rule_standings(repositories, context.catalog, equipment, context.late_after)
        asking = review_documents(context, repositories, language)
    equipment_type = context.catalog.types.get(equipment.type)
    if equipment_type is None:
        return {"items": []}
    documents = (rule_document(report, equipment_type, language) for report in reports)
    return {"items": [{**document, "review": asking.get(str(document["id"]))} for document in documents]}


@router.get("/equipment/{code}/limits/{rule_key}", response_model=LimitStateModel, operation_id="get_limit")
def get_limit(context: Context, code: CodePath, rule_key: KeyPath) -> JsonObject:
    """The limit of its own that the equipment has for a rule."""
    with context.database.reading() as repositories:
        known(repositories, code)
        overrides = repositories.equipment.overrides(code)
    own = next((one for one in overrides if one.rule_key == rule_key), None)
    return _state(code, rule_key, own)


@router.put("/equipment/{code}/limits/{rule_key}", response_model=LimitStateModel, operation_id="set_limit")
def put_limit(context: Context, write: OneWrite, code: CodePath, rule_key: KeyPath, body: LimitWishModel) -> Response:
    """Give the equipment a limit of its own.  Who, when, old and new are kept."""
    wish = LimitWish(
        limit=limit_of(body.limit),
        clear_limit=limit_of(body.clear_limit),
        for_duration=body.for_duration,
        enabled=body.enabled,
    )

    def change(repositories: Repositories) -> JsonObject:
        own = set_limit(repositories, context.catalog, context.clock, code, rule_key, wish, by=write.caller.name)
        return _state(code, rule_key, own)

    return answer_once(context, write, LimitStateModel, change)


@router.delete("/equipment/{code}/limits/{rule_key}", response_model=LimitStateModel, operation_id="drop_limit")
def delete_limit(context: Context, write: OneWrite, code: CodePath, rule_key: KeyPath) -> Response:
    """Back to the catalog's limit."""

    def change(repositories: Repositories) -> JsonObject:
        drop_limit(repositories, context.clock, code, rule_key, by=write.caller.name)
        return _state(code, rule_key, None)

    return answer_once(context, write, LimitStateModel, change)


def _state(code: str, rule_key: str, own: LimitOverride | None) -> JsonObject:
    return {"equipment": code, "rule_key": rule_key, "override": override_document(own)}
