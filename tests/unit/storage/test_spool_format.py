from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.errors import MaintError, UnknownFormat
from iot_maint.domain.telemetry import Telemetry, TimestampSource
from iot_maint.storage.spool_format import VERSION, decode_telemetry, encode_telemetry

words = st.text(max_size=6)
instants = st.integers(0, 2**53)
telemetry = st.builds(
    Telemetry,
    site=words,
    equipment=words,
    at_ms=instants,
    received_at_ms=instants,
    values=st.dictionaries(words, st.floats(allow_nan=False), max_size=4),
    texts=st.dictionaries(words, words, max_size=2),
    retained=st.booleans(),
    ts_source=st.sampled_from(TimestampSource),
)


@given(st.lists(telemetry, max_size=8))
def test_what_is_written_is_read_again(batch: list[Telemetry]) -> None:
    read = decode_telemetry(VERSION, encode_telemetry(batch))

    assert read == tuple(batch)
    assert [list(item.values) for item in read] == [list(item.values) for item in batch]


@given(st.lists(telemetry, max_size=4))
def test_the_rows_of_version_1_are_read_after_an_upgrade(batch: list[Telemetry]) -> None:
    rows = [(t.site, t.equipment, t.at_ms, t.received_at_ms, t.values, t.texts, t.retained, t.ts_source) for t in batch]

    assert decode_telemetry(1, msgspec.msgpack.encode(rows)) == tuple(batch)


FIRST = Telemetry(site="S1", equipment="P", at_ms=1, received_at_ms=3, values={"a": 1.0, "b": 2.0}, retained=True)
SECOND = Telemetry(
    site="S1",
    equipment="P",
    at_ms=2,
    received_at_ms=4,
    values={"a": 3.0},
    texts={"m": "o"},
    ts_source=TimestampSource.RECEIVED,
)


def test_the_columns_of_version_2_are_read_after_an_upgrade() -> None:
    content = bytes.fromhex(
        "9a"
        "92 92a161a162 91a161"  # the sets of metrics
        "91 92a25331a150"  # sites and equipment
        "920001 920000 920102 920304"  # which set, which equipment, at, received at
        "93 cb3ff0000000000000 cb4000000000000000 cb4008000000000000"  # values
        "81 01 81a16da16f"  # texts of the second
        "9100 9101"  # retained, without a time
    )

    assert decode_telemetry(2, content) == (FIRST, SECOND)


def test_the_columns_of_version_3_stay_as_they_are() -> None:
    """A file written by this release must be read by every later one."""
    content = bytes.fromhex(
        "cb457092"  # the checksum
        "98"
        "92 92 92a161a162 91a161 92 93a25331a15000 93a25331a15001"  # the sets of metrics, the origins
        "c408 00000000 01000000"  # which origin
        "c410 0100000000000000 0200000000000000"  # at
        "c410 0300000000000000 0400000000000000"  # received at
        "c418 000000000000f03f 0000000000000040 0000000000000840"  # values
        "81 01 81a16da16f"  # texts of the second
        "9100 9101"  # retained, without a time
    )

    assert encode_telemetry([FIRST, SECOND]) == content
    assert decode_telemetry(3, content) == (FIRST, SECOND)


def test_five_values_of_a_thousand_pumps_take_less_than_ninety_bytes_a_message() -> None:
    values = {
        "running": 1.0,
        "vib_rms": 2.1,
        "bearing_temp": 55.0,
        "discharge_pressure": 0.62,
        "motor_current_ratio": 0.8,
    }
    batch = [
        Telemetry(
            site="S1", equipment=f"BP-{n:04}", at_ms=1_767_225_600_000, received_at_ms=1_767_225_700_000, values=values
        )
        for n in range(1000)
    ]

    assert len(encode_telemetry(batch)) < 90_000


@pytest.mark.parametrize("content", [b"", b"\x93", b"\x90", encode_telemetry([])[:-1], encode_telemetry([FIRST])[:-20]])
def test_torn_bytes_are_called_damaged(content: bytes) -> None:
    with pytest.raises(MaintError):
        decode_telemetry(VERSION, content)


def test_columns_that_do_not_fit_together_are_called_damaged() -> None:
    content = encode_telemetry([Telemetry(site="S", equipment="P", at_ms=1, received_at_ms=2, values={"a": 1.0})])
    columns = msgspec.msgpack.decode(content[4:])
    for position, damaged in (
        (1, b"\1\0\0\0"),
        (1, b"\0\0\0"),
        (2, b""),
        (4, b""),
        (4, bytes(16)),
        (0, [[["a"]], [["S", "P", 1]]]),
    ):
        torn = [damaged if index == position else column for index, column in enumerate(columns)]
        with pytest.raises(MaintError):
            decode_telemetry(VERSION, with_checksum(msgspec.msgpack.encode(torn)))


@given(st.lists(telemetry, min_size=1, max_size=4), st.data())
def test_not_a_bit_may_turn_unnoticed(batch: list[Telemetry], data: st.DataObject) -> None:
    content = bytearray(encode_telemetry(batch))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(MaintError, match="checksum"):
        decode_telemetry(VERSION, bytes(content))


def with_checksum(content: bytes) -> bytes:
    return crc32(content).to_bytes(4, "big") + content


def test_a_version_of_a_later_release_is_named() -> None:
    with pytest.raises(UnknownFormat, match="version 4"):
        decode_telemetry(4, b"")
