"""Huawei Cloud IoTDA: `{"services": [{"service_id", "properties": {…}, "event_time"}, …]}`.

A gateway reports for others in `{"devices": [{"device_id", "services": […]}, …]}`.  `event_time` is
`20260101T000000Z` or `2026-01-01T00:00:00.000Z`.  A register map may name a property `service_id.property`, for where
two services have one of the same name.
"""

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.shapes import list_of, name_of, object_of


def read(payload: bytes, readings: Readings) -> None:
    """A report of one device, or of the devices behind it."""
    document = object_of(parse_json(payload), "the message")
    if "devices" not in document:
        _add_services(document.get("services"), None, readings)
        return
    for entry in list_of(document["devices"], "`devices`"):
        try:
            device = object_of(entry, "a device")
            _add_services(device.get("services"), name_of(device.get("device_id"), "`device_id`"), readings)
        except MalformedTelemetry as fault:
            readings.refuse(fault)


def _add_services(services: object, device: str | None, readings: Readings) -> None:
    for entry in list_of(services, "`services`"):
        try:
            service = object_of(entry, "a service")
            prefix, registers = service.get("service_id"), readings.source.registers
            values: dict[str, object] = {}
            for name, value in object_of(service.get("properties"), "`properties`").items():
                full = f"{prefix}.{name}"
                values[full if full in registers else name] = value
        except MalformedTelemetry as fault:
            readings.refuse(fault)
        else:
            readings.add(values, service.get("event_time", service.get("eventTime")), device)
