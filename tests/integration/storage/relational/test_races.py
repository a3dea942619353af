"""Several processes at once: the database gives each thing to exactly one of them."""

from datetime import timedelta

from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.platform_alarms import PlatformAlarm, PlatformAlarmKind
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.work_orders import WorkOrder, WorkOrderStatus
from iot_maint.storage.relational.database import RelationalDatabase
from iot_maint.storage.relational.migrate import SchemaVersion, migrate
from tests.builders import T0, a_work_order, an_alarm_event, an_equipment
from tests.racing import race

ROUNDS = 20


def test_of_two_that_open_an_order_for_one_fault_exactly_one_does(database: RelationalDatabase) -> None:
    def open_order(order: WorkOrder) -> tuple[bool, str]:
        with database.transaction() as repositories:
            added = repositories.orders.add(order)
            standing = repositories.orders.latest("P-1", order.fault_mode)
            assert standing is not None
            return added, standing.number

    for number in range(ROUNDS):
        orders = [a_work_order(f"WO-{number}-{racer}", fault_mode=f"fault-{number}") for racer in "ab"]

        results = race(open_order, orders)

        assert sorted(added for added, _ in results) == [False, True]
        winner = orders[[added for added, _ in results].index(True)]
        # The loser sees the winner's order, to add its evidence there.
        assert {standing for _, standing in results} == {winner.number}


def test_of_two_that_record_one_event_exactly_one_gets_the_alarm(database: RelationalDatabase) -> None:
    def record(event: AlarmEvent) -> bool:
        with database.transaction() as repositories:
            return repositories.alarms.record(event) is not None

    for number in range(ROUNDS):
        event = an_alarm_event(fault_mode=f"fault-{number}")
        assert sorted(race(record, [event, event])) == [False, True]


def test_of_two_that_save_one_platform_alarm_as_standing_or_as_cleared_one_row_remains(
    database: RelationalDatabase,
) -> None:
    def save(saved: tuple[PlatformAlarm, bool]) -> None:
        alarm, cleared = saved
        with database.transaction() as repositories:
            if cleared:
                repositories.platform_alarms.save_cleared(alarm, alarm.since + timedelta(minutes=1))
            else:
                repositories.platform_alarms.save_standing(alarm)

    for number in range(ROUNDS):
        alarm = PlatformAlarm(kind=PlatformAlarmKind.BROKER_AWAY, detail="", since=T0, worker=f"w{number}")
        for cleared in (False, True):
            race(save, [(alarm, cleared), (alarm, cleared)])

    with database.reading() as repositories:
        assert repositories.platform_alarms.standing() == []
        assert len(repositories.alarm_list.page(AlarmQuery(), PageRequest(limit=100)).items) == ROUNDS


def test_rules_that_join_an_alarm_at_once_are_all_kept(database: RelationalDatabase) -> None:
    rules = [f"pump.rule_{number}" for number in range(4)]

    def record(rule: str) -> None:
        with database.transaction() as repositories:
            repositories.alarms.record(an_alarm_event(rule=rule))

    race(record, rules)

    with database.reading() as repositories:
        alarm = repositories.alarms.find(an_alarm_event().key)
    assert alarm is not None
    assert sorted(alarm.rules) == rules


def test_numbers_are_never_given_twice(database: RelationalDatabase) -> None:
    def take(_racer: int) -> str:
        with database.transaction() as repositories:
            return repositories.orders.next_number("20260101")

    numbers = [number for _ in range(5) for number in race(take, range(4))]

    assert sorted(numbers) == [f"WO-20260101-{number:04}" for number in range(1, 21)]


def test_of_two_transitions_from_one_status_exactly_one_happens(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.orders.add(a_work_order("WO-1"))

    def go(status: WorkOrderStatus) -> bool:
        with database.transaction() as repositories:
            return repositories.orders.set_status("WO-1", WorkOrderStatus.OPEN, status)

    assert sorted(race(go, [WorkOrderStatus.DISPATCHED, WorkOrderStatus.CANCELLED])) == [False, True]


def test_a_reopening_and_a_new_order_never_both_succeed(database: RelationalDatabase) -> None:
    def step(order: WorkOrder) -> bool:
        with database.transaction() as repositories:
            if order.status is WorkOrderStatus.CLOSED:
                return repositories.orders.set_status(order.number, WorkOrderStatus.CLOSED, WorkOrderStatus.OPEN)
            return repositories.orders.add(order)

    for number in range(ROUNDS):
        old = a_work_order(f"WO-{number}-old", fault_mode=f"fault-{number}", status=WorkOrderStatus.CLOSED)
        new = a_work_order(f"WO-{number}-new", fault_mode=f"fault-{number}")
        with database.transaction() as repositories:
            repositories.orders.add(old)

        assert sorted(race(step, [old, new])) == [False, True]


def test_a_reader_of_a_revision_has_seen_all_changes_up_to_it(database: RelationalDatabase) -> None:
    def add(code: str) -> int:
        with database.transaction() as repositories:
            repositories.equipment.add(an_equipment(code))
            return repositories.equipment.revision()

    revisions = race(add, ["P-1", "P-2", "P-3", "P-4"])

    assert sorted(revisions) == [1, 2, 3, 4]


def test_of_several_that_migrate_at_once_one_works(empty_url: str) -> None:
    before = race(migrate, [empty_url] * 3)

    assert sorted(state.version for state in before) == [
        SchemaVersion.CURRENT,
        SchemaVersion.CURRENT,
        SchemaVersion.EMPTY,
    ]
