"""Saves an alarm event with what it means for work orders, in its caller's transaction; known events are no-ops."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.alarms import Alarm, AlarmEvent, AlarmEventKind
from iot_maint.domain.catalog import Catalog, Severity
from iot_maint.domain.outbox import Channel
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.work_orders import (
    EntryKind,
    Origin,
    TimelineEntry,
    WorkOrder,
    WorkOrderStatus,
    deadlines,
)
from iot_maint.rules.planning import (
    REPAIR_CHECK,
    AddToOrder,
    HangUnder,
    LockOut,
    MakeDue,
    NothingToOrder,
    OpenOrder,
    OrderDecision,
    ReopenOrder,
    plan,
)
from iot_maint.services.causes import Lineage, cause_of, places_of_causes
from iot_maint.services.folding import fold_symptoms
from iot_maint.services.holding_back import make_wait, restrain
from iot_maint.services.order_events import announce, event_name

RULES = "rules"  # who made an entry that no person made


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """What became of an order: for logs, the demo and `replay`."""

    event: str
    order: WorkOrder
    entry: TimelineEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    """What is needed to turn alarm events into orders.  `repair_check`: how long a repaired fault is watched."""

    catalog: Catalog
    clock: Clock
    site_zone: ZoneInfo
    channels: Sequence[Channel]
    repair_check: timedelta = REPAIR_CHECK

    def save(self, repositories: Repositories, event: AlarmEvent, equipment_type: str) -> OrderStep | None:
        """Record the event; open, add to, worsen or reopen the fault's order.  None when no order was touched.

        What a source in shadow finds is recorded, and no more.
        """
        lineage = repositories.equipment.lineage(event.key.equipment)
        if places := places_of_causes(self.catalog, lineage):
            # A cause and its symptom that two processes save at once: the later one must see the earlier.
            repositories.equipment.lock(places)
        alarm = repositories.alarms.record(event)
        if alarm is None or event.key.shadow:
            return None
        step = self._follow(repositories, event, alarm, equipment_type, lineage)
        self._follow_cause(repositories, event, equipment_type)
        return step

    def let_order(self, repositories: Repositories, alarm: Alarm, equipment_type: str) -> list[OrderStep]:
        """What an alarm that waited for something leads to, now that it is over: as if all of it happened now."""
        if not repositories.alarms.stop_waiting(alarm.id):
            return []
        steps = []
        for event in repositories.alarms.events_of(alarm):
            known = repositories.alarms.get(alarm.id) or alarm
            step = self._follow(repositories, event, known, equipment_type, None)
            self._follow_cause(repositories, event, equipment_type)
            steps += [step] if step is not None else []
        return steps

    def _follow_cause(self, repositories: Repositories, event: AlarmEvent, equipment_type: str) -> None:
        """What a fault that explains others means for them, when it is raised and when it clears."""
        cause = cause_of(self.catalog, equipment_type, event.key.fault_mode)
        alarm = repositories.alarms.find(event.key) if cause is not None else None
        if cause is None or alarm is None:
            return
        if event.kind is AlarmEventKind.RAISED:
            fold_symptoms(repositories, alarm, cause, by=RULES, now=self.clock.now(), channels=self.channels)
        elif event.kind is AlarmEventKind.CLEARED:
            repositories.alarms.let_go(alarm.id, event.finding.at + cause.settle)

    def _follow(
        self,
        repositories: Repositories,
        event: AlarmEvent,
        alarm: Alarm,
        equipment_type: str,
        lineage: Lineage | None,
    ) -> OrderStep | None:
        """`lineage` None: nothing holds the alarm back any more."""
        urgency = self._urgency(event, equipment_type)
        latest = repositories.orders.latest(event.key.equipment, event.key.fault_mode)
        planned = plan(event, latest, urgency, frozenset(alarm.orders), self.repair_check)
        decision: OrderDecision = planned
        if lineage is not None:
            restrained = restrain(repositories, self.catalog, event, alarm, lineage, planned, urgency)
            if isinstance(restrained, HangUnder | LockOut):
                make_wait(repositories, self.catalog, alarm, restrained, self.clock.now())
                return None
            if alarm.waits_for is not None and isinstance(restrained, OpenOrder | ReopenOrder | MakeDue):
                return next(iter(self.let_order(repositories, alarm, equipment_type)), None)
            decision = restrained
        return self._carry_out(repositories, event, alarm, latest, decision, urgency, equipment_type, lineage)

    def _carry_out(
        self,
        repositories: Repositories,
        event: AlarmEvent,
        alarm: Alarm,
        latest: WorkOrder | None,
        decision: OrderDecision,
        urgency: int,
        equipment_type: str,
        lineage: Lineage | None,
    ) -> OrderStep | None:
        now = self.clock.now()
        if isinstance(decision, OpenOrder):
            order = self._new_order(repositories, event, equipment_type, urgency, decision, now)
            if not repositories.orders.add(order):
                # Another process opened the fault's order between our look and our insert: look again.
                return self._follow(repositories, event, alarm, equipment_type, lineage)
            repositories.alarms.link_order(alarm.id, event.severity, order.number)
            return self._announce(repositories, order, order.timeline[0])
        if latest is None or isinstance(decision, NothingToOrder):
            return None
        if isinstance(decision, MakeDue):
            return self._make_due(repositories, event, alarm, latest, decision, lineage)
        return self._add(repositories, event, alarm, latest, decision, lineage)

    def _urgency(self, event: AlarmEvent, equipment_type: str) -> int:
        """The rule's own urgency, else the fault mode's for the severity that now stands."""
        declared = self.catalog.types[equipment_type]
        own = {rule.id: rule.urgency for rule in declared.rules.values()}.get(event.finding.rule)
        mode = declared.fault_modes.get(event.key.fault_mode)
        if mode is None:  # it left the catalog while its alarm stood, which can now only clear: nothing is urgent
            return max(self.catalog.service_levels)
        return mode.urgency[event.severity] if own is None else own

    def _new_order(
        self,
        repositories: Repositories,
        event: AlarmEvent,
        equipment_type: str,
        urgency: int,
        decision: OpenOrder,
        now: datetime,
    ) -> WorkOrder:
        return WorkOrder(
            number=repositories.orders.next_number(f"{now.astimezone(self.site_zone):%Y%m%d}"),
            site=event.site,
            equipment=event.key.equipment,
            equipment_type=equipment_type,
            fault_mode=event.key.fault_mode,
            origin=Origin.ALARM,
            status=WorkOrderStatus.OPEN,
            severity=event.severity,
            urgency=urgency,
            onset_at=event.finding.onset_at,
            raised_at=event.finding.at,
            opened_at=now,
            deadlines=deadlines(self.catalog.service_levels[urgency], now),
            previous=decision.previous,
            timeline=(_entry(EntryKind.OPENED, event, now),),
        )

    def _make_due(
        self,
        repositories: Repositories,
        event: AlarmEvent,
        alarm: Alarm,
        latest: WorkOrder,
        decision: MakeDue,
        lineage: Lineage | None,
    ) -> OrderStep | None:
        """The planned order is opened as if the alarm had made it; its deadlines count from now."""
        now = self.clock.now()
        order = replace(
            latest,
            status=WorkOrderStatus.OPEN,
            severity=_worst(latest.severity, event.severity),
            urgency=decision.urgency,
            raised_at=event.finding.at,
            opened_at=now,
            deadlines=deadlines(self.catalog.service_levels[decision.urgency], now),
        )
        if not repositories.orders.make_due(order):
            # A person took it up, or the forecast withdrew it, between our look and our update: look again.
            return self._follow(repositories, event, alarm, latest.equipment_type, lineage)
        repositories.alarms.link_order(alarm.id, event.severity, order.number)
        entry = _entry(EntryKind.MADE_DUE, event, now)
        if not repositories.orders.append(order.number, entry):
            return None
        return self._announce(repositories, replace(order, timeline=(*order.timeline, entry)), entry)

    def _add(
        self,
        repositories: Repositories,
        event: AlarmEvent,
        alarm: Alarm,
        latest: WorkOrder,
        decision: OrderDecision,
        lineage: Lineage | None,
    ) -> OrderStep | None:
        now = self.clock.now()
        order = latest
        urgency = decision.urgency if isinstance(decision, AddToOrder | ReopenOrder) else None
        entry = _entry(_entry_kind(event, decision), event, now)
        if isinstance(decision, ReopenOrder):
            if not repositories.orders.set_status(order.number, order.status, WorkOrderStatus.OPEN):
                # Another order of the fault was opened between our look and our update: look again.
                return self._follow(repositories, event, alarm, latest.equipment_type, lineage)
            repositories.orders.watch(order.number, None)
            order = replace(order, status=WorkOrderStatus.OPEN, ended_at=None, judgement=None, watched_since=None)
        severity = _worst(order.severity, event.severity)
        # A plan that somebody took up has no deadlines until its alarm is here; then they count from now.
        due_now = order.origin is Origin.FORECAST and not order.deadlines and event.kind is AlarmEventKind.RAISED
        if urgency is not None or severity is not order.severity or due_now:
            urgency = order.urgency if urgency is None else urgency
            level = self.catalog.service_levels[urgency]
            since = now if due_now else order.opened_at
            order = replace(order, urgency=urgency, severity=severity, deadlines=deadlines(level, since))
            repositories.orders.set_urgency(order)
        if event.kind in (AlarmEventKind.RAISED, AlarmEventKind.WORSENED):
            repositories.alarms.link_order(alarm.id, event.severity, order.number)
        if not repositories.orders.append(order.number, entry):
            return None
        return self._announce(repositories, replace(order, timeline=(*order.timeline, entry)), entry)

    def _announce(self, repositories: Repositories, order: WorkOrder, entry: TimelineEntry) -> OrderStep:
        announce(repositories, order, entry, self.channels)
        return OrderStep(event=event_name(entry), order=order, entry=entry)


def _entry_kind(event: AlarmEvent, decision: OrderDecision) -> EntryKind:
    if isinstance(decision, ReopenOrder):
        return EntryKind.REOPENED
    if isinstance(decision, AddToOrder) and decision.urgency is not None:
        return EntryKind.URGENCY_RAISED
    if event.kind is AlarmEventKind.CLEARED:
        return EntryKind.ALARM_CLEARED
    if event.flapping is not None:
        return EntryKind.ALARM_FLAPPING
    return EntryKind.ALARM_EASED if event.kind is AlarmEventKind.EASED else EntryKind.EVIDENCE_ADDED


def _entry(kind: EntryKind, event: AlarmEvent, now: datetime) -> TimelineEntry:
    finding = event.finding
    return TimelineEntry(
        kind=kind,
        at=finding.at,
        recorded_at=now,
        by=RULES,
        rule=finding.rule,
        severity=_worst(event.severity, finding.severity),
        evidence=finding.evidence,
        note=f"×{event.flapping.count}" if event.flapping is not None else "",
    )


def _worst(one: Severity, other: Severity) -> Severity:
    return one if one.rank >= other.rank else other
