"""What comes due some time after an event: orders for what outlived its cause or a repair, and whether repairs held."""

from collections.abc import Mapping
from dataclasses import dataclass

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.ports import Database, TelemetryStore
from iot_maint.services.ending_waits import Heard, WaitJudge
from iot_maint.services.ordering import OrderDesk, OrderStep
from iot_maint.services.repair_check import RepairCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Does all that is due, one transaction each; whatever is interrupted is due again.

    `heard` None: all telemetry up to the clock's time is decided, as in a replay.
    """

    database: Database
    desk: OrderDesk
    heard: Heard | None

    def run(self) -> list[OrderStep]:
        """What became of orders."""
        now = self.desk.clock.now()
        with self.database.reading() as repositories:
            alarms = repositories.alarms.due_ids(now)
            orders = repositories.orders.watched(now - self.desk.repair_check)
        waits = WaitJudge(database=self.database, desk=self.desk, heard=self.heard)
        repairs = RepairCheck(database=self.database, desk=self.desk, heard=self.heard)
        steps = [step for alarm_id in alarms for step in waits.judge(alarm_id, now)]
        return steps + [step for number in orders for step in repairs.judge(number)]


def heard_in(store: TelemetryStore) -> Heard:
    """Asks the telemetry store, which is never ahead of what was decided."""

    def heard(equipment: Equipment) -> Mapping[str, int]:
        last = store.read_last(equipment.type, equipment.code)
        return {metric: sample.at_ms for metric, sample in last.items()}

    return heard
