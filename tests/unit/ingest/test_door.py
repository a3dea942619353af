from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.telemetry import Rejection, Telemetry
from iot_maint.ingest.decoders import canonical
from iot_maint.ingest.door import MAX_PAYLOAD, Admitted, Door, Message, Reject
from tests.ingest_builders import T0_MS, a_message

TOPIC = "iot/v1/S1/P-01/telemetry"
DAY_MS = 24 * 3600 * 1000
MINUTE_MS = 60 * 1000


def nothing_is_rejected(_telemetry: Telemetry) -> None:
    return None


def admit(*messages: Message, reject: Reject = nothing_is_rejected) -> Admitted:
    door = Door(canonical.decode, ZoneInfo("Asia/Shanghai"), reject)
    admitted = Admitted()
    for one in messages:
        door.admit(one, admitted)
    return admitted


def test_what_is_good_is_taken_and_what_is_not_is_kept_whole_with_its_reason() -> None:
    admitted = admit(a_message(b'{"a": 1, "b": null}'), a_message(b"\xff\xfe"))
    assert [item.values for item in admitted.telemetry] == [{"a": 1.0}]
    assert admitted.dropped == {"null": 1}
    (letter,) = admitted.dead
    assert (letter.topic, letter.payload, letter.reason) == (TOPIC, b"\xff\xfe", "not_utf8")
    assert letter.received_at_ms == T0_MS


def test_a_payload_of_256_kib_is_read_and_one_byte_more_is_not() -> None:
    largest = b'{"a": 1}'.ljust(MAX_PAYLOAD)
    assert admit(a_message(largest)).dead == []
    (letter,) = admit(a_message(largest + b" ")).dead
    assert letter.reason == "too_large"
    assert str(MAX_PAYLOAD + 1) in letter.detail


@pytest.mark.parametrize(
    ("at_ms", "reason"),
    [
        (T0_MS - 7 * DAY_MS, None),
        (T0_MS - 7 * DAY_MS - 1, "too_old"),
        (T0_MS + 5 * MINUTE_MS, None),
        (T0_MS + 5 * MINUTE_MS + 1, "ahead"),
        (1000, "too_old"),
    ],
)
def test_only_times_between_seven_days_back_and_five_minutes_ahead_are_taken(at_ms: int, reason: str | None) -> None:
    admitted = admit(a_message(f'{{"ts": "{at_ms}", "values": {{"a": 1}}}}'.encode()))
    assert [letter.reason for letter in admitted.dead] == ([] if reason is None else [reason])
    assert len(admitted.telemetry) == (1 if reason is None else 0)


def test_retained_messages_say_so() -> None:
    admitted = admit(a_message(b'{"a": 1}', retained=True), a_message(b'{"a": 1}'))
    assert [item.retained for item in admitted.telemetry] == [True, False]


def test_the_register_may_reject() -> None:
    def wrong_site(telemetry: Telemetry) -> Rejection | None:
        return Rejection(reason="site_mismatch", detail="P-01 is at S2") if telemetry.site == "S1" else None

    admitted = admit(
        a_message(b'{"a": 1}'), a_message(b'{"a": 1}', topic="iot/v1/S2/P-01/telemetry"), reject=wrong_site
    )
    assert [item.site for item in admitted.telemetry] == ["S2"]
    assert [(letter.reason, letter.detail) for letter in admitted.dead] == [("site_mismatch", "P-01 is at S2")]


def test_a_message_that_is_bad_in_parts_makes_one_dead_letter_a_reason() -> None:
    payload = f'[{{"a": 1}}, 5, 6, {{"ts": 1000, "a": 1}}, {{"ts": 2000, "a": 1}}, {{"ts": {T0_MS}, "a": 2}}]'
    admitted = admit(a_message(payload.encode()))
    assert [item.values for item in admitted.telemetry] == [{"a": 1.0}, {"a": 2.0}]
    assert sorted(letter.reason for letter in admitted.dead) == ["too_old", "wrong_shape"]
    assert {letter.payload for letter in admitted.dead} == {payload.encode()}


@given(st.binary(max_size=300), st.text(alphabet=st.characters(codec="utf-8"), max_size=50))
def test_every_message_is_taken_in_dropped_and_counted_or_dead(payload: bytes, topic: str) -> None:
    for name in (TOPIC, topic):
        admitted = admit(a_message(payload, topic=name))
        assert admitted.telemetry or admitted.dead or admitted.dropped


def test_whoever_is_refused_for_its_time_was_heard_but_not_by_a_message_that_was_retained() -> None:
    heard: list[str] = []
    door = Door(
        canonical.decode,
        ZoneInfo("Asia/Shanghai"),
        nothing_is_rejected,
        lambda _telemetry, rejection: heard.append(rejection.reason),
    )
    for retained in (False, True):
        door.admit(a_message(b'{"ts": 1000000000000, "values": {"a": 1}}', retained=retained), Admitted())
    assert heard == ["too_old"]
