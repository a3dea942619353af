import json
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.telemetry import Decoded, Telemetry, TimestampSource
from iot_maint.ingest.decoders import canonical

TOPIC = "iot/v1/S1/P-01/telemetry"
SHANGHAI = ZoneInfo("Asia/Shanghai")
RECEIVED_MS = 1_767_225_700_000
TAKEN_MS = 1_767_225_600_000


def decode(payload: bytes | str | object, topic: str = TOPIC) -> Decoded:
    if isinstance(payload, str):
        payload = payload.encode()
    elif not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    return canonical.decode(topic, payload, RECEIVED_MS, SHANGHAI)


def refusal(payload: bytes | str | object, topic: str = TOPIC) -> str:
    with pytest.raises(MalformedTelemetry) as refused:
        decode(payload, topic)
    return refused.value.reason


def test_the_object_of_the_contract_becomes_one_telemetry() -> None:
    decoded = decode('{"ts": 1767225600000, "values": {"vib_rms": 2.1, "running": true}}')
    assert decoded == Decoded(
        telemetry=(
            Telemetry(
                site="S1",
                equipment="P-01",
                at_ms=TAKEN_MS,
                received_at_ms=RECEIVED_MS,
                values={"vib_rms": 2.1, "running": 1.0},
            ),
        )
    )


def test_a_flat_object_without_a_time_was_taken_when_received() -> None:
    (telemetry,) = decode({"vib_rms": 2.1}).telemetry
    assert telemetry.at_ms == RECEIVED_MS
    assert telemetry.ts_source is TimestampSource.RECEIVED


def test_a_flat_object_may_carry_its_time() -> None:
    (telemetry,) = decode({"ts": "2026-01-01 08:00:00", "vib_rms": 2.1}).telemetry
    assert telemetry.at_ms == TAKEN_MS
    assert telemetry.values == {"vib_rms": 2.1}
    assert telemetry.ts_source is TimestampSource.DEVICE


def test_an_array_of_either_keeps_its_order() -> None:
    decoded = decode([{"ts": TAKEN_MS + 1, "values": {"a": 1}}, {"ts": TAKEN_MS, "a": 2}])
    assert [(item.at_ms, item.values) for item in decoded.telemetry] == [
        (TAKEN_MS + 1, {"a": 1.0}),
        (TAKEN_MS, {"a": 2.0}),
    ]


def test_site_and_equipment_may_be_chinese() -> None:
    (telemetry,) = decode({"流量": 1}, "iot/v1/东区/水泵-01/telemetry").telemetry
    assert (telemetry.site, telemetry.equipment, telemetry.values) == ("东区", "水泵-01", {"流量": 1.0})


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, "null"])
def test_a_value_that_is_no_number_costs_only_itself(bad: str) -> None:
    decoded = decode(f'{{"ts": 1767225600000, "values": {{"a": {bad}, "b": 1}}}}')
    assert decoded.telemetry[0].values == {"b": 1.0}
    assert decoded.dropped == {"null" if bad == "null" else "not_finite": 1}


def test_a_message_whose_values_say_nothing_is_counted_but_not_malformed() -> None:
    assert decode('{"values": {"a": null, "b": NaN, "c": ""}}') == Decoded(
        telemetry=(), dropped={"null": 1, "not_finite": 1, "empty_text": 1}
    )


def test_a_byte_order_mark_is_no_reason_to_lose_a_message() -> None:
    assert decode(b'\xef\xbb\xbf{"a": 1}').telemetry[0].values == {"a": 1.0}


def test_good_elements_of_an_array_are_taken_and_the_bad_ones_named() -> None:
    decoded = decode([{"a": 1}, 5, {"ts": "never", "a": 1}, {"a": 2}])
    assert len(decoded.telemetry) == 2
    assert [rejection.reason for rejection in decoded.rejected] == ["wrong_shape", "bad_timestamp"]
    assert "2 of 4" in decoded.rejected[0].detail


def test_a_refused_element_counts_nothing_as_dropped() -> None:
    assert decode([{"a": 1}, {"ts": TAKEN_MS, "b": [1]}]).dropped == {}


def test_keys_beside_the_values_are_counted() -> None:
    decoded = decode({"values": {"a": 1}, "quality": 192})
    assert decoded.telemetry[0].values == {"a": 1.0}
    assert decoded.dropped == {"unknown_key": 1}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xfe", "not_utf8"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b"", "not_json"),
        (b"vib_rms=2.1", "not_json"),
        (b'{"a": 1} {"a": 2}', "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "too_deep"),
        (b'{"a":NaN,"b":' + b"[" * 100_000, "too_deep"),
        (b"5", "wrong_shape"),
        (b"[1, 2]", "wrong_shape"),
        (b'{"values": [1]}', "wrong_shape"),
        (b"{}", "no_values"),
        (b"[]", "no_values"),
        (b'{"ts": 1767225600000, "values": {}}', "no_values"),
        (b'{"pump": {"vib_rms": 1}}', "no_values"),
        (b'{"ts": "soon", "a": 1}', "bad_timestamp"),
        (b'{"ts": NaN, "a": 1}', "bad_timestamp"),
        (b'{"ts": true, "a": 1}', "bad_timestamp"),
    ],
)
def test_what_cannot_be_decoded_says_why(payload: bytes, reason: str) -> None:
    assert refusal(payload) == reason


def test_more_than_a_thousand_metrics_are_refused() -> None:
    assert refusal({f"m{n}": 1 for n in range(1001)}) == "too_many_values"


@pytest.mark.parametrize(
    "topic",
    [
        *("", "iot/v1/S1/P-01", "iot/v1//P-01/telemetry", "iot/v1/S1/ /telemetry", "iot/v1/S1/P\x0001/telemetry"),
        *(f"iot/v1/S1/{'x' * 129}/telemetry", "iot/v2/S1/P-01/telemetry", "iot/v1/S1/P-01/telemetry/more"),
    ],
)
def test_a_topic_that_names_no_equipment_is_refused(topic: str) -> None:
    assert refusal({"a": 1}, topic) == "bad_topic"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
messages = st.fixed_dictionaries({}, optional={"ts": json_values, "values": json_values, "a": json_values})


@given(st.binary(max_size=200), st.text(max_size=60))
@example(b'{"a": 1}', "iot/v1/\ud800/x/telemetry")
def test_no_bytes_and_no_topic_raise_anything_else(payload: bytes, topic: str) -> None:
    for name in (topic, TOPIC):
        with suppress(MalformedTelemetry):
            decode(payload, name)


@given(json_values | messages | st.lists(messages, max_size=4))
def test_no_json_raises_anything_else_and_all_that_is_read_is_sound(document: object) -> None:
    try:
        decoded = decode(json.dumps(document).encode())
    except MalformedTelemetry:
        return
    for telemetry in decoded.telemetry:
        assert telemetry.values or telemetry.texts
        assert all(abs(value) < float("inf") for value in telemetry.values.values())
        assert abs(telemetry.at_ms) < 2**63
        for text in (*telemetry.values, *telemetry.texts, *telemetry.texts.values()):
            text.encode("utf-8")
    for rejection in decoded.rejected:
        rejection.detail.encode("utf-8")
