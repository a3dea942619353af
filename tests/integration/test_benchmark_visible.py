"""The benchmark of the whole product measures orders, not its own mistakes."""

import pytest

from benchmarks import visible
from tests.servers.absence import without
from tests.servers.programs import find_influxd, find_mosquitto, find_postgresql


@pytest.mark.slow
def test_a_crossing_is_visible_within_a_second_on_all_stores_with_and_without_other_traffic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if None in (find_mosquitto(), find_influxd(), find_postgresql()):
        without("Mosquitto, InfluxDB or PostgreSQL")
    monkeypatch.setattr(visible, "WATCH_S", 0.5)

    results = list(visible.run(crossings=3))

    assert [(one.stores, one.messages_a_second) for one in results] == [
        ("embedded stores", 0),
        ("embedded stores", 300),
        ("InfluxDB and PostgreSQL", 0),
        ("InfluxDB and PostgreSQL", 300),
    ]
    assert all(len(one.waits_ms) == 3 and max(one.waits_ms) < 1000 for one in results)
