"""Builders with defaults for the words of the trade; each test names only what matters to it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind, AlarmKey
from iot_maint.domain.catalog import Comparison, Severity
from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.findings import Evidence, Finding, FindingKind, RunningKnowledge
from iot_maint.domain.work_orders import Origin, TimelineEntry, WorkOrder, WorkOrderStatus

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DWELL = timedelta(minutes=10)


def an_equipment(
    code: str = "P-1",
    *,
    name: str = "一号生活水泵",
    equipment_type: str = "pump",
    site: str = "s1",
    kind: str | None = "booster",
    status: EquipmentStatus = EquipmentStatus.IN_SERVICE,
    parameters: Mapping[str, float] | None = None,
) -> Equipment:
    return Equipment(
        code=code,
        name=name,
        type=equipment_type,
        site=site,
        kind=kind,
        status=status,
        parameters=parameters or {},
    )


def an_evidence(
    rule: str = "pump.bearing_temp_warning", *, severity: Severity = Severity.WARNING, at: datetime = T0 + DWELL
) -> Evidence:
    """A bearing hotter than 80 °C from ten minutes before `at`."""
    at_ms = int(at.timestamp() * 1000)
    return Evidence(
        rule=rule,
        metric="bearing_temp",
        comparison=Comparison.ABOVE,
        limit=80.0,
        clear_limit=75.0,
        dwell_s=DWELL.total_seconds(),
        occurrences=1,
        severity=severity,
        basis="engineering default",
        running=RunningKnowledge.RUNNING,
        readings=((at_ms - 660_000, 79.5), (at_ms - 600_000, 80.5), (at_ms, 84.25)),
    )


def a_finding(
    rule: str = "pump.bearing_temp_warning",
    *,
    kind: FindingKind = FindingKind.RAISED,
    equipment: str = "P-1",
    fault_mode: str = "bearing_wear",
    severity: Severity = Severity.WARNING,
    at: datetime = T0 + DWELL,
) -> Finding:
    return Finding(
        kind=kind,
        equipment=equipment,
        fault_mode=fault_mode,
        rule=rule,
        severity=severity,
        onset_at=at - DWELL,
        at=at,
        evidence=an_evidence(rule, severity=severity, at=at),
    )


def an_alarm_event(
    kind: AlarmEventKind = AlarmEventKind.RAISED,
    *,
    rule: str = "pump.bearing_temp_warning",
    site: str = "s1",
    equipment: str = "P-1",
    fault_mode: str = "bearing_wear",
    severity: Severity = Severity.WARNING,
    raised_at: datetime = T0 + DWELL,
    after: timedelta = timedelta(),
) -> AlarmEvent:
    """An event `after` the raise; all events of one (equipment, fault mode, raised_at) are of one alarm."""
    cleared = kind in {AlarmEventKind.CLEARED, AlarmEventKind.EASED}
    return AlarmEvent(
        kind=kind,
        key=AlarmKey(equipment=equipment, fault_mode=fault_mode, raised_at=raised_at),
        site=site,
        onset_at=raised_at - DWELL,
        severity=severity,
        finding=a_finding(
            rule,
            kind=FindingKind.CLEARED if cleared else FindingKind.RAISED,
            equipment=equipment,
            fault_mode=fault_mode,
            severity=severity,
            at=raised_at + after,
        ),
    )


def a_work_order(
    number: str = "WO-20260101-0001",
    *,
    site: str = "s1",
    equipment: str = "P-1",
    fault_mode: str = "bearing_wear",
    origin: Origin = Origin.ALARM,
    status: WorkOrderStatus = WorkOrderStatus.OPEN,
    severity: Severity = Severity.WARNING,
    urgency: int = 2,
    opened_at: datetime = T0 + DWELL,
    deadlines: Mapping[str, datetime] | None = None,
    timeline: tuple[TimelineEntry, ...] = (),
) -> WorkOrder:
    return WorkOrder(
        number=number,
        site=site,
        equipment=equipment,
        equipment_type="pump",
        fault_mode=fault_mode,
        origin=origin,
        status=status,
        severity=severity,
        urgency=urgency,
        onset_at=opened_at - DWELL,
        raised_at=opened_at,
        opened_at=opened_at,
        deadlines=deadlines or {},
        timeline=timeline,
    )
