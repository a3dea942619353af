"""Tasmota's `tele/…/SENSOR`: `{"Time": local time, "ENERGY": {"Voltage": 221 | [221, 222, 220], …}, …}`.

Nested names are joined by `_`, and the elements of an array are numbered from 1: `ENERGY_Voltage_1`.  `Time` is the
site's, without a zone.
"""

from collections.abc import Iterator

from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.shapes import object_of

_DEEPEST = 5


def read(payload: bytes, readings: Readings) -> None:
    """One report of all sensors."""
    document = object_of(parse_json(payload), "the message")
    time = document.pop("Time", None)
    readings.add(dict(_flat(document, "", 0)), time)


def _flat(value: object, name: str, depth: int) -> Iterator[tuple[str, object]]:
    if depth < _DEEPEST and isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(part, f"{name}_{key}" if name else key, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for number, part in enumerate(value, start=1):
            yield from _flat(part, f"{name}_{number}", depth + 1)
    else:
        yield name, value
