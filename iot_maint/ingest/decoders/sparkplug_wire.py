"""Sparkplug B on the wire: the part of its protobuf messages that carries readings, described here field by field.

The description is in a pool of its own, so that a program that has loaded the full one is no conflict.  Fields that
are not described (metadata, properties, data sets, templates) are passed over by protobuf itself.
"""

import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from iot_maint.domain.errors import MalformedTelemetry

MAX_METRICS = 5000  # of one message
BOOLEAN = 11
REBIRTH = "Node Control/Rebirth"

_PACKAGE = "iot_maint.sparkplug"
_FLOAT = struct.Struct("f")
_BITS_OF_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}  # Int8 to Int64: on the wire they are unsigned
_UINT32, _UINT64 = FieldDescriptorProto.TYPE_UINT32, FieldDescriptorProto.TYPE_UINT64
_BOOL, _BYTES = FieldDescriptorProto.TYPE_BOOL, FieldDescriptorProto.TYPE_BYTES
# Texts are taken as bytes, the same on the wire: whether they are UTF-8 is not protobuf's to decide.
_METRIC = {
    "name": (1, _BYTES),
    "alias": (2, _UINT64),
    "timestamp": (3, _UINT64),
    "datatype": (4, _UINT32),
    "is_historical": (5, _BOOL),
    "is_null": (7, _BOOL),
    "int_value": (10, _UINT32),
    "long_value": (11, _UINT64),
    "float_value": (12, FieldDescriptorProto.TYPE_FLOAT),
    "double_value": (13, FieldDescriptorProto.TYPE_DOUBLE),
    "boolean_value": (14, _BOOL),
    "string_value": (15, _BYTES),
}
_VALUES = ("int_value", "long_value", "float_value", "double_value", "boolean_value", "string_value")
_PAYLOAD = {"timestamp": (1, _UINT64), "seq": (3, _UINT64)}


class Metric(NamedTuple):
    """One metric as it was sent: by name, or by alias alone; `value` is None where there is none."""

    name: str | None
    alias: int | None
    time: int | None
    datatype: int | None
    historical: bool
    value: float | str | None


class Payload(NamedTuple):
    """One message."""

    time: int | None
    seq: int | None
    metrics: tuple[Metric, ...]


def parse_payload(data: bytes) -> Payload:
    """Raises `MalformedTelemetry`: `not_sparkplug`, or `too_many_values`."""
    message = _PAYLOAD_CLASS()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise MalformedTelemetry("not_sparkplug", "the payload is no Sparkplug B protobuf") from error
    fields = _fields(message)
    metrics = fields.get("metrics", ())
    if len(metrics) > MAX_METRICS:
        raise MalformedTelemetry("too_many_values", f"{len(metrics)} metrics in one message, at most {MAX_METRICS}")
    return Payload(
        time=fields.get("timestamp"),
        seq=fields.get("seq"),
        metrics=tuple(_metric(_fields(metric)) for metric in metrics),
    )


def rebirth_command(at_ms: int) -> bytes:
    """What asks a node for its births."""
    metric = _METRIC_CLASS(name=REBIRTH.encode(), timestamp=at_ms, datatype=BOOLEAN, boolean_value=True)
    return _PAYLOAD_CLASS(timestamp=at_ms, metrics=[metric]).SerializeToString()


def read_number(value: float | str | None, datatype: int | None) -> float | str | None:
    """The value as its datatype means it: signed integers come unsigned, in two's complement."""
    bits = _BITS_OF_SIGNED.get(datatype or 0)
    if bits is None or type(value) is not int:
        return value
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _metric(fields: Mapping[str, Any]) -> Metric:
    name = fields.get("name")
    return Metric(
        name=None if name is None else _text(name),
        alias=fields.get("alias"),
        time=fields.get("timestamp"),
        datatype=fields.get("datatype"),
        historical=fields.get("is_historical", False),
        value=None if fields.get("is_null", False) else _value(fields),
    )


def _value(fields: Mapping[str, Any]) -> float | str | None:
    for name in _VALUES:
        if name in fields:
            value = fields[name]
            if name == "string_value":
                return _text(value)
            return _shortest(value) if name == "float_value" else float(value) if name == "double_value" else int(value)
    return None


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _shortest(value: float) -> float:
    """2.1 that was sent in 32 bits as 2.1, and not as 2.0999999046325684."""
    if math.isfinite(value):
        for digits in (6, 7, 8):
            short = float(f"{value:.{digits}g}")
            if _FLOAT.unpack(_FLOAT.pack(short))[0] == value:
                return short
    return value


def _fields(message: Message) -> Mapping[str, Any]:
    """The fields that were sent, by name."""
    return {field.name: value for field, value in message.ListFields()}


def _describe(name: str, fields: Mapping[str, tuple[int, FieldDescriptorProto.Type.ValueType]]) -> DescriptorProto:
    optional = FieldDescriptorProto.LABEL_OPTIONAL
    return DescriptorProto(
        name=name,
        field=[
            FieldDescriptorProto(name=field, number=number, type=kind, label=optional)
            for field, (number, kind) in fields.items()
        ],
    )


def _build() -> tuple[type[Message], type[Message]]:
    """(payload, metric) as classes."""
    payload = _describe("Payload", _PAYLOAD)
    payload.field.append(
        FieldDescriptorProto(
            name="metrics",
            number=2,
            type=FieldDescriptorProto.TYPE_MESSAGE,
            type_name=f".{_PACKAGE}.Metric",
            label=FieldDescriptorProto.LABEL_REPEATED,
        )
    )
    pool = DescriptorPool()
    file = FileDescriptorProto(name="sparkplug_b.proto", package=_PACKAGE, syntax="proto2")
    file.message_type.extend([payload, _describe("Metric", _METRIC)])
    pool.AddSerializedFile(file.SerializeToString())
    return (
        GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload")),
        GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Metric")),
    )


_PAYLOAD_CLASS, _METRIC_CLASS = _build()
