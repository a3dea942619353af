"""Builders of the ingest path; each test names only what matters to it."""

import random
from collections.abc import Sequence, Sized
from datetime import timedelta

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.point_columns import Head, PointColumns
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.door import Message
from iot_maint.ingest.inbox import QOS_1, RETAIN, Arrivals
from iot_maint.ingest.short_way import ShortWay
from tests.builders import T0

T0_MS = int(T0.timestamp() * 1000)


TOPIC = "iot/v1/S1/P-01/telemetry"


def a_message(
    payload: bytes = b'{"vib_rms": 2.1}',
    *,
    topic: str = TOPIC,
    retained: bool = False,
    received_at_ms: int = T0_MS,
) -> Message:
    return Message(topic, payload, retained, received_at_ms)


def an_arrival(
    payload: bytes = b'{"vib_rms": 2.1}',
    *,
    topic: str | bytes = TOPIC,
    mid: int = 1,
    retained: bool = False,
    received_at_ms: int = T0_MS,
) -> Arrivals:
    """One message that came by itself."""
    name = topic.encode() if isinstance(topic, str) else topic
    packet = (name, payload, QOS_1 | (RETAIN if retained else 0), mid)
    return Arrivals((packet,), 1, received_at_ms, len(name) + len(payload))


class Declared:
    """A register in which every code of the site S1 is of a type with these metrics."""

    def __init__(self, *metrics: str) -> None:
        self.register: Sized = (object(),)
        self.metrics = frozenset(metrics)

    def declares(self, site: str, code: str, metrics: Sequence[str]) -> bool:
        del code
        return site == "S1" and self.metrics >= set(metrics)


def a_short_way(*metrics: str) -> ShortWay:
    """The short way for messages of these metrics; without any, everything goes by the door."""
    return ShortWay(Declared(*metrics), lambda _topic: True)


def a_telemetry(equipment: str = "P-01", *, at_ms: int = T0_MS, **values: float) -> Telemetry:
    return Telemetry(
        site="S1", equipment=equipment, at_ms=at_ms, received_at_ms=T0_MS, values=values or {"vib_rms": 2.1}
    )


def pump_points(telemetry: TelemetryColumns) -> list[PointColumns]:
    """One point a telemetry, as if every equipment were a registered pump."""
    heads = (Head("pump", {"site": one.site, "equipment": one.equipment}, one.metrics) for one in telemetry.origins)
    return [PointColumns(telemetry, tuple(heads))]


def no_waiting() -> Backoff:
    return Backoff(timedelta(), timedelta(), random.SystemRandom())
