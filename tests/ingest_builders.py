"""Builders of the ingest path; each test names only what matters to it."""

import random
from collections.abc import Sequence
from datetime import timedelta

from iot_maint.domain.telemetry import Point, Telemetry
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.inbox import Message
from tests.builders import T0

T0_MS = int(T0.timestamp() * 1000)


def a_message(
    payload: bytes = b'{"vib_rms": 2.1}',
    *,
    topic: str = "iot/v1/S1/P-01/telemetry",
    size: int | None = None,
    retained: bool = False,
    mid: int = 1,
    received_at_ms: int = T0_MS,
) -> Message:
    return Message(
        topic=topic,
        payload=payload,
        size=len(payload) if size is None else size,
        qos=1,
        retained=retained,
        mid=mid,
        connection=1,
        received_at_ms=received_at_ms,
    )


def a_telemetry(equipment: str = "P-01", *, at_ms: int = T0_MS, **values: float) -> Telemetry:
    return Telemetry(
        site="S1", equipment=equipment, at_ms=at_ms, received_at_ms=T0_MS, values=values or {"vib_rms": 2.1}
    )


def pump_points(telemetry: Sequence[Telemetry]) -> list[Point]:
    """One point a telemetry, as if every equipment were a registered pump."""
    return [
        Point(
            measurement="pump",
            tags={"site": item.site, "equipment": item.equipment},
            at_ms=item.at_ms,
            fields=dict(item.values),
        )
        for item in telemetry
    ]


def no_waiting() -> Backoff:
    return Backoff(timedelta(), timedelta(), random.SystemRandom())
