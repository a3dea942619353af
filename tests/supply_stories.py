"""A power room with lifts and a pump behind it, by the minute: what each of them sends while the supply is lost."""

from collections.abc import Iterable
from dataclasses import replace

from iot_maint.domain.telemetry import Telemetry
from tests.builders import an_equipment
from tests.pump_stories import at

SUPPLY, HEAT, PRESSURE, TRAPPED = "PWR-SUPPLY", "ELV-HVAC", "PMP-PRESS", "ELV-TRAP"
ROOM = an_equipment("PR-1", name="1 号低压柜", equipment_type="power_room", kind="lv")
PANEL = replace(an_equipment("PR-2", name="电梯配电箱", equipment_type="power_room", kind="lv"), parent="PR-1")
LIFT = replace(an_equipment("E-1", name="1 号客梯", equipment_type="elevator", kind=None), parent="PR-2")
LIFT_2 = replace(LIFT, code="E-2", name="2 号客梯")
PUMP = replace(an_equipment("P-1", name="生活水泵"), parent="PR-1")
ELSEWHERE = replace(PUMP, code="P-9", name="别处的水泵", parent=None)
ALL = (ROOM, PANEL, LIFT, LIFT_2, PUMP, ELSEWHERE)
LOST, FINE = -97.0, 0.5  # % off the nominal voltage: raised after 1 min below −50
HOT, COOL = 45.0, 25.0  # °C in the machine room: critical after 5 min above 40
DRY, WET = 0.02, 0.2  # MPa at the taps: critical after 5 min below 0.05


def sent(code: str, minute: float, *, late_by: float = 0, **values: float) -> Telemetry:
    return Telemetry(
        site="s1",
        equipment=code,
        at_ms=round(at(minute).timestamp() * 1000),
        received_at_ms=round(at(minute + late_by).timestamp() * 1000),
        values=values,
    )


def supply(value: float, first: int, last: int, *, code: str = "PR-1") -> list[Telemetry]:
    return [sent(code, minute, voltage_dev=value) for minute in range(first, last + 1)]


def heat(value: float, first: int, last: int, *, code: str = "E-1") -> list[Telemetry]:
    return [sent(code, minute, machine_room_temp=value) for minute in range(first, last + 1)]


def taps(value: float, first: int, last: int, *, code: str = "P-1") -> list[Telemetry]:
    return [sent(code, minute, household_pressure=value) for minute in range(first, last + 1)]


def in_order(*streams: Iterable[Telemetry]) -> list[Telemetry]:
    """Several streams as they arrive together."""
    return sorted((item for stream in streams for item in stream), key=lambda item: item.received_at_ms)
