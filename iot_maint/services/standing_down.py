"""Alarms of equipment whose telemetry will never speak for it again."""

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import UnknownFormat
from iot_maint.domain.findings import Evidence, Finding, FindingKind
from iot_maint.domain.instants import instant
from iot_maint.domain.ports import Repositories
from iot_maint.domain.shadow import read_standing_name
from iot_maint.rules.alarms import transition
from iot_maint.rules.state import EquipmentState, decode_state
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.scoring.memory import decode_memory


def stand_down(repositories: Repositories, desk: OrderDesk, equipment: Equipment) -> None:
    """Clear what stands, rule by rule, as of the last checkpoint; open orders say so and stay open."""
    stored = repositories.checkpoints.load_state(equipment.code)
    if stored is None or equipment.type not in desk.catalog.types:
        return
    try:
        state = decode_state(stored)
        evidence_of = _evidence_of(state)
    except UnknownFormat:
        return  # another release's state: nothing can be said of what stands
    alarms = state.alarms
    for name, standing in state.alarms.items():
        fault_mode, shadow, model = read_standing_name(name)
        for rule, severity in standing.rules.items():
            gone = standing.flaps.evidence if standing.flaps is not None else None
            evidence = evidence_of.get((rule, model), gone)
            if evidence is None:
                continue
            finding = Finding(
                kind=FindingKind.CLEARED,
                equipment=equipment.code,
                fault_mode=fault_mode,
                rule=rule,
                severity=severity,
                onset_at=instant(standing.onset_ms),
                at=desk.clock.now(),
                evidence=evidence,
                shadow=shadow,
                model=model,
            )
            alarms, event = transition(alarms, finding, equipment.site)
            if event is not None:
                desk.save(repositories, event, equipment.type)


def _evidence_of(state: EquipmentState) -> dict[tuple[str, str], Evidence]:
    """Why each rule stands, and each model: by (rule, model in the registry's shadow)."""
    by_rules = {(rule, ""): held.evidence for rule, held in state.rules.items() if held.evidence is not None}
    judged = [decode_memory(stored).judgement for stored in state.models.values()]
    return {(one.evidence.rule, one.model): one.evidence for one in judged if one.evidence is not None} | by_rules
