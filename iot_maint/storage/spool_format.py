"""How telemetry is written into a batch of the spool, by format version.

Version 1: msgpack, an array of arrays (site, equipment, at_ms, received_at_ms, values, texts, retained, ts_source).
Version 2: msgpack, in columns; half the size.  An array of
    the sets of metrics that occur, the pairs of site and equipment that occur,
    and one column each, as long as the batch: index of the set of metrics, index of the pair, at_ms, received_at_ms;
    then all values, message by message in the order of its set; and last, by their position in the batch, what few
    messages have: texts, the retained ones, those with the time of reception.
A release writes one version and reads all that any release before it wrote.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from iot_maint.domain.errors import MaintError, UnknownFormat
from iot_maint.domain.hot_path import make_telemetry
from iot_maint.domain.telemetry import Telemetry, TimestampSource

VERSION = 2

_Row = tuple[str, str, int, int, dict[str, float], dict[str, str], bool, TimestampSource]


class _Columns(msgspec.Struct, array_like=True, gc=False):
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


_ENCODER = msgspec.msgpack.Encoder()
_ROWS = msgspec.msgpack.Decoder(list[_Row])
_COLUMNS = msgspec.msgpack.Decoder(_Columns)


def encode_telemetry(telemetry: Sequence[Telemetry]) -> bytes:
    """The batch's bytes, in the version that this release writes."""
    metrics: dict[tuple[str, ...], int] = {}
    equipment: dict[tuple[str, str], int] = {}
    values: list[float] = []
    metrics_of: list[int] = []
    equipment_of: list[int] = []
    for item in telemetry:
        metrics_of.append(metrics.setdefault(tuple(item.values), len(metrics)))
        equipment_of.append(equipment.setdefault((item.site, item.equipment), len(equipment)))
        values += item.values.values()
    received = TimestampSource.RECEIVED
    return _ENCODER.encode(
        _Columns(
            list(metrics),
            list(equipment),
            metrics_of,
            equipment_of,
            [item.at_ms for item in telemetry],
            [item.received_at_ms for item in telemetry],
            values,
            {position: dict(item.texts) for position, item in enumerate(telemetry) if item.texts},
            [position for position, item in enumerate(telemetry) if item.retained],
            [position for position, item in enumerate(telemetry) if item.ts_source is received],
        )
    )


def decode_telemetry(version: int, content: bytes) -> tuple[Telemetry, ...]:
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


def _read_version_1(content: bytes) -> tuple[Telemetry, ...]:
    return tuple(make_telemetry(*row) for row in _ROWS.decode(content))


def _read_version_2(content: bytes) -> tuple[Telemetry, ...]:
    columns = _COLUMNS.decode(content)
    texts, retained, without_time = columns.texts, frozenset(columns.retained), frozenset(columns.without_time)
    if sum(len(columns.metrics[index]) for index in columns.metrics_of) != len(columns.values):
        raise MaintError("the batch holds more or fewer values than its messages")
    rows = zip(columns.metrics_of, columns.equipment_of, columns.at_ms, columns.received_at_ms, strict=True)
    values = iter(columns.values)
    read = []
    for position, (metrics_index, equipment_index, at_ms, received_at_ms) in enumerate(rows):
        names = columns.metrics[metrics_index]
        site, equipment = columns.equipment[equipment_index]
        source = TimestampSource.RECEIVED if position in without_time else TimestampSource.DEVICE
        read.append(
            make_telemetry(
                site,
                equipment,
                at_ms,
                received_at_ms,
                dict(zip(names, values, strict=False)),
                texts.get(position, {}),
                position in retained,
                source,
            )
        )
    return tuple(read)


_READERS: Mapping[int, Callable[[bytes], tuple[Telemetry, ...]]] = {1: _read_version_1, 2: _read_version_2}
