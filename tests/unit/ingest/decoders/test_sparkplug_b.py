"""What Sparkplug's decoder remembers from one message to the next."""

import pytest

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.telemetry import Decoded, GatewayBirth, GatewayDeath, RebirthRequest
from iot_maint.ingest.decoders.source import Source
from iot_maint.ingest.decoders.sparkplug_b import ASK_EVERY_MS, SparkplugDecoder
from iot_maint.ingest.decoders.sparkplug_node import MAX_DEVICES
from iot_maint.ingest.decoders.sparkplug_wire import REBIRTH, parse_payload
from iot_maint.topic_rules import Format, TopicRule
from tests.memory import growth
from tests.payload_files import REGISTER, SHANGHAI
from tests.sparkplug_builders import FLOAT, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, message, metric

T_MS = 1_767_225_600_000


class EdgeNode:
    """One node as the service hears it."""

    def __init__(self, *, rebirth: bool = True, registered: bool = True) -> None:
        rule = TopicRule(topic="spBv1.0/yard/#", format=Format.SPARKPLUG_B, rebirth=rebirth)
        register = REGISTER if registered else {}
        self.decoder = SparkplugDecoder(Source(rule, lambda gateway: register.get(gateway, dict[str, Equipment]())))
        self.now_ms = T_MS

    def hear(self, kind: str, payload: bytes, device: str | None = None) -> Decoded:
        topic = f"spBv1.0/yard/{kind}/edge-1" + ("" if device is None else f"/{device}")
        return self.decoder(topic, payload, self.now_ms, SHANGHAI)

    def be_born(self, *, alias: int = 1, name: str = "vib_rms", bd_seq: int = 1) -> list[GatewayBirth]:
        """What is to be kept of it."""
        node = self.hear("NBIRTH", message(metric("bdSeq", bd_seq, datatype=INT64), at_ms=T_MS, seq=0))
        birth = message(metric(name, 2.0, alias=alias, datatype=FLOAT), at_ms=T_MS, seq=1)
        device = self.hear("DBIRTH", birth, "pump-1")
        return [notice for notice in node.notices + device.notices if isinstance(notice, GatewayBirth)]

    def restore(self, births: list[GatewayBirth]) -> None:
        self.decoder.restore(births)

    def data(self, seq: int, value: float = 2.5, alias: int = 1) -> Decoded:
        return self.hear(
            "DDATA", message(metric(alias=alias, value=value, write_as=FLOAT), at_ms=T_MS, seq=seq), "pump-1"
        )


def requests(decoded: Decoded) -> list[RebirthRequest]:
    return [notice for notice in decoded.notices if isinstance(notice, RebirthRequest)]


def reasons(decoded: Decoded) -> list[str]:
    return [request.reason for request in requests(decoded)]


def test_the_sequence_goes_on_from_255_with_0() -> None:
    node = EdgeNode()
    node.be_born()
    for count in range(2, 600):
        assert reasons(node.data(count % 256)) == []
    assert reasons(node.data(90)) == ["sequence_gap"]


def test_a_message_that_is_delivered_twice_is_no_gap() -> None:
    node = EdgeNode()
    node.be_born()
    assert [item.values for item in node.data(2).telemetry + node.data(2).telemetry] == [{"vib_rms": 2.5}] * 2
    assert reasons(node.data(3)) == []


@pytest.mark.parametrize(
    ("datatype", "on_the_wire", "number"),
    [
        (INT8, 0xFF, -1.0),
        (INT8, 0xFFFF_FFFF, -1.0),  # as senders write it that know 32 bits alone
        (INT8, 127, 127.0),
        (INT16, 0x8000, -32_768.0),
        (INT32, 0xFFFF_FFFE, -2.0),
        (INT64, 2**64 - 3, -3.0),
        (UINT8, 0xFF, 255.0),
        (UINT16, 0xFFFF, 65_535.0),
        (UINT32, 0xFFFF_FFFF, 4_294_967_295.0),
        (UINT64, 2**63, 9_223_372_036_854_775_808.0),
    ],
)
def test_integers_come_unsigned_and_are_what_their_datatype_says(
    datatype: int, on_the_wire: int, number: float
) -> None:
    wide = datatype in (INT64, UINT64)
    node = EdgeNode()
    node.be_born()
    sent = metric("flow", on_the_wire, datatype=datatype, write_as=INT64 if wide else INT32)
    (item,) = node.hear("DDATA", message(sent, at_ms=T_MS, seq=2), "pump-1").telemetry
    assert item.values == {"flow": number}


def test_the_state_of_a_host_and_commands_are_no_telemetry_whatever_they_hold() -> None:
    node = EdgeNode()
    for topic in ("spBv1.0/STATE/scada", "spBv1.0/yard/NCMD/edge-1", "spBv1.0/yard/DCMD/edge-1/pump-1"):
        assert node.decoder(topic, b'{"online": true, "timestamp": 1}', T_MS, SHANGHAI) == Decoded(telemetry=())


