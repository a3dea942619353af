"""Alarms of the platform: one stands per worker and kind, each is kept once, and readers find them among the others."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from iot_maint.domain.alarms import Alarm, AlarmStatus
from iot_maint.domain.catalog import Severity
from iot_maint.domain.platform_alarms import PlatformAlarm, PlatformAlarmKind, StoredPlatformAlarm
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import T0, an_alarm_event

MINUTE = timedelta(minutes=1)


def an_alarm(
    kind: PlatformAlarmKind = PlatformAlarmKind.BROKER_AWAY,
    *,
    worker: str = "1",
    since: datetime = T0,
    detail: str = "cannot be reached",
) -> PlatformAlarm:
    return PlatformAlarm(kind=kind, detail=detail, since=since, worker=worker)


def listed(database: RelationalDatabase, query: AlarmQuery) -> list[Alarm | StoredPlatformAlarm]:
    with database.reading() as repositories:
        return list(repositories.alarm_list.page(query, PageRequest(sort="raised_at")).items)


def stored(database: RelationalDatabase) -> list[StoredPlatformAlarm]:
    return [one for one in listed(database, AlarmQuery()) if isinstance(one, StoredPlatformAlarm)]


def test_of_one_kind_one_alarm_stands_a_worker_however_often_it_is_saved(database: RelationalDatabase) -> None:
    later = an_alarm(since=T0 + MINUTE, detail="connection lost")
    with database.transaction() as repositories:
        for alarm in (an_alarm(), an_alarm(), later, an_alarm(worker="2"), an_alarm(PlatformAlarmKind.SPOOL_FULL)):
            repositories.platform_alarms.save_standing(alarm)

    with database.reading() as repositories:
        standing = repositories.platform_alarms.standing("1")
        assert standing == [an_alarm(detail="connection lost"), an_alarm(PlatformAlarmKind.SPOOL_FULL)]
        assert len(repositories.platform_alarms.standing()) == 3


def test_the_database_itself_lets_no_second_one_stand(database: RelationalDatabase, migrated_url: str) -> None:
    with database.transaction() as repositories:
        repositories.platform_alarms.save_standing(an_alarm())

    engine = create_engine(migrated_url)
    with engine.connect() as connection, pytest.raises(Exception, match=r"(?i)unique"):
        connection.execute(
            text(
                "INSERT INTO platform_alarms (worker, kind, detail, raised_at) "
                "VALUES ('1', 'broker_away', '', '2026-01-02 00:00:00')"
            )
        )
    engine.dispose()


def test_one_that_ended_is_kept_once_and_may_stand_again(database: RelationalDatabase) -> None:
    again = an_alarm(since=T0 + 5 * MINUTE)
    with database.transaction() as repositories:
        repositories.platform_alarms.save_standing(an_alarm())
        for _ in range(2):  # the answer to the first commit may have been lost
            repositories.platform_alarms.save_cleared(an_alarm(), T0 + MINUTE)
        repositories.platform_alarms.save_standing(again)

    first, second = stored(database)
    assert (first.alarm, first.cleared_at) == (an_alarm(), T0 + MINUTE)
    assert (second.alarm, second.cleared_at) == (again, None)


def test_to_save_a_whole_story_for_a_second_time_changes_nothing(database: RelationalDatabase) -> None:
    again = an_alarm(since=T0 + MINUTE)
    for _ in range(2):  # the answer to the first commit may have been lost
        with database.transaction() as repositories:
            repositories.platform_alarms.save_cleared(an_alarm(), T0 + MINUTE)
            repositories.platform_alarms.save_standing(again)

    assert [(one.alarm.since, one.cleared_at) for one in stored(database)] == [
        (T0, T0 + MINUTE),
        (T0 + MINUTE, None),
    ]


def test_one_that_came_and_went_while_the_database_was_away_is_kept_once(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        for _ in range(2):
            repositories.platform_alarms.save_cleared(an_alarm(PlatformAlarmKind.DATABASE_AWAY), T0 + MINUTE)

    (kept,) = stored(database)
    assert (kept.alarm.since, kept.cleared_at) == (T0, T0 + MINUTE)


def test_the_first_acknowledgement_stays_and_every_note_is_kept(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.platform_alarms.save_standing(an_alarm())
    (alarm,) = stored(database)
    with database.transaction() as repositories:
        for by, after in (("early", 1), ("late", 2)):
            repositories.platform_alarms.acknowledge(alarm.id, T0 + after * MINUTE, by)
            repositories.platform_alarms.add_note(alarm.id, T0 + after * MINUTE, by, "已通知")

    with database.reading() as repositories:
        seen = repositories.platform_alarms.get(alarm.id)
        assert repositories.platform_alarms.notes(alarm.id) == [
            (T0 + MINUTE, "early", "已通知"),
            (T0 + 2 * MINUTE, "late", "已通知"),
        ]
    assert seen is not None
    assert (seen.status, seen.acknowledged_by) == (AlarmStatus.ACKNOWLEDGED, "early")


def test_no_alarm_of_equipment_has_the_id_of_one_of_the_platform(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.platform_alarms.save_standing(an_alarm())
        own = repositories.alarms.record(an_alarm_event())
        (platform,) = repositories.alarm_list.page(AlarmQuery(platform=True), PageRequest()).items
        assert own is not None
        assert own.id < 1_000_000_000 < platform.id < 2**31
        assert repositories.alarms.get(platform.id) is None
        assert repositories.platform_alarms.get(own.id) is None


def test_both_kinds_come_in_one_order_and_one_cursor_leads_through_them(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        for minute in range(6):
            at = T0 + minute * MINUTE
            repositories.alarms.record(an_alarm_event(equipment=f"P-{minute}", raised_at=at))
            repositories.platform_alarms.save_cleared(an_alarm(since=at), at + MINUTE)

    seen: list[tuple[datetime, bool]] = []
    cursor: str | None = None
    with database.reading() as repositories:
        while True:
            page = repositories.alarm_list.page(AlarmQuery(), PageRequest(limit=5, cursor=cursor))
            for one in page.items:
                at = one.alarm.since if isinstance(one, StoredPlatformAlarm) else one.key.raised_at
                seen.append((at, isinstance(one, StoredPlatformAlarm)))
            cursor = page.next_cursor
            if cursor is None:
                break

    newest_first = [T0 + minute * MINUTE for minute in reversed(range(6))]
    assert seen == [(at, platform) for at in newest_first for platform in (True, False)]


def test_they_are_filtered_like_others_but_are_of_no_site_and_no_equipment(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        own = repositories.alarms.record(an_alarm_event())
        repositories.platform_alarms.save_standing(an_alarm())
        repositories.platform_alarms.save_cleared(an_alarm(PlatformAlarmKind.SPOOL_NEARLY_FULL), T0 + MINUTE)
    away, nearly = sorted(stored(database), key=lambda one: one.alarm.kind)

    assert listed(database, AlarmQuery(platform=False)) == [own]
    assert listed(database, AlarmQuery(platform=True)) == [away, nearly]
    assert listed(database, AlarmQuery(site="s1")) == listed(database, AlarmQuery(equipment="P-1")) == [own]
    assert listed(database, AlarmQuery(fault_mode="broker_away")) == [away]
    assert listed(database, AlarmQuery(severity=Severity.CRITICAL)) == [away]
    assert listed(database, AlarmQuery(severity=Severity.WARNING, platform=True)) == [nearly]
    assert listed(database, AlarmQuery(status=AlarmStatus.CLEARED_UNACKNOWLEDGED)) == [nearly]
    assert listed(database, AlarmQuery(status=AlarmStatus.ACTIVE, platform=True)) == [away]
