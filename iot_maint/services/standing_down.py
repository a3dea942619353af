"""Alarms of equipment whose telemetry will never speak for it again."""

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import UnknownFormat
from iot_maint.domain.findings import Finding, FindingKind
from iot_maint.domain.instants import instant
from iot_maint.domain.ports import Repositories
from iot_maint.rules.alarms import transition
from iot_maint.rules.state import decode_state
from iot_maint.services.ordering import OrderDesk


def stand_down(repositories: Repositories, desk: OrderDesk, equipment: Equipment) -> None:
    """Clear what stands, rule by rule, as of the last checkpoint; open orders say so and stay open."""
    stored = repositories.checkpoints.load_state(equipment.code)
    if stored is None or equipment.type not in desk.catalog.types:
        return
    try:
        state = decode_state(stored)
    except UnknownFormat:
        return  # another release's state: nothing can be said of what stands
    alarms = state.alarms
    for fault_mode, standing in state.alarms.items():
        for rule, severity in standing.rules.items():
            held_by = state.rules.get(rule)
            gone = standing.flaps.evidence if standing.flaps is not None else None
            evidence = held_by.evidence if held_by is not None and held_by.evidence is not None else gone
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
            )
            alarms, event = transition(alarms, finding, equipment.site)
            if event is not None:
                desk.save(repositories, event, equipment.type)
