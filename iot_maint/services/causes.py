"""Which fault explains an alarm, and when its symptoms should be gone."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.catalog import SENSOR_SILENT, Catalog, Cause
from iot_maint.domain.ports import Repositories
from iot_maint.rules.silence_state import EQUIPMENT

Lineage = Sequence[tuple[str, str]]  # (code, type), the equipment itself first


# Devices that fall silent about the same time behind a gateway which lives: the first stands for all (engineering
# defaults).  Not in the catalog, since it is the gateway that they have in common, and not what they hang on.
TOGETHER = Cause(
    fault_mode=SENSOR_SILENT, explains=frozenset(), before=timedelta(minutes=15), settle=timedelta(minutes=15)
)


def causes_of(catalog: Catalog, equipment_type: str) -> Mapping[str, Cause]:
    """What faults of that type explain on their equipment and behind it, by fault mode."""
    declared = catalog.types.get(equipment_type)
    return declared.causes if declared is not None else {}


def cause_of(catalog: Catalog, equipment_type: str, fault_mode: str) -> Cause | None:
    """The fault as a cause of others; None when it is none."""
    declared = causes_of(catalog, equipment_type).get(fault_mode)
    return TOGETHER if declared is None and fault_mode == SENSOR_SILENT else declared


def places_of_causes(catalog: Catalog, lineage: Lineage) -> list[str]:
    """The equipment among these whose faults may explain others: where causes and symptoms wait for one another."""
    return [code for code, type_name in lineage if causes_of(catalog, type_name)]


def find_cause(
    repositories: Repositories,
    catalog: Catalog,
    lineage: Lineage,
    fault_mode: str,
    onset_at: datetime,
    rules: Collection[str],
) -> Alarm | None:
    """The fault that explains this one: the nearest above it, and of a chain of causes the first.

    `rules` are those that found it.
    """
    if not lineage:
        return None
    own_code, own_type = lineage[0]
    for code, type_name in lineage:
        for cause in causes_of(catalog, type_name).values():
            if not cause.may_explain(own_type, fault_mode) or (code, cause.fault_mode) == (own_code, fault_mode):
                continue
            until, since = onset_at + cause.before, onset_at - cause.settle
            found = repositories.alarms.causes((code,), cause.fault_mode, until, since)
            alarm = repositories.alarms.get(found[0][0]) if found else None
            if alarm is not None:
                return root_of(repositories, alarm)
    if fault_mode == SENSOR_SILENT and EQUIPMENT in rules:
        return _first_silent(repositories, own_code, onset_at)
    return None


def _first_silent(repositories: Repositories, code: str, onset_at: datetime) -> Alarm | None:
    """The first device behind the same gateway that was last heard about the same time and is silent as a whole."""
    others = repositories.equipment.same_gateway(code)
    until, since = onset_at + TOGETHER.before, onset_at - TOGETHER.before
    for alarm_id, began_at in reversed(repositories.alarms.causes(others, SENSOR_SILENT, until, onset_at)):
        alarm = repositories.alarms.get(alarm_id)
        if began_at >= since and alarm is not None and EQUIPMENT in alarm.rules:
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
