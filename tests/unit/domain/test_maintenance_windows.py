from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from iot_maint.domain.maintenance_windows import Window, parse_windows, windows_between

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def spans(text: str, after: datetime, days: float, zone: ZoneInfo = SHANGHAI) -> list[tuple[str, str]]:
    found = windows_between(parse_windows(text), after, after + timedelta(days=days), zone)
    return [
        (f"{window.start.astimezone(zone):%a %d %H:%M}", f"{window.end.astimezone(zone):%a %d %H:%M}")
        for window in found
    ]


def test_nights_of_weekdays_end_on_the_next_morning_and_leave_the_weekend_out() -> None:
    friday = datetime(2026, 1, 9, 12, tzinfo=SHANGHAI)
    assert spans("mon-fri 22:00-06:00", friday, 4) == [
        ("Fri 09 22:00", "Sat 10 06:00"),
        ("Mon 12 22:00", "Tue 13 06:00"),
    ]


def test_a_window_under_way_is_still_one_and_several_come_in_order() -> None:
    sunday = datetime(2026, 1, 11, 9, tzinfo=SHANGHAI)
    assert spans("mon-fri 22:00-06:00; sun 08:00-12:00; sat-sun 00:00-02:00", sunday, 1) == [
        ("Sun 11 08:00", "Sun 11 12:00")
    ]


def test_weekdays_may_go_over_the_weekend() -> None:
    assert parse_windows("sat-mon 01:00-02:00")[0].weekdays == {5, 6, 0}


def test_a_change_to_summer_time_moves_the_window_with_the_local_clock() -> None:
    before = datetime(2026, 3, 27, 12, tzinfo=UTC)
    starts = [
        window.start
        for window in windows_between(parse_windows("mon-sun 22:00-23:00"), before, before + timedelta(days=3), BERLIN)
    ]
    assert [start.astimezone(UTC).hour for start in starts] == [21, 21, 20]


def test_windows_are_spans_of_the_instants_asked_for() -> None:
    [window] = windows_between(
        parse_windows("thu 08:00-09:00"), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), SHANGHAI
    )
    assert window == Window(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["", "22:00-06:00", "mon-xyz 22:00-06:00", "mon 25:00-06:00", "mon 2:00-6:00", "mon-fri"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a maintenance window such as mon-fri 22:00-06:00"):
        parse_windows(text)
