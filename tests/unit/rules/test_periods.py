from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.rules.periods import Every, period_of

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("every", "first", "last"),
    [
        (Every.DAY, "2026-03-01", "2026-03-02"),
        (Every.WEEK, "2026-02-23", "2026-03-02"),
        (Every.MONTH, "2026-03-01", "2026-04-01"),
    ],
)
def test_periods_are_those_of_the_sites_calendar(every: Every, first: str, last: str) -> None:
    start, end = period_of(datetime(2026, 2, 28, 16, 30, tzinfo=UTC), every, SHANGHAI)  # 00:30 of Sunday, 1 March
    assert (start.isoformat(), end.isoformat()) == (f"{first}T00:00:00+08:00", f"{last}T00:00:00+08:00")


def test_a_day_on_which_the_clocks_change_has_not_24_hours() -> None:
    start, end = period_of(datetime(2026, 3, 29, 12, tzinfo=UTC), Every.DAY, BERLIN)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=23)


@given(st.integers(0, 4_000_000_000), st.sampled_from(Every))
def test_every_instant_lies_in_its_period_and_periods_meet(epoch_s: int, every: Every) -> None:
    at = datetime.fromtimestamp(epoch_s, UTC)
    start, end = period_of(at, every, BERLIN)
    assert start <= at < end
    assert period_of(end, every, BERLIN)[0] == end
