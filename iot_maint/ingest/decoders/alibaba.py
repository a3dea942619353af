"""Alibaba Cloud IoT (Alink): `{"params": {name: value | {"value": …, "time": …}, …}}`; bare values are of now."""

from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.shapes import object_of


def read(payload: bytes, readings: Readings) -> None:
    """A post of properties: each may have a time of its own."""
    params = object_of(object_of(parse_json(payload), "the message").get("params"), "`params`")
    by_time: dict[object, dict[str, object]] = {}
    for name, value in params.items():
        time, bare = _split(value)
        by_time.setdefault(time, {})[name] = bare
    for time, values in by_time.items():
        readings.add(values, time)


def _split(value: object) -> tuple[object, object]:
    """(time or None, value); a time that is none of any kind is an empty text, and refused with its values."""
    if not isinstance(value, dict) or "value" not in value:
        return None, value
    time = value.get("time")
    return "" if isinstance(time, (dict, list)) else time, value["value"]
