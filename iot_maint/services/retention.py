"""Telemetry is kept for so many days, relational data for ever."""

from datetime import UTC, datetime, timedelta

from iot_maint.domain.ports import Clock, TelemetryStore

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def enforce_retention(store: TelemetryStore, days: int | None, clock: Clock) -> int:
    """Forget telemetry older than `days` (`None`: keep all); how many points went.

    `clock` is the service's own, accelerated or not: it is the telemetry's time that counts.
    """
    if days is None:
        return 0
    return store.drop_before((clock.now() - timedelta(days=days) - _EPOCH) // timedelta(milliseconds=1))
