"""SenML (RFC 8428) in JSON: records whose base fields carry over to those after them.

A record's full name is base name and name together; up to its last `:` or `/` it names the equipment, behind that the
metric.  Without either, the topic says whose it is.  A time below 2²⁸ counts from now.
"""

import math

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.telemetry import TimestampSource
from iot_maint.ingest.decoders.json_text import parse_json
from iot_maint.ingest.decoders.readings import MAX_PARTS, Readings
from iot_maint.ingest.decoders.shapes import list_of, object_of
from iot_maint.ingest.decoders.timestamps import read_timestamp_number
from iot_maint.ingest.decoders.values import Dropped

_RELATIVE_BELOW_S = 2**28
_KNOWN = frozenset({"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"})
_VALUES = ("v", "vs", "vb", "vd")

# (equipment's name, at, who said when)
_Part = tuple[str | None, int, TimestampSource]


def read(payload: bytes, readings: Readings) -> None:
    """A pack; what is of one equipment and instant becomes one telemetry."""
    records = list_of(parse_json(payload), "the pack")
    base_name, base_time, base_value = "", 0.0, 0.0
    parts: dict[_Part, dict[str, object]] = {}
    for entry in records:
        try:
            record = object_of(entry, "a record")
            base_name = _text(record, "bn", base_name)
            base_time = _number(record, "bt", base_time)
            base_value = _number(record, "bv", base_value)
            _refuse_unknown(record)
            name = base_name + _text(record, "n", "")
            at = _instant(base_time + _number(record, "t", 0.0), readings)
        except MalformedTelemetry as fault:
            readings.refuse(fault)
            continue
        if not any(key in record for key in _VALUES):
            if "s" in record:  # a sum over time: no metric is one
                readings.drop(Dropped.UNKNOWN_KEY)
            continue  # else base fields alone
        value = next(record[key] for key in _VALUES if key in record)
        if "v" in record and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = _sum(value, base_value)
        elif "vd" in record:
            value = []  # octets are no value of a metric
        cut = max(name.rfind(":"), name.rfind("/"))
        device = name[:cut] or None if cut >= 0 else None
        parts.setdefault((device, *at), {})[name[cut + 1 :]] = value
        if len(parts) > MAX_PARTS:
            raise MalformedTelemetry("too_many_values", f"more than {MAX_PARTS} instants in one pack")
    for (device, at_ms, ts_source), values in parts.items():
        readings.add_at(values, at_ms, device, ts_source)


def _text(record: dict[str, object], key: str, otherwise: str) -> str:
    value = record.get(key, otherwise)
    if not isinstance(value, str):
        raise MalformedTelemetry("wrong_shape", f"`{key}` is no text")
    return value


def _number(record: dict[str, object], key: str, otherwise: float) -> float:
    value = record.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise MalformedTelemetry("wrong_shape", f"`{key}` is no number")
    return _sum(value, 0.0)


def _sum(value: float, base: float) -> float:
    try:
        return float(value) + base
    except OverflowError:
        return math.inf


def _refuse_unknown(record: dict[str, object]) -> None:
    """By the standard, a field that ends in _ must be understood, or its record not be used."""
    strange = [key for key in record if key.endswith("_") and key not in _KNOWN]
    if strange:
        raise MalformedTelemetry("wrong_shape", "a field that must be understood is not")


def _instant(seconds: float, readings: Readings) -> tuple[int, TimestampSource]:
    if seconds < _RELATIVE_BELOW_S:
        if not math.isfinite(seconds):
            raise MalformedTelemetry("bad_timestamp", "the time is no number")
        # Counted from reception, so that a redelivery counts anew: as a message without any time.
        return readings.received_at_ms + round(seconds * 1000), TimestampSource.RECEIVED
    return read_timestamp_number(seconds), TimestampSource.DEVICE
