"""Which fault explains an alarm, and when its symptoms should be gone."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.catalog import Catalog, Cause
from iot_maint.domain.ports import Repositories

Lineage = Sequence[tuple[str, str]]  # (code, type), the equipment itself first


def causes_of(catalog: Catalog, equipment_type: str) -> Mapping[str, Cause]:
    """What faults of that type explain, by fault mode."""
    declared = catalog.types.get(equipment_type)
    return declared.causes if declared is not None else {}


def places_of_causes(catalog: Catalog, lineage: Lineage) -> list[str]:
    """The equipment among these whose faults may explain others: where causes and symptoms wait for one another."""
    return [code for code, type_name in lineage if causes_of(catalog, type_name)]


def find_cause(
    repositories: Repositories, catalog: Catalog, lineage: Lineage, fault_mode: str, onset_at: datetime
) -> Alarm | None:
    """The fault that explains this one: the nearest above it, and of a chain of causes the first."""
    if not lineage:
        return None
    own_code, own_type = lineage[0]
    for code, type_name in lineage:
        for cause in causes_of(catalog, type_name).values():
            if not cause.may_explain(own_type, fault_mode) or (code, cause.fault_mode) == (own_code, fault_mode):
                continue
            found = repositories.alarms.causes(code, cause.fault_mode, onset_at + cause.before, onset_at - cause.settle)
            alarm = repositories.alarms.get(found[0]) if found else None
            if alarm is not None:
                return root_of(repositories, alarm)
    return None


def root_of(repositories: Repositories, alarm: Alarm) -> Alarm:
    """The cause under which a cause hangs itself, else itself."""
    above = repositories.alarms.get(alarm.cause.alarm) if alarm.cause is not None else None
    return above or alarm


def outlives(alarm: Alarm, cause: Alarm, settle: timedelta) -> bool:
    """Whether a symptom stood longer than its cause and the time to settle; one that stands outlives an ended order."""
    if alarm.cleared_at is None:
        return True
    return cause.cleared_at is not None and alarm.cleared_at > settled_at(alarm, cause.cleared_at, settle)


def settled_at(alarm: Alarm, cleared_at: datetime, settle: timedelta) -> datetime:
    """The event time at which a symptom of a cause that cleared then should be gone."""
    return max(cleared_at, alarm.key.raised_at) + settle
