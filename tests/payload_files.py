"""The messages under `tests/payloads/`: each a file as a device sent it, with `<name>.expected.json` beside it.

That names the topic, the topic rule (all but its format, which is the folder's name), when it was received, the
messages `before` it (other files of the folder), and what comes of it: `telemetry`, `dropped`, `rejected`, `deaths`,
`rebirths`; or `refused`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.telemetry import Decoded, GatewayDeath, RebirthRequest, Telemetry, TimestampSource
from iot_maint.ingest.decoders import DECODERS, Decode
from iot_maint.ingest.decoders.source import Source
from iot_maint.topic_rules import TopicRule

PAYLOADS = Path(__file__).parent / "payloads"
SHANGHAI = ZoneInfo("Asia/Shanghai")
_EXPECTED = ".expected.json"


def _behind(gateway: str, devices: Mapping[str, str]) -> dict[str, Equipment]:
    return {
        device: Equipment(code=code, name=code, type="pump", site="yard", gateway=gateway, gateway_device=device)
        for device, code in devices.items()
    }


# gateway → device → equipment: what is registered where these messages come from
REGISTER: Mapping[str, Mapping[str, Equipment]] = {
    "gw-1": _behind("gw-1", {"P-01": "P-01", "P-02": "P-02"}),
    "lonely": _behind("lonely", {"P-09": "P-09"}),
    "868120": _behind("868120", {"8650": "P-03"}),
    "yard/edge-1": _behind("yard/edge-1", {"pump-1": "P-01", "pump-2": "P-02"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadFile:
    """One message and what is expected of it."""

    path: Path
    expected: Mapping[str, object]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def topic(self) -> str:
        return str(self.expected["topic"])

    @property
    def received_at_ms(self) -> int:
        return epoch_ms(datetime.fromisoformat(str(self.expected["received_at"])))

    def source(self) -> Source:
        """The rule, compiled, over the register above."""
        rule = self.expected["rule"]
        assert isinstance(rule, dict)
        compiled = TopicRule.model_validate({"format": self.path.parent.name, **rule})
        return Source(compiled, lambda gateway: REGISTER.get(gateway, {}))

    def prepared(self) -> Decode:
        """A decoder that has seen what came before."""
        source = self.source()
        assert source.matches(self.topic)
        decode = DECODERS[source.rule.format](source)
        before = self.expected.get("before", [])
        assert isinstance(before, list)
        for name in before:
            earlier = payload_file(self.path.with_name(name))
            decode(earlier.topic, earlier.path.read_bytes(), earlier.received_at_ms, SHANGHAI)
        return decode

    def decode(self) -> Decoded:
        return self.prepared()(self.topic, self.path.read_bytes(), self.received_at_ms, SHANGHAI)


def payload_file(path: Path) -> PayloadFile:
    expected: Mapping[str, object] = json.loads(path.with_name(path.stem + _EXPECTED).read_text("utf-8"))
    return PayloadFile(path=path, expected=expected)


def payload_files() -> list[PayloadFile]:
    """All of them."""
    messages = (path for path in PAYLOADS.glob("*/*") if not path.name.endswith(_EXPECTED))
    return [payload_file(path) for path in sorted(messages)]


def told(decoded: Decoded) -> dict[str, object]:
    """What came of a message, as the expectations write it: nothing that is empty."""
    deaths = [one for one in decoded.notices if isinstance(one, GatewayDeath)]
    rebirths = [one for one in decoded.notices if isinstance(one, RebirthRequest)]
    outcome: dict[str, object] = {
        "telemetry": [_told_one(item) for item in decoded.telemetry],
        "dropped": dict(decoded.dropped),
        "rejected": [rejection.reason for rejection in decoded.rejected],
        "deaths": [_present(gateway=death.gateway, device=death.device) for death in deaths],
        "rebirths": [_present(gateway=one.gateway, reason=one.reason, topic=one.topic) for one in rebirths],
    }
    return {name: value for name, value in outcome.items() if value}


def _present(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _told_one(item: Telemetry) -> dict[str, object]:
    one: dict[str, object] = {
        "site": item.site,
        "equipment": item.equipment,
        "at": datetime.fromtimestamp(item.at_ms / 1000, SHANGHAI).isoformat(timespec="milliseconds"),
        "values": dict(item.values),
    }
    if item.texts:
        one["texts"] = dict(item.texts)
    if item.ts_source is TimestampSource.RECEIVED:
        one["ts_source"] = "received"
    if item.retained:
        one["retained"] = True
    return one
