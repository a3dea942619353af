"""Whatever comes: with the short way before it, the door lets in what it would let in alone."""

import json
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from iot_maint.ingest.decoders import canonical
from iot_maint.ingest.door import Admitted, Door, Message
from iot_maint.ingest.inbox import QOS_1, RETAIN, Arrivals, Packet
from iot_maint.ingest.short_way import ShortWay
from tests.ingest_builders import T0_MS, Declared, a_short_way, a_telemetry, an_arrival

DAY_MS = 24 * 3600 * 1000
METRICS = ("a", "b")


def admit(arrivals: Arrivals, short_way: ShortWay) -> tuple[Admitted, int]:
    """What came in, and how many messages the door had to look at."""
    door = Door(canonical.decode, ZoneInfo("Asia/Shanghai"), lambda _telemetry: None)
    admitted, looked_at = Admitted(columns=short_way.columns()), 0

    def by_the_door(packet: Packet, received_at_ms: int) -> None:
        nonlocal looked_at
        looked_at += 1
        topic, payload, header, _ = packet
        text = topic.decode(errors="replace")
        door.admit(Message(text, payload, header & RETAIN != 0, received_at_ms), admitted)

    short_way.take_in(arrivals, admitted.columns, by_the_door)
    return admitted, looked_at


numbers = st.one_of(st.integers(), st.floats(), st.booleans(), st.sampled_from([1.5, 2, True]))
scalars = st.one_of(numbers, st.none(), st.text(max_size=3))
times = st.one_of(
    st.sampled_from(
        [T0_MS, T0_MS - 7 * DAY_MS, T0_MS - 7 * DAY_MS - 1, T0_MS + 300_000, T0_MS + 300_001, T0_MS // 1000]
    ),
    scalars,
)
documents = st.one_of(
    st.fixed_dictionaries({"ts": times, "values": st.dictionaries(st.sampled_from([*METRICS, "c", ""]), scalars)}),
    st.dictionaries(st.sampled_from([*METRICS, "ts"]), scalars),
    scalars,
)
payloads = st.one_of(documents.map(lambda document: json.dumps(document).encode()), st.binary(max_size=20))
topics = st.sampled_from(
    [
        b"iot/v1/S1/P-01/telemetry",
        b"iot/v1/S1/P-02/telemetry",
        b"iot/v1/S2/P-01/telemetry",
        b"iot/v1/S1/telemetry",
        b"\xff",
    ]
)
packets = st.tuples(topics, payloads, st.sampled_from([QOS_1, QOS_1 | RETAIN, 0]), st.integers(1, 9))


@given(st.lists(st.lists(packets, max_size=6), max_size=4))
def test_the_short_way_changes_nothing_of_what_is_let_in(batches: list[list[Packet]]) -> None:
    short_way, no_short_way = a_short_way(*METRICS), a_short_way()
    for batch in batches:
        arrivals = Arrivals(batch, 1, T0_MS, 0)
        shortly, _ = admit(arrivals, short_way)
        by_the_door, _ = admit(arrivals, no_short_way)

        assert repr(list(shortly.telemetry)) == repr(list(by_the_door.telemetry))
        assert (shortly.dead, shortly.dropped) == (by_the_door.dead, by_the_door.dropped)


def plain(**values: float) -> bytes:
    return json.dumps({"ts": T0_MS, "values": values}).encode()


def test_a_plain_message_of_declared_metrics_needs_no_door() -> None:
    admitted, looked_at = admit(an_arrival(plain(a=1, b=2.5)), a_short_way(*METRICS))

    assert looked_at == 0
    assert list(admitted.telemetry) == [a_telemetry(a=1.0, b=2.5)]


def test_a_metric_that_is_declared_no_longer_needs_the_door_again() -> None:
    declared = Declared(*METRICS)
    short_way = ShortWay(declared, lambda _topic: True)
    assert admit(an_arrival(plain(a=1)), short_way)[1] == 0

    declared.register, declared.metrics = [], frozenset({"b"})

    assert admit(an_arrival(plain(a=1)), short_way)[1] == 1
    assert admit(an_arrival(plain(b=1)), short_way)[1] == 0


def test_a_topic_that_a_rule_reads_is_the_doors() -> None:
    assert admit(an_arrival(plain(a=1)), ShortWay(Declared(*METRICS), lambda _topic: False))[1] == 1
