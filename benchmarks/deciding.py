"""Telemetry through all running rules of one booster pump of the built-in catalog."""

from datetime import timedelta

from benchmarks.measure import Measurement, measure
from benchmarks.traffic import EQUIPMENT, SITE, pump_telemetry
from iot_maint.catalog.load import load_catalog
from iot_maint.domain.equipment import Equipment, Monitored
from iot_maint.rules.program import compile_program
from iot_maint.rules.state import EquipmentState


def run(messages: int = 50_000) -> Measurement:
    pump = Monitored(
        equipment=Equipment(
            code=EQUIPMENT, name="1 号加压泵", type="pump", site=SITE, kind="booster", parameters={"setpoint": 0.62}
        ),
        overrides={},
    )
    program = compile_program(load_catalog().types["pump"], pump, timedelta(hours=1))
    traffic = pump_telemetry(messages)

    def work() -> int:
        state = EquipmentState()
        for telemetry in traffic:
            state, _ = program.decide(state, telemetry)
        return len(traffic)

    return measure("deciding", "messages", work)
