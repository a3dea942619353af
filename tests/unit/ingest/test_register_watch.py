from threading import Event

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.ingest.register_watch import RegisterWatch


def test_a_database_that_is_away_or_a_fault_of_ours_ends_no_watch() -> None:
    stop, faults = Event(), [StoreUnavailable("away"), RuntimeError("a fault of ours")]
    calls = 0

    def refresh() -> None:
        nonlocal calls
        calls += 1
        if faults:
            raise faults.pop(0)
        stop.set()

    RegisterWatch(refresh, every_s=0).run(stop)
    assert calls == 3
