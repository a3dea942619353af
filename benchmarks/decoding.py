"""Bytes from the broker into telemetry."""

from zoneinfo import ZoneInfo

from benchmarks.measure import Measurement, measure
from benchmarks.traffic import TOPIC, pump_payloads
from iot_maint.ingest.decoders.canonical import decode

SITE_ZONE = ZoneInfo("Asia/Shanghai")


def run(messages: int = 50_000) -> Measurement:
    payloads = pump_payloads(messages)

    def work() -> int:
        return sum(len(decode(TOPIC, payload, 0, SITE_ZONE).telemetry) for payload in payloads)

    return measure("decoding", "messages", work)
