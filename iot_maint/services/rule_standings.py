"""Which rules run for one piece of equipment now, by the register, the catalog and how fast its series come."""

from datetime import timedelta

from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import Equipment, Monitored, Relatives
from iot_maint.domain.errors import UnknownFormat
from iot_maint.domain.ports import Repositories
from iot_maint.domain.shadow import switches_for
from iot_maint.rules.applicability import RuleReport
from iot_maint.rules.program import compile_program, reports_with_speed
from iot_maint.rules.state import EquipmentState, decode_state
from iot_maint.services.relatives import Families, compares


def rule_standings(
    repositories: Repositories, catalog: Catalog, equipment: Equipment, late_after: timedelta
) -> tuple[RuleReport, ...]:
    """A report for every declared rule of its type; none while it is unregistered, or its type is gone."""
    equipment_type = catalog.types.get(equipment.type)
    if equipment_type is None:
        return ()
    overrides = {one.rule_key: one for one in repositories.equipment.overrides(equipment.code)}
    relatives = Relatives()
    if compares(equipment_type):
        relatives = Families(one.equipment for one in repositories.equipment.monitored(-1)).of(equipment)
    shadow = switches_for(repositories.shadows.switches(), equipment.code)
    monitored = Monitored(equipment=equipment, overrides=overrides, shadow=shadow, relatives=relatives)
    program = compile_program(equipment_type, monitored, late_after)
    return reports_with_speed(_last_state(repositories, equipment.code), program)


def _last_state(repositories: Repositories, code: str) -> EquipmentState:
    """As of the last checkpoint, a few seconds ago at most; of another release's format nothing is known."""
    stored = repositories.checkpoints.load_state(code)
    try:
        return decode_state(stored) if stored is not None else EquipmentState()
    except UnknownFormat:
        return EquipmentState()
