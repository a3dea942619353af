"""Sources of findings in shadow: which, who put them there, and the switch."""

from fastapi import APIRouter, Depends, Response

from iot_maint.api.callers import require
from iot_maint.api.context import Context
from iot_maint.api.models.shadow import (
    ShadowChangesModel,
    ShadowStateModel,
    ShadowSwitchesModel,
    ShadowWishModel,
)
from iot_maint.api.parameters import KeyPath
from iot_maint.api.writing import OneWrite, answer_once
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.ports import Repositories
from iot_maint.domain.tokens import Scope
from iot_maint.services.quantities import say_instant
from iot_maint.services.shadowing import switch_shadow

router = APIRouter(tags=["shadow"], dependencies=[Depends(require(Scope.READ))])


@router.get("/shadow", response_model=ShadowSwitchesModel, operation_id="list_shadow")
def list_shadow(context: Context) -> JsonObject:
    """What is switched; everything else is as it is declared."""
    with context.database.reading() as repositories:
        switches = repositories.shadows.switches()
    return {
        "items": [{"source": one.source, "equipment": one.equipment, "shadow": one.shadow} for one in switches],
    }


@router.get("/shadow/changes", response_model=ShadowChangesModel, operation_id="list_shadow_changes")
def list_shadow_changes(context: Context) -> JsonObject:
    """Who switched what, oldest first."""
    with context.database.reading() as repositories:
        changes = repositories.shadows.changes()
    return {
        "items": [
            {
                "source": one.source,
                "equipment": one.equipment,
                "changed_at": say_instant(one.changed_at, context.zone),
                "changed_by": one.changed_by,
                "old": one.old,
                "new": one.new,
                "note": one.note,
            }
            for one in changes
        ]
    }


@router.put("/shadow/{source}", response_model=ShadowStateModel, operation_id="set_shadow")
def set_shadow(context: Context, write: OneWrite, source: KeyPath, body: ShadowWishModel) -> Response:
    """Put a rule or a model into shadow, or promote it.  Who, when, why, old and new are kept."""

    def change(repositories: Repositories) -> JsonObject:
        switch_shadow(
            repositories,
            context.catalog,
            context.clock,
            source,
            equipment=body.equipment,
            shadow=body.shadow,
            by=write.caller.name,
            note=body.note,
        )
        return {"source": source, "equipment": body.equipment, "shadow": body.shadow}

    return answer_once(context, write, ShadowStateModel, change)
