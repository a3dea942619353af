"""Telemetry is kept for so many days, relational data for ever."""

from datetime import timedelta

from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Clock, TelemetryStore


def enforce_retention(store: TelemetryStore, days: int | None, clock: Clock) -> int:
    """Forget telemetry older than `days` (`None`: keep all); how many points went.

    `clock` is the service's own, accelerated or not: it is the telemetry's time that counts.
    """
    if days is None:
        return 0
    return store.drop_before(epoch_ms(clock.now() - timedelta(days=days)))
