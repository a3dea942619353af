"""ThingsBoard's device API: `{"ts": …, "values": {…}}`, a flat object, or an array of either; the topic says whose.

And its gateway API: `{name: [the same, …], …}`, whose names are those of the gateway's devices.
"""

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.shapes import object_of


def read(payload: bytes, readings: Readings) -> None:
    """One device's message."""
    _add_elements(parse_json(payload), None, readings)


def read_gateway(payload: bytes, readings: Readings) -> None:
    """A gateway's message."""
    for device, elements in object_of(parse_json(payload), "the message").items():
        _add_elements(elements, device, readings)


def _add_elements(document: object, device: str | None, readings: Readings) -> None:
    for element in document if isinstance(document, list) else [document]:
        try:
            fields = object_of(element, "an element")
            time = fields.pop("ts", None)
            values = fields.pop("values", None)
            if values is None:
                readings.add(fields, time, device)
            else:
                readings.add(object_of(values, "`values`"), time, device, unknown_keys=len(fields))
        except MalformedTelemetry as fault:
            if fault.reason != "wrong_shape":
                raise
            readings.refuse(fault)
