"""Sparkplug B messages written octet by octet, so that what reads them is not what wrote them."""

import struct

INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 = 1, 2, 3, 4, 5, 6, 7, 8
FLOAT, DOUBLE, BOOLEAN, TEXT, TEMPLATE = 9, 10, 11, 12, 19


def metric(
    name: str | None = None,
    value: float | str | bool | None = None,
    *,
    alias: int | None = None,
    datatype: int | None = None,
    at_ms: int | None = None,
    historical: bool = False,
    write_as: int | None = None,
) -> bytes:
    """One metric; without a value it is null.  `write_as` is the datatype to write for, where none is sent."""
    fields = b""
    if name is not None:
        fields += _octets(1, name.encode())
    for number, integer in ((2, alias), (3, at_ms), (4, datatype)):
        if integer is not None:
            fields += _integer(number, integer)
    if historical:
        fields += _integer(5, 1)
    if value is None:
        return fields + _integer(7, 1)
    return fields + _value(value, write_as or datatype or DOUBLE)


def message(*metrics: bytes, at_ms: int | None = None, seq: int | None = None) -> bytes:
    """A payload of metrics."""
    fields = b"" if at_ms is None else _integer(1, at_ms)
    fields += b"".join(_octets(2, one) for one in metrics)
    return fields if seq is None else fields + _integer(3, seq)


def _value(value: float | str | bool, datatype: int) -> bytes:
    if isinstance(value, str):
        return _octets(15, value.encode())
    if datatype == BOOLEAN:
        return _integer(14, int(value))
    if datatype == FLOAT:
        return _key(12, 5) + struct.pack("<f", value)
    if datatype == DOUBLE:
        return _key(13, 1) + struct.pack("<d", value)
    if datatype == INT64:
        return _integer(11, int(value) % 2**64)
    bits = 16 if datatype in (INT16, UINT16) else 32
    return _integer(10, int(value) % 2**bits)


def _integer(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _octets(number: int, value: bytes) -> bytes:
    return _key(number, 2) + _varint(len(value)) + value


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)
