"""Sparkplug B: `spBv1.0/{group}/{type}/{node}[/{device}]`, protobuf.

The only decoder with a memory: data may carry aliases alone, whose names stand in the births before it.  What was kept
of them over a restart is given back by `restore`.  The register knows a node as the gateway `group/node`, and its
devices, and the node itself, by their names in the topic; of a node that it does not know nothing is remembered.

A missing birth, an unknown alias or a gap in the sequence makes a request for a rebirth, at most one in ten seconds a
node.  After a gap what can be read is read on.  Values that the node held back (`is_historical`) are stored, and are
evidence of nothing.  Commands, and the state of other hosts, are no telemetry.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.telemetry import Decoded, GatewayBirth, GatewayDeath, GatewayNotice, RebirthRequest
from iot_maint.ingest.decoders.names import is_name
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.source import Source
from iot_maint.ingest.decoders.sparkplug_node import Birth, Node, bd_seq_of
from iot_maint.ingest.decoders.sparkplug_wire import Metric, Payload, parse_payload, read_number, rebirth_command
from iot_maint.topic_rules import SPARKPLUG

ASK_EVERY_MS = 10_000
MAX_NODES = 4096
_NO_TELEMETRY = Decoded(telemetry=())
_CONTROLS = ("Node Control/", "Device Control/")


class SparkplugDecoder:
    """The decoder of one topic rule, with what it remembers of each node; for one thread."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._nodes: OrderedDict[str, Node] = OrderedDict()
        self._doubts = 0

    def restore(self, births: Iterable[GatewayBirth]) -> None:
        """Remember births of an earlier life; where the sequence had come to since is not known."""
        for birth in births:
            try:
                message = parse_payload(birth.payload)
            except MalformedTelemetry:  # of another release, at most: the node will be asked again
                continue
            if birth.device is None:
                self._node(birth.gateway).begin(None, bd_seq_of(message.metrics), Birth(message.metrics))
            else:
                self._node(birth.gateway).learn(birth.device, Birth(message.metrics))

    def doubt(self) -> None:
        """Messages were lost, and perhaps births among them: read on, but ask every node once.  From any thread."""
        self._doubts += 1

    def __call__(self, topic: str, payload: bytes, received_at_ms: int, site_timezone: ZoneInfo) -> Decoded:
        """The telemetry of a birth or of data; deaths; requests.  Raises `MalformedTelemetry`."""
        address = _address_in(topic)
        if address is None:
            return _NO_TELEMETRY
        group, kind, node, device = address
        gateway = f"{group}/{node}"
        readings = Readings(self._source, topic, received_at_ms, site_timezone)
        readings.names = readings.names._replace(gateway=gateway, equipment=node if device is None else device)
        message = parse_payload(payload)
        if kind.endswith("DEATH"):
            return self._note_death(gateway, device, message)
        known = self._source.knows(gateway)
        session = self._node(gateway) if known else Node()
        notices: list[GatewayNotice] = []
        if kind.endswith("BIRTH") and known:
            notices.append(GatewayBirth(gateway=gateway, device=device, topic=topic, payload=payload))
        if kind == "NBIRTH":
            session.begin(message.seq, bd_seq_of(message.metrics), Birth(message.metrics))
            session.doubts = self._doubts
            return replace(_read(message, session, None, readings), notices=tuple(notices))
        fault = None if session.advance(message.seq) else "sequence_gap"
        if kind == "DBIRTH" and device is not None:
            session.learn(device, Birth(message.metrics))
        if None not in session.births or device not in session.births:
            fault = "no_birth"
        decoded = _read(message, session, device, readings)
        if any(rejection.reason == "unknown_alias" for rejection in decoded.rejected):
            fault = fault or "unknown_alias"
        if session.doubts != self._doubts:
            fault = fault or "session_lost"
        if fault is not None and known and session.may_ask(received_at_ms, ASK_EVERY_MS):
            session.doubts = self._doubts
            notices.append(self._request(group, node, fault, received_at_ms))
        return replace(decoded, notices=tuple(notices)) if notices else decoded

    def _node(self, gateway: str) -> Node:
        node = self._nodes.get(gateway)
        if node is None:
            node = self._nodes[gateway] = Node(doubts=self._doubts)
            if len(self._nodes) > MAX_NODES:
                self._nodes.popitem(last=False)
        self._nodes.move_to_end(gateway)
        return node

    def _note_death(self, gateway: str, device: str | None, message: Payload) -> Decoded:
        node = self._nodes.get(gateway)
        if device is not None:
            if node is not None:
                node.advance(message.seq)
                node.births.pop(device, None)
        elif node is not None:
            bd_seq = bd_seq_of(message.metrics)
            if node.bd_seq is not None and bd_seq is not None and bd_seq != node.bd_seq:
                return _NO_TELEMETRY  # the will of an earlier connection, whose node has come back since
            del self._nodes[gateway]
        return Decoded(telemetry=(), notices=(GatewayDeath(gateway=gateway, device=device),))

    def _request(self, group: str, node: str, reason: str, now_ms: int) -> RebirthRequest:
        gateway = f"{group}/{node}"
        if not self._source.rule.rebirth:
            return RebirthRequest(gateway=gateway, reason=reason)
        topic = f"{SPARKPLUG}/{group}/NCMD/{node}"
        return RebirthRequest(gateway=gateway, reason=reason, topic=topic, payload=rebirth_command(now_ms))


def _address_in(topic: str) -> tuple[str, str, str, str | None] | None:
    """(group, kind of message, node, device); None for what is no telemetry.  Raises `MalformedTelemetry`."""
    match topic.split("/"):
        case [_, "STATE", _] | [_, _, "NCMD", _] | [_, _, "DCMD", _, _]:
            return None
        case [_, group, "NBIRTH" | "NDATA" | "NDEATH" as kind, node]:
            device = None
        case [_, group, "DBIRTH" | "DDATA" | "DDEATH" as kind, node, device]:
            pass
        case _:
            raise MalformedTelemetry("bad_topic", f"expected {SPARKPLUG}/group/type/node, and perhaps /device")
    if not is_name(f"{group}/{node}") or (device is not None and not is_name(device)):
        raise MalformedTelemetry("bad_topic", "the name of node or device is blank, unprintable or too long")
    return group, kind, node, device


def _read(message: Payload, node: Node, device: str | None, readings: Readings) -> Decoded:
    """What can be named becomes telemetry, one an instant; the rest is refused under one reason."""
    birth = node.births.get(device) or Birth(())
    parts: dict[tuple[int | None, bool], dict[str, object]] = {}
    for metric in message.metrics:
        description = birth.describe(metric)
        if description is None:
            readings.refuse(_unknown(metric))
        elif description.name != "bdSeq" and not description.name.startswith(_CONTROLS):
            time = message.time if metric.time is None else metric.time
            value = read_number(metric.value, description.datatype)
            parts.setdefault((time, metric.historical), {})[description.name] = value
    for (time, historical), values in parts.items():
        readings.add(values, time, historical=historical)
    return readings.collected()


def _unknown(metric: Metric) -> MalformedTelemetry:
    what = f"alias {metric.alias}" if metric.name is None else "a metric without datatype"
    return MalformedTelemetry("unknown_alias", f"{what}, and no birth names it")
