"""When the clocks of most devices seem wrong at once, it is ours; when one does, it is its own."""

from collections.abc import Callable, Sequence

import pytest

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.telemetry import Rejection, Telemetry
from iot_maint.services.quality.own_clock import OwnClock
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import register
from tests.silence_stories import USUAL, Site, a_pump

HOUR = 3600
CODES = [f"P-{number}" for number in range(10)]


@pytest.fixture
def site(empty_databases: Callable[[], RelationalDatabase]) -> Site:
    database = empty_databases()
    register(database, *map(a_pump, CODES))
    return Site(database)


@pytest.fixture
def own(site: Site) -> OwnClock:
    return OwnClock(listener=site.listener, platform=site.platform, now_ms=lambda: site.now_ms, speed=1.0)


def hear(site: Site, codes: Sequence[str], *, late_by_s: float = 0) -> None:
    """One message of each, as the door and the decider see it by our clock."""
    for code in codes:
        item = Telemetry(
            site="s1",
            equipment=code,
            at_ms=site.now_ms - round(late_by_s * 1000),
            received_at_ms=site.now_ms,
            values=USUAL,
        )
        if late_by_s < -300:
            site.listener.note_refused(item, Rejection(reason="ahead", detail=""))
        else:
            site.listener.observe(TelemetryColumns.of([item]))


def standing(site: Site) -> list[str]:
    return [f"{alarm.kind.value}: {alarm.detail}" for alarm in site.platform.standing()]


def for_minutes(minutes: float, site: Site, own: OwnClock, act: Callable[[], None]) -> None:
    for _ in range(round(minutes * 12)):
        site.now_s += 5
        act()
        own.check()


def test_our_clock_an_hour_slow_is_one_alarm_that_goes_when_it_is_set(site: Site, own: OwnClock) -> None:
    for_minutes(2, site, own, lambda: hear(site, CODES))
    site.now_s -= HOUR
    for_minutes(1, site, own, lambda: hear(site, CODES, late_by_s=-HOUR))
    (alarm,) = standing(site)
    assert alarm.startswith("clock_wrong: 10 of 10 devices are ahead by about 60 min")
    site.now_s += HOUR
    for_minutes(1, site, own, lambda: hear(site, CODES))
    assert standing(site) == []


def test_our_clock_an_hour_fast_is_one_alarm_and_no_silence(site: Site, own: OwnClock) -> None:
    for_minutes(2, site, own, lambda: hear(site, CODES))
    site.tick()
    site.now_s += HOUR
    site.deaf = True  # the loop sees that the clock was set
    assert site.tick() == []
    site.deaf = False
    for_minutes(2, site, own, lambda: hear(site, CODES, late_by_s=HOUR))
    (alarm,) = standing(site)
    assert alarm.startswith("clock_wrong: 10 of 10 devices are late by about 60 min")
    assert site.tick() == []


def test_one_device_with_a_wrong_clock_is_not_ours(site: Site, own: OwnClock) -> None:
    def act() -> None:
        hear(site, CODES[:-2])
        hear(site, CODES[-1:], late_by_s=-HOUR)
        hear(site, CODES[-2:-1], late_by_s=HOUR)

    for_minutes(5, site, own, act)
    assert standing(site) == []
    slot = [one.equipment.code if one else "" for one in site.listener.equipment.monitored].index("P-9")
    assert site.listener.equipment.ahead[slot] == 60


def test_a_backlog_that_drains_is_late_and_no_wrong_clock(site: Site, own: OwnClock) -> None:
    late = [HOUR]

    def act() -> None:
        hear(site, CODES, late_by_s=late[0])
        late[0] = max(late[0] - 60, 0)

    for_minutes(5, site, own, act)
    assert late == [0]
    assert standing(site) == []


def test_four_devices_are_too_few_to_doubt_ourselves(site: Site, own: OwnClock) -> None:
    for_minutes(5, site, own, lambda: hear(site, CODES[:4], late_by_s=-HOUR))
    assert standing(site) == []


def test_as_many_wrong_as_right_is_nobodys_majority(site: Site, own: OwnClock) -> None:
    def act() -> None:
        hear(site, CODES[:5])
        hear(site, CODES[5:], late_by_s=-HOUR)

    for_minutes(5, site, own, act)
    assert standing(site) == []
