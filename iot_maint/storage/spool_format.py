"""How telemetry is written into a batch of the spool, by format version.

Version 1: msgpack, an array of arrays (site, equipment, at_ms, received_at_ms, values, texts, retained, ts_source).
A release writes one version and reads all that any release before it wrote.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from iot_maint.domain.errors import MaintError, UnknownFormat
from iot_maint.domain.telemetry import Telemetry, TimestampSource

VERSION = 1

_Row = tuple[str, str, int, int, dict[str, float], dict[str, str], bool, TimestampSource]
_ENCODER = msgspec.msgpack.Encoder()
_ROWS = msgspec.msgpack.Decoder(list[_Row])


def encode_telemetry(telemetry: Sequence[Telemetry]) -> bytes:
    """The batch's bytes, in the version that this release writes."""
    return _ENCODER.encode(
        [
            (t.site, t.equipment, t.at_ms, t.received_at_ms, t.values, t.texts, t.retained, t.ts_source)
            for t in telemetry
        ]
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
    except msgspec.DecodeError as error:
        raise MaintError(f"{error}") from error


def _read_version_1(content: bytes) -> tuple[Telemetry, ...]:
    return tuple(
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


_READERS: Mapping[int, Callable[[bytes], tuple[Telemetry, ...]]] = {1: _read_version_1}
