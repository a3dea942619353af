"""The end of what held an alarm's order back: a cause that is over, or a repair."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from iot_maint.domain.alarms import Alarm, Wait
from iot_maint.domain.catalog import GATEWAY_SILENT, SENSOR_SILENT
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Database, Repositories
from iot_maint.rules.planning import HangUnder
from iot_maint.services.causes import Lineage, cause_of, find_cause, outlives, places_of_causes, settled_at
from iot_maint.services.holding_back import is_locked_out, make_wait
from iot_maint.services.ordering import OrderDesk, OrderStep

SILENCES = frozenset({SENSOR_SILENT, GATEWAY_SILENT})

# When each metric of the equipment was last heard, epoch ms.
Heard = Callable[[Equipment], Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitJudge:
    """Judges alarms whose wait may be over, one transaction each; `heard` as in `FollowUp`."""

    database: Database
    desk: OrderDesk
    heard: Heard | None

    def judge(self, alarm_id: int, now: datetime) -> list[OrderStep]:
        """It gets its order, or none since it is gone, or it waits on."""
        if not self._may_end(alarm_id, now):
            return []
        with self.database.transaction() as repositories:
            found = repositories.alarms.get(alarm_id)
            equipment = repositories.equipment.get(found.key.equipment) if found is not None else None
            if equipment is None:
                return []
            lineage = repositories.equipment.lineage(equipment.code)
            # A cause that comes back in this instant holds the symptom, or finds its order and folds it.
            repositories.equipment.lock(places_of_causes(self.desk.catalog, lineage))
            alarm = repositories.alarms.get(alarm_id)
            if alarm is None or alarm_id not in repositories.alarms.due_ids(now):
                return []
            if alarm.waits_for is Wait.LOCKOUT:
                return self._end_lockout(repositories, alarm, equipment, lineage)
            return self._end_cause(repositories, alarm, equipment)

    def _may_end(self, alarm_id: int, now: datetime) -> bool:
        """Whether it is worth a transaction: much that waits waits on for days."""
        with self.database.reading() as repositories:
            alarm = repositories.alarms.get(alarm_id)
            if alarm is None or alarm.waits_for is None:
                return False
            if alarm.waits_for is Wait.LOCKOUT:
                return not is_locked_out(repositories, alarm.key.equipment)
            cause = repositories.alarms.get(alarm.cause.alarm) if alarm.cause is not None else None
            equipment = repositories.equipment.get(alarm.key.equipment)
        if cause is None or cause.cleared_at is None or alarm.cleared_at is not None or equipment is None:
            return True
        return self._is_known(alarm, equipment, settled_at(alarm, cause.cleared_at, self._settle(alarm)), now)

    def _is_known(self, alarm: Alarm, equipment: Equipment, due: datetime, now: datetime) -> bool:
        """Whether a symptom's telemetry has come beyond the instant at which it should be gone.

        A reading beyond it, not at it: only that one ends the means of which detectors judge.

        A gateway that was without power too sends what it kept: the end of the symptom may be under way.  One that
        sends nothing is waited for as long again.
        """
        if self.heard is None or alarm.key.fault_mode in SILENCES or now >= due + self._settle(alarm):
            return True
        return max(self.heard(equipment).values(), default=0) > epoch_ms(due)

    def _settle(self, alarm: Alarm) -> timedelta:
        if alarm.cause is None:
            return timedelta()
        declared = cause_of(self.desk.catalog, alarm.cause.equipment_type, alarm.cause.fault_mode)
        return declared.settle if declared is not None else timedelta()

    def _end_cause(self, repositories: Repositories, alarm: Alarm, equipment: Equipment) -> list[OrderStep]:
        cause = repositories.alarms.get(alarm.cause.alarm) if alarm.cause is not None else None
        if cause is None or not outlives(alarm, cause, self._settle(alarm)):
            repositories.alarms.stop_waiting(alarm.id)
            return []
        if is_locked_out(repositories, equipment.code):
            if alarm.cleared_at is None:
                repositories.alarms.lock_out(alarm.id, self.desk.clock.now())
            else:
                # It has come and gone under repair, as it would have if we had looked between the two.
                repositories.alarms.stop_waiting(alarm.id)
            return []
        return self.desk.let_order(repositories, alarm, equipment.type)

    def _end_lockout(
        self, repositories: Repositories, alarm: Alarm, equipment: Equipment, lineage: Lineage
    ) -> list[OrderStep]:
        if is_locked_out(repositories, equipment.code):
            return []
        mode, cause = alarm.key.fault_mode, None
        if alarm.cause is None:
            cause = find_cause(repositories, self.desk.catalog, lineage, mode, alarm.onset_at, alarm.rules)
        if cause is not None:
            now = self.desk.clock.now()
            make_wait(repositories, self.desk.catalog, alarm, HangUnder(cause=cause.id), now)
            return []
        return self.desk.let_order(repositories, alarm, equipment.type)
