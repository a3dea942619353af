from datetime import UTC, datetime, timedelta
from pathlib import Path

from iot_maint.clock import ReplayClock
from iot_maint.domain.telemetry import Point
from iot_maint.services.retention import enforce_retention
from iot_maint.storage.telemetry import SqliteTelemetryStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_telemetry_is_kept_for_so_many_days_to_the_millisecond(tmp_path: Path) -> None:
    store = SqliteTelemetryStore(tmp_path / "telemetry.db")
    limit_ms = int((NOW - timedelta(days=30)).timestamp() * 1000)
    tags = {"site": "s1", "equipment": "P-1"}
    store.write(
        [
            Point(measurement="pump", tags=tags, at_ms=limit_ms + after, fields={"vib_rms": 2.0})
            for after in (-86_400_000, -1, 0, 1)
        ]
    )

    assert enforce_retention(store, None, ReplayClock(NOW)) == 0
    assert enforce_retention(store, 30, ReplayClock(NOW)) == 2
    [chunk] = store.read_points("pump", "s1", "P-1")
    assert [point.at_ms - limit_ms for point in chunk] == [0, 1]
    store.close()
