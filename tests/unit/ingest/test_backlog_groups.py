from iot_maint.domain.telemetry import Batch
from iot_maint.ingest.decider import group_backlog
from tests.ingest_builders import a_telemetry


def groups(*sizes: int) -> list[list[int]]:
    batches = [
        Batch(number=number, received_at_ms=0, telemetry=(a_telemetry(),) * size)
        for number, size in enumerate(sizes, 1)
    ]
    return [[batch.number for batch in group] for group in group_backlog(batches)]


def test_large_batches_that_wait_are_decided_together_and_in_order() -> None:
    assert groups(1000, 1000, 3, 1000, 700, 2, 2) == [[1, 2], [3], [4, 5], [6], [7]]


def test_small_batches_are_decided_one_by_one() -> None:
    assert groups(1, 2, 3) == [[1], [2], [3]]
    assert groups() == []
