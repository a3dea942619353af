from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.instants import epoch_ms
from iot_maint.ingest.decoders.timestamps import read_timestamp

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YEAR_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    "written",
    [
        1_767_225_600,
        1_767_225_600_000,
        1_767_225_600_000_000,
        1_767_225_600_000_000_000,
        1_767_225_600.0,
        1.7672256e12,
        "1767225600",
        " 1767225600000 ",
        "1767225600.000",
        "2026-01-01T00:00:00Z",
        "2026-01-01T08:00:00+08:00",
        "20260101T000000Z",
        "2026-01-01T08:00:00",
        "2026-01-01 08:00:00",
    ],
)
def test_every_unit_and_notation_gives_the_same_instant(written: object) -> None:
    assert read_timestamp(written, SHANGHAI) == NEW_YEAR_MS


def test_time_without_a_zone_is_the_sites() -> None:
    assert read_timestamp("2026-01-01 00:00:00", ZoneInfo("UTC")) == NEW_YEAR_MS
    assert read_timestamp("2026-01-01 00:00:00", SHANGHAI) == NEW_YEAR_MS - 8 * 3_600_000


def test_seconds_keep_their_milliseconds() -> None:
    assert read_timestamp(1_767_225_600.123, SHANGHAI) == NEW_YEAR_MS + 123


def test_finer_units_are_cut_never_rounded_up() -> None:
    assert read_timestamp(1_767_225_600_000_999, SHANGHAI) == NEW_YEAR_MS
    assert read_timestamp(1_767_225_600_000_999_999, SHANGHAI) == NEW_YEAR_MS
    assert epoch_ms(datetime(2026, 1, 1, 0, 0, 0, 999, tzinfo=UTC)) == NEW_YEAR_MS


@pytest.mark.parametrize(
    "written",
    [
        *(True, -1, -1.5, 10**20, 10**400, float("nan"), float("inf"), 1e300, [], {}),
        *("", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "9" * 100, "-5", "0x10", "…" * 64),
    ],
)
def test_what_names_no_instant_is_refused(written: object) -> None:
    with pytest.raises(MalformedTelemetry) as refused:
        read_timestamp(written, SHANGHAI)
    assert refused.value.reason == "bad_timestamp"