def test_a_rebirth_is_asked_for_with_the_one_command_there_is_and_not_more_often_than_every_ten_seconds() -> None:
    node = EdgeNode()
    (request,) = requests(node.data(7))
    assert (request.gateway, request.topic) == ("yard/edge-1", "spBv1.0/yard/NCMD/edge-1")
    (command,) = parse_payload(request.payload).metrics
    assert (command.name, command.value) == (REBIRTH, True)
    assert reasons(node.data(8)) == []
    node.now_ms += ASK_EVERY_MS
    assert reasons(node.data(9)) == ["no_birth"]


def test_where_it_is_not_enabled_the_request_has_nothing_to_publish() -> None:
    (request,) = requests(EdgeNode(rebirth=False).data(7))
    assert (request.topic, request.payload) == (None, b"")


def test_a_node_that_nobody_registered_is_not_asked_for_anything() -> None:
    node = EdgeNode(registered=False)
    node.be_born()
    decoded = node.hear("DDATA", message(metric("flow", 1.0, datatype=FLOAT), at_ms=T_MS, seq=9), "pump-1")
    assert [rejection.reason for rejection in decoded.rejected] == ["wrong_identity"]
    assert decoded.notices == ()


def test_a_birth_voids_the_aliases_of_the_one_before() -> None:
    node = EdgeNode()
    node.be_born(alias=1, name="vib_rms")
    node.be_born(alias=1, name="bearing_temp", bd_seq=2)
    assert [item.values for item in node.data(2).telemetry] == [{"bearing_temp": 2.5}]


def test_after_a_death_aliases_mean_nothing_until_the_next_birth() -> None:
    node = EdgeNode()
    node.be_born(bd_seq=4)
    will = message(metric("bdSeq", 3, datatype=INT64))
    assert node.hear("NDEATH", will).notices == ()
    assert node.data(2).telemetry != ()
    death = node.hear("NDEATH", message(metric("bdSeq", 4, datatype=INT64)))
    assert death.notices == (GatewayDeath(gateway="yard/edge-1"),)
    after = node.data(3)
    assert (after.telemetry, reasons(after)) == ((), ["no_birth"])


def test_what_was_kept_of_births_names_aliases_again() -> None:
    before, after = EdgeNode(), EdgeNode()
    births = before.be_born(bd_seq=4)
    assert [(birth.gateway, birth.device) for birth in births] == [("yard/edge-1", None), ("yard/edge-1", "pump-1")]
    after.restore(births)
    data = after.data(77)
    assert [item.values for item in data.telemetry] == [{"vib_rms": 2.5}]
    assert data.notices == ()
    assert reasons(after.data(79)) == ["sequence_gap"]


def test_a_kept_birth_ends_with_the_death_of_its_number_alone() -> None:
    before, after = EdgeNode(), EdgeNode()
    after.restore(before.be_born(bd_seq=4))
    assert after.hear("NDEATH", message(metric("bdSeq", 3, datatype=INT64))).notices == ()
    assert after.hear("NDEATH", message(metric("bdSeq", 4, datatype=INT64))).notices != ()
    assert after.data(2).telemetry == ()


def test_a_birth_that_is_none_any_more_is_passed_over() -> None:
    node = EdgeNode()
    node.restore([GatewayBirth(gateway="yard/edge-1", device="pump-1", topic="spBv1.0/yard/#", payload=b"\xff")])
    assert reasons(node.data(1)) == ["no_birth"]


def test_where_messages_were_lost_what_is_known_is_read_on_and_asked_for_once() -> None:
    node = EdgeNode()
    node.be_born()
    node.decoder.doubt()
    doubted = node.data(2)
    assert ([item.values for item in doubted.telemetry], reasons(doubted)) == ([{"vib_rms": 2.5}], ["session_lost"])
    node.now_ms += ASK_EVERY_MS
    assert reasons(node.data(3)) == []
    node.decoder.doubt()
    node.be_born()
    assert reasons(node.data(2)) == []


def test_of_nodes_that_nobody_registered_nothing_is_remembered_or_kept() -> None:
    node = EdgeNode(registered=False)
    assert node.be_born() == []
    birth = message(*(metric(f"m{number}", 1.0, alias=number, datatype=FLOAT) for number in range(20)), seq=1)
    with growth() as grown:
        for number in range(2000):
            node.hear("DBIRTH", birth, f"d{number}")
    assert grown() < 1_000_000


def test_a_device_that_died_has_no_aliases_while_its_node_lives() -> None:
    node = EdgeNode()
    node.be_born()
    node.hear("DDEATH", message(at_ms=T_MS, seq=2), "pump-1")
    assert node.data(3).telemetry == ()


def test_a_flood_of_devices_is_forgotten_from_the_oldest_on_and_never_the_node() -> None:
    node = EdgeNode()
    node.be_born()
    for number in range(MAX_DEVICES + 5):
        birth = message(metric("flow", 1.0, datatype=FLOAT), at_ms=T_MS, seq=(number + 2) % 256)
        assert reasons(node.hear("DBIRTH", birth, f"d{number}")) == []
    assert node.data((MAX_DEVICES + 7) % 256).telemetry == ()
