"""One decoder a payload format, all of one signature, chosen by name from one map.

A decoder is pure.  It raises `MalformedTelemetry` and nothing else, whatever the bytes.
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from iot_maint.domain.telemetry import Decoded
from iot_maint.ingest.decoders import canonical

# (topic, payload, received at in epoch ms, the zone of times that name none) → readings
Decode = Callable[[str, bytes, int, ZoneInfo], Decoded]

DECODERS: Mapping[str, Decode] = {
    "canonical": canonical.decode,
}
