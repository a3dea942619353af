"""What outlives a restart of one piece of equipment: which metrics were ever heard, and which silences stand there."""

from collections.abc import Mapping

import msgspec

from iot_maint.domain.errors import UnknownFormat
from iot_maint.domain.findings import Evidence
from iot_maint.rules.state import Standing

FORMAT = 1
SENSOR, EQUIPMENT, GATEWAY = "silence.sensor.", "silence.equipment", "silence.gateway"


class SilenceState(msgspec.Struct, frozen=True):
    """`heard`: reception (ms) of each metric's newest reading, and its usual gap (ms), as of when this was saved.

    `alarms` are by fault mode; `evidence` is what each standing silence was raised with, by rule; `gateway` is
    whose silence stands here.
    """

    heard: Mapping[str, tuple[int, int]] = {}
    alarms: Mapping[str, Standing] = {}
    evidence: Mapping[str, Evidence] = {}
    gateway: str | None = None


class _Stored(msgspec.Struct, frozen=True):
    format: int
    state: msgspec.Raw


_decoder = msgspec.json.Decoder(SilenceState)
_envelope = msgspec.json.Decoder(_Stored)


def encode_silence(state: SilenceState) -> bytes:
    """The stored form of a state."""
    return msgspec.json.encode(_Stored(FORMAT, msgspec.Raw(msgspec.json.encode(state))))


def decode_silence(stored: bytes) -> SilenceState:
    """What was stored; `UnknownFormat` names a version that this release does not read."""
    envelope = _envelope.decode(stored)
    if envelope.format != FORMAT:
        raise UnknownFormat(f"silence state of format {envelope.format}; this release reads format {FORMAT}")
    return _decoder.decode(envelope.state)
