"""Recorded telemetry through the live decide path, in the data's own time."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from iot_maint.domain.instants import instant
from iot_maint.domain.telemetry import Batch, Telemetry
from iot_maint.services.monitoring import Monitor, Outcome
from iot_maint.services.ordering import OrderStep

BATCH = 200  # messages


def replay(
    telemetry: Iterable[Telemetry],
    monitor: Monitor,
    advance: Callable[[datetime], None],
    batch: int = BATCH,
    follow_up: Callable[[], Sequence[OrderStep]] = tuple,
) -> Iterator[Outcome]:
    """What each batch led to, and by `follow_up` what came due by then.

    `advance` moves the replay's clock to the newest reading before the batch is decided.
    """
    source = iter(telemetry)
    for number in itertools.count(1):
        chunk = tuple(itertools.islice(source, batch))
        if not chunk:
            return
        newest = max(item.at_ms for item in chunk)
        advance(instant(newest))
        yield monitor.handle(Batch(number=number, received_at_ms=newest, telemetry=chunk))
        if steps := tuple(follow_up()):
            yield Outcome(steps=steps)
