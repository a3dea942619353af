"""Every message under `tests/payloads/` becomes what stands beside it, and its ruins at worst one named error."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders import DECODERS
from tests.payload_files import PAYLOADS, SHANGHAI, PayloadFile, payload_files, told

FILES = payload_files()
OUTCOMES = ("telemetry", "dropped", "rejected", "deaths", "rebirths", "refused")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_message_of_a_real_device_becomes_the_readings_beside_it(file: PayloadFile) -> None:
    outcome: dict[str, object]
    try:
        outcome = told(file.decode())
    except MalformedTelemetry as refusal:
        outcome = {"refused": refusal.reason}
    assert outcome == {name: file.expected[name] for name in OUTCOMES if name in file.expected}


def test_every_format_has_messages() -> None:
    assert {path.name for path in PAYLOADS.iterdir()} == {name.value for name in DECODERS}


@cache
def sample(number: int) -> bytes:
    return FILES[number].path.read_bytes()


@given(st.data())
def test_whatever_becomes_of_a_message_on_its_way_it_is_read_or_malformed(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(FILES) - 1))
    payload = bytearray(sample(number))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(payload)))
        end = data.draw(st.integers(start, min(len(payload), start + 12)))
        payload[start:end] = data.draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"null", b"NaN", b"1e400", b"-1", b"[", b"{}", b'"x"', b"9" * 400, b"\xff", b"\0"]),
            )
        )
    file = FILES[number]
    try:
        decoded = file.prepared()(file.topic, bytes(payload), file.received_at_ms, SHANGHAI)
    except MalformedTelemetry:
        return
    assert all(type(value) is float for item in decoded.telemetry for value in item.values.values())
