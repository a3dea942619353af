"""What a worker may leave to another: only what that one has for certain."""

from dataclasses import replace

import pytest

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.telemetry import TimestampSource
from iot_maint.ingest.hand_over import CLOCKS_MS, HandOver
from iot_maint.ingest.part import Pace
from tests.ingest_builders import T0_MS, a_telemetry

PACE = Pace(lease_s=60, skew_s=5, settling_s=2)
SINCE_MS = T0_MS
MINE, THEIRS = b"iot/v1/mine/P-1/telemetry", b"iot/v1/theirs/P-2/telemetry"


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def hand_over(seconds: Seconds) -> HandOver:
    """Connected for an hour to a kept session; somebody else has `theirs` since T0."""
    made = HandOver(site_of, PACE, monotonic=seconds)
    made.note_connected(kept=True, at_ms=T0_MS - 3_600_000)
    made.let_others_have({"theirs": SINCE_MS}, seconds.now)
    return made


def site_of(topic: str) -> str | None:
    return topic.split("/")[2] if topic.startswith("iot/") else None


def left(hand_over: HandOver, *topics: bytes) -> list[bool]:
    return [hand_over.leaves(topic) for topic in topics]


def test_what_may_have_been_published_before_the_owner_had_the_site_is_taken(hand_over: HandOver) -> None:
    assert left(hand_over, THEIRS) == [False]
    hand_over.note_idle(SINCE_MS + 5_000)
    assert left(hand_over, THEIRS) == [False]
    hand_over.note_idle(SINCE_MS + 5_001)
    assert left(hand_over, THEIRS, MINE) == [True, False]


def test_topics_that_name_no_site_are_taken(hand_over: HandOver) -> None:
    hand_over.note_idle(SINCE_MS + 60_000)
    assert left(hand_over, b"gw-7/v1/devices/me/telemetry") == [False]


def test_silence_says_nothing_without_a_connection_or_right_after_one(hand_over: HandOver) -> None:
    hand_over.note_disconnected()
    hand_over.note_idle(SINCE_MS + 60_000)
    assert left(hand_over, THEIRS) == [False]
    hand_over.note_connected(kept=True, at_ms=SINCE_MS + 60_000)
    hand_over.note_idle(SINCE_MS + 61_999)
    assert left(hand_over, THEIRS) == [False]
    hand_over.note_idle(SINCE_MS + 62_000)
    assert left(hand_over, THEIRS) == [True]


def test_a_record_that_could_not_be_read_for_a_minute_is_believed_no_more(
    hand_over: HandOver, seconds: Seconds
) -> None:
    hand_over.note_idle(SINCE_MS + 60_000)
    seconds.now += 59
    assert left(hand_over, THEIRS) == [True]
    seconds.now += 1
    assert left(hand_over, THEIRS) == [False]


def test_a_site_that_left_the_record_is_taken(hand_over: HandOver, seconds: Seconds) -> None:
    hand_over.note_idle(SINCE_MS + 60_000)
    hand_over.let_others_have({}, seconds.now)
    assert left(hand_over, THEIRS) == [False]


def test_a_new_session_has_nothing_from_before_but_the_record_is_doubted_for_a_minute(
    hand_over: HandOver, seconds: Seconds
) -> None:
    hand_over.note_connected(kept=False, at_ms=SINCE_MS + 60_000)
    assert left(hand_over, THEIRS) == [False]
    seconds.now += 60
    hand_over.let_others_have({"theirs": SINCE_MS}, seconds.now)
    assert left(hand_over, THEIRS) == [True]


def test_where_messages_never_cease_the_devices_clocks_move_the_horizon(hand_over: HandOver) -> None:
    after_ms = SINCE_MS + 5_000 + CLOCKS_MS
    now_ms = after_ms + 3_600_000
    wrong = [replace(a_telemetry(at_ms=now_ms), received_at_ms=now_ms)] * 90
    right = [replace(a_telemetry(at_ms=after_ms), received_at_ms=now_ms)] * 110
    hand_over.note_taken(TelemetryColumns.of([*right, *wrong]))
    assert left(hand_over, THEIRS) == [False]
    hand_over.note_taken(
        TelemetryColumns.of([replace(one, at_ms=one.at_ms + 1) for one in [*right, *right, *wrong, *wrong]])
    )
    assert left(hand_over, THEIRS) == [True]


def test_times_of_reception_and_retained_readings_say_nothing_of_when_it_was_published(hand_over: HandOver) -> None:
    late = replace(a_telemetry(at_ms=SINCE_MS + 3_600_000), received_at_ms=SINCE_MS + 3_600_000)
    hand_over.note_taken(TelemetryColumns.of([replace(late, ts_source=TimestampSource.RECEIVED)] * 500))
    hand_over.note_taken(TelemetryColumns.of([replace(late, retained=True)] * 500))
    assert left(hand_over, THEIRS) == [False]


def test_the_horizon_of_the_run_before_counts(seconds: Seconds) -> None:
    again = HandOver(site_of, PACE, horizon_ms=SINCE_MS + 60_000, monotonic=seconds)
    again.note_connected(kept=True, at_ms=SINCE_MS + 90_000)
    again.let_others_have({"theirs": SINCE_MS}, seconds.now)
    assert left(again, THEIRS) == [True]
