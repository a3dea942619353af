"""The short way through the plain form of a message comes to what the long way comes to, whatever the bytes."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.canonical import decode, decode_any

TOPIC, NOW, ZONE = "iot/v1/S1/P-01/telemetry", 1_767_225_700_000, ZoneInfo("Asia/Shanghai")

numbers = st.one_of(st.integers(), st.floats(), st.booleans(), st.integers(-(10**25), 10**25))
scalars = st.one_of(numbers, st.none(), st.text(max_size=5))
names = st.one_of(st.sampled_from(["a", "vib_rms", "ts", "values", "", " ", "a\nb"]), st.text(max_size=4))
documents = st.fixed_dictionaries(
    {"ts": st.one_of(st.integers(-1, 10**21), scalars), "values": st.dictionaries(names, scalars, max_size=6)}
)


def outcome(payload: bytes, *, shortly: bool) -> tuple[str, object]:
    try:
        decoded = decode(TOPIC, payload, NOW, ZONE) if shortly else decode_any("S1", "P-01", payload, NOW, ZONE)
    except MalformedTelemetry as fault:
        return "malformed", fault.reason
    assert all(type(value) is float for item in decoded.telemetry for value in item.values.values())
    return "decoded", repr((decoded.telemetry, decoded.dropped, decoded.rejected))


@given(st.one_of(documents, st.lists(documents, max_size=2), scalars))
def test_any_document(document: object) -> None:
    payload = json.dumps(document).encode()

    assert outcome(payload, shortly=True) == outcome(payload, shortly=False)


@given(st.binary(max_size=60))
@example(b'{"ts":1767225600000,"values":{"a":1e400}}')
@example(b'{"ts":1767225600000,"values":{"a":NaN}}')
@example(b'{"ts":1767225600000,"values":{"a":9007199254740993}}')
@example(b'{"ts":1767225600000,"values":{"a":1,"a":2}}')
@example(b'{"ts":1767225600000,"values":{"a":1},"more":1}')
@example(b'{"ts":1767225600000.5,"values":{"a":1}}')
@example(b'{"ts":1,"ts":2,"values":{"a":1}}')
@example(b'{"ts":1767225600000,"values":{"a":-0}}')
@example(b'{"ts":1767225600000,"values":{"a":' + b"9" * 400 + b"}}")
@example(b'\xef\xbb\xbf{"ts":1767225600000,"values":{"a":1}}')
@example(b'{"ts":1767225600000,"values":{"\xff":1}}')
def test_any_bytes(payload: bytes) -> None:
    assert outcome(payload, shortly=True) == outcome(payload, shortly=False)


@pytest.mark.parametrize("count", [1, 64, 65, 1000, 1001])
def test_any_number_of_metrics(count: int) -> None:
    payload = json.dumps({"ts": NOW, "values": {f"m{number}": number for number in range(count)}}).encode()

    assert outcome(payload, shortly=True) == outcome(payload, shortly=False)
