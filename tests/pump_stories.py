"""The register and the telemetry of one booster pump, by the minute, for tests of the decide path."""

from datetime import datetime, timedelta

from iot_maint.domain.telemetry import Telemetry
from tests.builders import T0, an_equipment

PUMP = an_equipment("P-1", site="s1")
BEARING = "PMP-BEAR"
HOT = 85.0  # °C: above the warning limit of 80, below the critical one of 95
SEIZING = 99.0
COOL = 60.0
DWELL = 10  # minutes above 80 °C; 5 above 95


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


def pump(minute: float, *, late_by: float = 0, code: str = "P-1", **values: float) -> Telemetry:
    """What the pump sends at that minute; received at once, or so many minutes later."""
    return Telemetry(
        site="s1",
        equipment=code,
        at_ms=round(at(minute).timestamp() * 1000),
        received_at_ms=round(at(minute + late_by).timestamp() * 1000),
        values=values,
    )


def bearing_at(temp: float, first: int, last: int, *, code: str = "P-1") -> tuple[Telemetry, ...]:
    """The bearing's temperature, every minute from the first to the last."""
    return tuple(pump(minute, code=code, bearing_temp=temp) for minute in range(first, last + 1))
