"""Alarms: each event once, and the state that follows from it."""

from datetime import timedelta

import pytest

from iot_maint.domain.alarms import Alarm, AlarmEvent, AlarmEventKind, AlarmStatus
from iot_maint.domain.catalog import Severity
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import T0, a_work_order, an_alarm_event

MINUTE = timedelta(minutes=1)


def record(database: RelationalDatabase, *events: AlarmEvent) -> list[Alarm | None]:
    with database.transaction() as repositories:
        return [repositories.alarms.record(event) for event in events]


def record_one(database: RelationalDatabase, event: AlarmEvent) -> Alarm:
    (alarm,) = record(database, event)
    assert alarm is not None
    return alarm


def test_a_raise_makes_an_alarm_that_is_found_by_id_and_by_key(database: RelationalDatabase) -> None:
    event = an_alarm_event()

    alarm = record_one(database, event)

    assert alarm == Alarm(
        id=alarm.id,
        key=event.key,
        site="s1",
        severity=Severity.WARNING,
        onset_at=event.onset_at,
        rules=("pump.bearing_temp_warning",),
    )
    with database.reading() as repositories:
        assert repositories.alarms.get(alarm.id) == alarm
        assert repositories.alarms.find(event.key) == alarm
        assert repositories.alarms.get(alarm.id + 1) is None


def test_a_known_event_is_none_and_changes_nothing(database: RelationalDatabase) -> None:
    story = (
        an_alarm_event(),
        an_alarm_event(AlarmEventKind.WORSENED, rule="pump.vib_critical", severity=Severity.CRITICAL, after=MINUTE),
        an_alarm_event(AlarmEventKind.CLEARED, severity=Severity.WARNING, after=9 * MINUTE),
    )
    last = record(database, *story)[-1]

    assert record(database, *story) == [None, None, None]

    assert last is not None
    with database.reading() as repositories:
        assert repositories.alarms.get(last.id) == last


def test_the_alarm_follows_its_events(database: RelationalDatabase) -> None:
    raised = record_one(database, an_alarm_event())
    joined = record_one(database, an_alarm_event(AlarmEventKind.JOINED, rule="pump.vib_warning", after=MINUTE))
    worsened = record_one(
        database,
        an_alarm_event(AlarmEventKind.WORSENED, rule="pump.vib_critical", severity=Severity.CRITICAL, after=2 * MINUTE),
    )
    eased = record_one(
        database,
        an_alarm_event(AlarmEventKind.EASED, rule="pump.vib_critical", after=3 * MINUTE),
    )
    cleared = record_one(database, an_alarm_event(AlarmEventKind.CLEARED, severity=Severity.CRITICAL, after=4 * MINUTE))

    severities = [alarm.severity for alarm in (raised, joined, worsened, eased, cleared)]
    assert severities == ["warning", "warning", "critical", "warning", "warning"]
    assert cleared.rules == ("pump.bearing_temp_warning", "pump.vib_warning", "pump.vib_critical")
    assert eased.cleared_at is None
    assert cleared.cleared_at == raised.key.raised_at + 4 * MINUTE


@pytest.mark.parametrize("kind", [kind for kind in AlarmEventKind if kind is not AlarmEventKind.RAISED])
def test_an_event_of_an_alarm_that_never_was_raised_creates_nothing(
    database: RelationalDatabase, kind: AlarmEventKind, caplog: pytest.LogCaptureFixture
) -> None:
    event = an_alarm_event(kind)

    assert record(database, event) == [None]

    with database.reading() as repositories:
        assert repositories.alarms.find(event.key) is None
    assert "P-1" in caplog.text


def test_the_first_acknowledgement_stays(database: RelationalDatabase) -> None:
    alarm = record_one(database, an_alarm_event())
    with database.transaction() as repositories:
        repositories.alarms.acknowledge(alarm.id, T0 + MINUTE, "early")
        repositories.alarms.acknowledge(alarm.id, T0 + 2 * MINUTE, "late")

        seen = repositories.alarms.get(alarm.id)

    assert seen is not None
    assert (seen.acknowledged_at, seen.acknowledged_by, seen.status) == (T0 + MINUTE, "early", "acknowledged")


def test_notes_are_kept_in_their_order(database: RelationalDatabase) -> None:
    alarm = record_one(database, an_alarm_event())
    with database.transaction() as repositories:
        repositories.alarms.add_note(alarm.id, T0 + MINUTE, "desk", "已电话通知")
        repositories.alarms.add_note(alarm.id, T0, "night", "未见异常")

    with database.reading() as repositories:
        assert repositories.alarms.notes(alarm.id) == [
            (T0 + MINUTE, "desk", "已电话通知"),
            (T0, "night", "未见异常"),
        ]


def test_an_alarm_uses_one_order_per_severity(database: RelationalDatabase) -> None:
    alarm = record_one(database, an_alarm_event())
    with database.transaction() as repositories:
        for number in ("WO-1", "WO-2"):
            repositories.orders.add(a_work_order(number, fault_mode=number))

        used = [
            repositories.alarms.link_order(alarm.id, severity, number)
            for severity, number in [("warning", "WO-1"), ("warning", "WO-2"), ("critical", "WO-2")]
        ]
        linked = repositories.alarms.get(alarm.id)

    assert used == [True, False, True]
    assert linked is not None
    assert linked.orders == {Severity.WARNING: "WO-1", Severity.CRITICAL: "WO-2"}


def test_alarms_are_filtered_by_what_they_are(database: RelationalDatabase) -> None:
    wanted = record_one(
        database, an_alarm_event(site="s2", equipment="P-2", fault_mode="cavitation", severity=Severity.CRITICAL)
    )
    record(database, an_alarm_event())
    queries = (
        AlarmQuery(site="s2"),
        AlarmQuery(equipment="P-2"),
        AlarmQuery(fault_mode="cavitation"),
        AlarmQuery(severity=Severity.CRITICAL),
    )

    with database.reading() as repositories:
        for query in queries:
            assert repositories.alarms.page(query, PageRequest()).items == [wanted], query


def test_alarms_are_filtered_by_their_derived_status(database: RelationalDatabase) -> None:
    for number, status in enumerate(AlarmStatus):
        alarm = record_one(database, an_alarm_event(equipment=status.value, raised_at=T0 + number * MINUTE))
        if status in {AlarmStatus.CLEARED, AlarmStatus.CLEARED_UNACKNOWLEDGED}:
            record(
                database,
                an_alarm_event(
                    AlarmEventKind.CLEARED, equipment=status.value, raised_at=alarm.key.raised_at, after=MINUTE
                ),
            )
        if status in {AlarmStatus.CLEARED, AlarmStatus.ACKNOWLEDGED}:
            with database.transaction() as repositories:
                repositories.alarms.acknowledge(alarm.id, T0, "desk")

    with database.reading() as repositories:
        for status in AlarmStatus:
            (found,) = repositories.alarms.page(AlarmQuery(status=status), PageRequest()).items
            assert (found.key.equipment, found.status) == (status.value, status)
