"""How telemetry is written into a batch of the spool, by format version.

Version 1: msgpack, an array of arrays (site, equipment, at_ms, received_at_ms, values, texts, retained, ts_source).
Version 2: msgpack, in columns.  An array of
    the sets of metrics that occur, the pairs of site and equipment that occur,
    and one column each, as long as the batch: index of the set of metrics, index of the pair, at_ms, received_at_ms;
    then all values, message by message in the order of its set; and last, by their position in the batch, what few
    messages have: texts, the retained ones, those with the time of reception.
Version 3: as 2, but the columns are those of `TelemetryColumns` as bytes, so that nothing is done for each message, and
    before all stands its CRC-32 (4 bytes, big-endian): torn columns would still look like numbers.
    The sets of metrics; the origins as (site, equipment, index of the set); index of the origin (uint32), at_ms and
    received_at_ms (int64), values (float64), all little-endian; and what few messages have, as in version 2.
A release writes one version and reads all that any release before it wrote.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from zlib import crc32

import msgspec
import numpy as np

from iot_maint.domain.columns import LastMade, Origin, TelemetryColumns
from iot_maint.domain.errors import MaintError, UnknownFormat
from iot_maint.domain.telemetry import Telemetry, TimestampSource

VERSION = 3

_Row = tuple[str, str, int, int, dict[str, float], dict[str, str], bool, TimestampSource]


class _Columns2(msgspec.Struct, array_like=True, gc=False):
    """Version 2."""

    metrics: list[tuple[str, ...]]
    equipment: list[tuple[str, str]]
    metrics_of: list[int]
    equipment_of: list[int]
    at_ms: list[int]
    received_at_ms: list[int]
    values: list[float]
    texts: dict[int, dict[str, str]]
    retained: list[int]
    without_time: list[int]


class _Origins(msgspec.Struct, array_like=True, gc=False):
    metrics: list[tuple[str, ...]]
    origins: list[tuple[str, str, int]]


class _Columns3(msgspec.Struct, array_like=True, gc=False):
    """Version 3."""

    origins: msgspec.Raw
    origin_of: bytes
    at_ms: bytes
    received_at_ms: bytes
    values: bytes
    texts: dict[int, dict[str, str]]
    retained: list[int]
    without_time: list[int]


_ENCODER = msgspec.msgpack.Encoder()
_ROWS = msgspec.msgpack.Decoder(list[_Row])
_COLUMNS_2 = msgspec.msgpack.Decoder(_Columns2)
_COLUMNS_3 = msgspec.msgpack.Decoder(_Columns3)
_ORIGINS = msgspec.msgpack.Decoder(_Origins)
_CHECKSUM_BYTES = 4
_REMEMBERED = 4  # origins of so many batches: under load all batches have the same


def encode_telemetry(telemetry: Sequence[Telemetry]) -> bytes:
    """The batch's bytes, in the version that this release writes."""
    columns = TelemetryColumns.of(telemetry)
    content = _ENCODER.encode(
        _Columns3(
            msgspec.Raw(_ENCODED_ORIGINS.of(columns.origins)),
            columns.origin_of.astype("<u4").tobytes(),
            columns.at_ms.astype("<i8").tobytes(),
            columns.received_at_ms.astype("<i8").tobytes(),
            columns.values.astype("<f8").tobytes(),
            {position: dict(texts) for position, texts in columns.texts.items()},
            sorted(columns.retained),
            sorted(columns.without_time),
        )
    )
    return crc32(content).to_bytes(_CHECKSUM_BYTES, "big") + content


def decode_telemetry(version: int, content: bytes) -> Sequence[Telemetry]:
    """The batch's telemetry; `UnknownFormat` names a version that is not read, `MaintError` means damaged bytes."""
    reader = _READERS.get(version)
    if reader is None:
        known = ", ".join(str(number) for number in _READERS)
        raise UnknownFormat(
            f"format version {version} of the spool is not read by this release (it reads {known}): "
            "go back to the release that wrote it, or forward to one that reads it; nothing is dropped meanwhile"
        )
    try:
        return reader(content)
    except (msgspec.DecodeError, IndexError, ValueError) as error:
        raise MaintError(f"{error}") from error


def _encode_origins(origins: tuple[Origin, ...]) -> bytes:
    metrics: dict[tuple[str, ...], int] = {}
    rows = [(one.site, one.equipment, metrics.setdefault(one.metrics, len(metrics))) for one in origins]
    return _ENCODER.encode(_Origins(list(metrics), rows))


_ENCODED_ORIGINS = LastMade(_encode_origins)


@lru_cache(maxsize=_REMEMBERED)
def _decode_origins(content: bytes) -> tuple[Origin, ...]:
    stored = _ORIGINS.decode(content)
    return tuple(Origin(site, equipment, stored.metrics[index]) for site, equipment, index in stored.origins)


def _read_version_1(content: bytes) -> Sequence[Telemetry]:
    return TelemetryColumns.of(
        Telemetry(
            site=site,
            equipment=equipment,
            at_ms=at_ms,
            received_at_ms=received_at_ms,
            values=values,
            texts=texts,
            retained=retained,
            ts_source=ts_source,
        )
        for site, equipment, at_ms, received_at_ms, values, texts, retained, ts_source in _ROWS.decode(content)
    )


def _read_version_2(content: bytes) -> Sequence[Telemetry]:
    stored = _COLUMNS_2.decode(content)
    numbers: dict[Origin, int] = {}
    origin_of = [
        numbers.setdefault(Origin(*stored.equipment[equipment], stored.metrics[metrics]), len(numbers))
        for equipment, metrics in zip(stored.equipment_of, stored.metrics_of, strict=True)
    ]
    return TelemetryColumns(
        origins=tuple(numbers),
        origin_of=np.array(origin_of, dtype=np.int64),
        at_ms=np.array(stored.at_ms, dtype=np.int64),
        received_at_ms=np.array(stored.received_at_ms, dtype=np.int64),
        values=np.array(stored.values, dtype=np.float64),
        texts=stored.texts,
        retained=frozenset(stored.retained),
        without_time=frozenset(stored.without_time),
    )


def _read_version_3(content: bytes) -> Sequence[Telemetry]:
    checksum, columns = content[:_CHECKSUM_BYTES], memoryview(content)[_CHECKSUM_BYTES:]
    if int.from_bytes(checksum, "big") != crc32(columns):
        raise MaintError("its checksum does not fit its bytes")
    stored = _COLUMNS_3.decode(columns)
    return TelemetryColumns(
        origins=_decode_origins(bytes(stored.origins)),
        origin_of=np.frombuffer(stored.origin_of, dtype="<u4").astype(np.int64),
        at_ms=np.frombuffer(stored.at_ms, dtype="<i8").astype(np.int64),
        received_at_ms=np.frombuffer(stored.received_at_ms, dtype="<i8").astype(np.int64),
        values=np.frombuffer(stored.values, dtype="<f8").astype(np.float64),
        texts=stored.texts,
        retained=frozenset(stored.retained),
        without_time=frozenset(stored.without_time),
    )


_READERS: Mapping[int, Callable[[bytes], Sequence[Telemetry]]] = {
    1: _read_version_1,
    2: _read_version_2,
    3: _read_version_3,
}
