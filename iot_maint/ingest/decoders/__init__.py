"""One decoder a payload format, all of one signature, chosen from one map by the rule of the topic.

A decoder is pure, but for Sparkplug's, which must remember births.  It raises `MalformedTelemetry` and nothing else,
whatever the bytes.  The product's own format, `canonical`, needs no rule.
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from iot_maint.domain.telemetry import Decoded
from iot_maint.ingest.decoders import (
    alibaba,
    dtu,
    homie,
    huawei,
    line_protocol,
    senml,
    sparkplug_b,
    tasmota,
    tencent,
    thingsboard,
)
from iot_maint.ingest.decoders.readings import Readings, ReadPayload
from iot_maint.ingest.decoders.source import Source
from iot_maint.topic_rules import Format

# (topic, payload, received at in epoch ms, the zone of times that name none) → readings
Decode = Callable[[str, bytes, int, ZoneInfo], Decoded]
MakeDecoder = Callable[[Source], Decode]


def stateless(read: ReadPayload) -> MakeDecoder:
    """The decoder of a format in which every message speaks for itself."""

    def make(source: Source) -> Decode:
        def decode(topic: str, payload: bytes, received_at_ms: int, site_timezone: ZoneInfo) -> Decoded:
            readings = Readings(source, topic, received_at_ms, site_timezone)
            read(payload, readings)
            return readings.decoded()

        return decode

    return make


DECODERS: Mapping[Format, MakeDecoder] = {
    Format.THINGSBOARD: stateless(thingsboard.read),
    Format.THINGSBOARD_GATEWAY: stateless(thingsboard.read_gateway),
    Format.SPARKPLUG_B: sparkplug_b.SparkplugDecoder,
    Format.SENML: stateless(senml.read),
    Format.LINE_PROTOCOL: stateless(line_protocol.read),
    Format.ALIBABA: stateless(alibaba.read),
    Format.HUAWEI: stateless(huawei.read),
    Format.TENCENT: stateless(tencent.read),
    Format.HOMIE: stateless(homie.read),
    Format.TASMOTA: stateless(tasmota.read),
    Format.DTU: stateless(dtu.read),
}
