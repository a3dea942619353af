"""A pump whose bearing wears for weeks, as the store holds it, and a desk that plans by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from iot_maint.domain.catalog import Comparison, Severity
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.maintenance_windows import MaintenanceWindow, parse_windows
from iot_maint.domain.ports import Clock, TelemetryStore
from iot_maint.domain.telemetry import Point
from iot_maint.services.forecast_orders import ForecastDesk
from tests.api_builders import CATALOG, CHANNELS, SHANGHAI
from tests.builders import an_equipment

PUMP = an_equipment("P-1", kind="booster")
NIGHTS: tuple[MaintenanceWindow, ...] = parse_windows("mon-fri 22:00-06:00")
START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
MODE = "PMP-BEAR"


def a_desk(clock: Clock) -> ForecastDesk:
    return ForecastDesk(catalog=CATALOG, clock=clock, site_zone=SHANGHAI, channels=CHANNELS, windows=NIGHTS)


def monitored_pump() -> Monitored:
    return Monitored(equipment=PUMP)


def wear(day: float) -> float:
    """mm/s on a day: healthy for 20 days, then doubling every 6, 8.5 (critical) on day 36 or so."""
    return 2.0 + 0.9 * (2 ** (max(0.0, day - 20) / 6) - 1)


def record(store: TelemetryStore, level: Callable[[float], float], first: int, last: int, seed: int = 1) -> None:
    """Hourly readings of days [first, last) after `START`: the level, 3 % noise, and a running pump."""
    chance = np.random.default_rng((seed, first))
    points = [
        Point(
            measurement="pump",
            tags={"site": PUMP.site, "equipment": PUMP.code},
            at_ms=int((START + timedelta(hours=hour)).timestamp() * 1000),
            fields={"vib_rms": level(hour / 24) * (1 + 0.03 * float(chance.standard_normal())), "running": 1.0},
        )
        for hour in range(first * 24, last * 24)
    ]
    store.write(points)


def a_forecast(p10: datetime, *, now: datetime, since: datetime | None = None) -> Forecast:
    return Forecast(
        equipment=PUMP.code,
        fault_mode=MODE,
        day=now.date(),
        made_at=now,
        rule="pump.vib_rms_critical",
        metric="vib_rms",
        comparison=Comparison.ABOVE,
        severity=Severity.CRITICAL,
        basis="engineering default",
        limit=8.5,
        healthy=2.0,
        level=4.4,
        indicator=0.37,
        since=since or now - timedelta(days=10),
        p10=p10,
        p50=p10 + timedelta(days=2),
        p90=p10 + timedelta(days=5),
        confidence=0.99,
    )
