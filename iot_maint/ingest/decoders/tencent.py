"""Tencent Cloud IoT Explorer: `{"method": "report", "timestamp": s or ms, "params": {…}}`."""

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.shapes import object_of


def read(payload: bytes, readings: Readings) -> None:
    """A report of properties; other methods are no telemetry."""
    document = object_of(parse_json(payload), "the message")
    if document.get("method") != "report":
        raise MalformedTelemetry("wrong_shape", "`method` is not report")
    readings.add(object_of(document.get("params"), "`params`"), document.get("timestamp"))
