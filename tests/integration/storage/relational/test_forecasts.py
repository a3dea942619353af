"""Forecasts and planned orders in the database, and races between forecasts, alarms and people; on both databases."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import MaintError
from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.work_orders import EntryKind, Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import CATALOG, CHANNELS, SHANGHAI, StandingClock
from tests.builders import an_alarm_event
from tests.forecast_stories import MODE, PUMP, START, a_desk, a_forecast
from tests.racing import race

ROUNDS = 8
NOW = START + timedelta(days=3)


def test_a_day_is_claimed_once_and_never_again_for_an_older_one(database: RelationalDatabase) -> None:
    def claim(day: int) -> bool:
        with database.transaction() as repositories:
            return repositories.forecasts.claim("P-1", (START + timedelta(days=day)).date())

    assert sorted(race(claim, [1, 1, 1])) == [False, False, True]
    assert not claim(0)
    assert claim(2)
    with database.reading() as repositories:
        assert repositories.forecasts.done() == {"P-1": (START + timedelta(days=2)).date()}


def test_a_claim_that_is_rolled_back_leaves_the_day_to_others(database: RelationalDatabase) -> None:
    class Broken(Exception):
        pass

    try:
        with database.transaction() as repositories:
            assert repositories.forecasts.claim("P-1", START.date())
            raise Broken
    except Broken:
        pass
    with database.transaction() as repositories:
        assert repositories.forecasts.looked_at("P-1") is None
        assert repositories.forecasts.claim("P-1", START.date())


def test_forecasts_are_kept_a_day_each_and_those_of_the_last_day_stand(database: RelationalDatabase) -> None:
    first = a_forecast(NOW + timedelta(days=9), now=NOW)
    second = replace(
        first, day=first.day + timedelta(days=1), made_at=NOW + timedelta(days=1), also=("bearing_temp",), level=4.6
    )
    for forecast in (first, second):
        with database.transaction() as repositories:
            assert repositories.forecasts.claim("P-1", forecast.day)
            repositories.forecasts.add(forecast)
            repositories.forecasts.add(replace(forecast, level=99.0))

    with database.reading() as repositories:
        assert repositories.forecasts.history("P-1", None, 10) == [second, first]
        assert repositories.forecasts.history("P-1", "PMP-CAV", 10) == []
        assert repositories.forecasts.standing("P-1") == {MODE: second}
    with database.transaction() as repositories:
        repositories.forecasts.claim("P-1", second.day + timedelta(days=1))
    with database.reading() as repositories:
        assert repositories.forecasts.standing("P-1") == {}


def plan(database: RelationalDatabase, equipment: Equipment, forecast: Forecast | None) -> None:
    """What a job process does with a forecast."""
    with database.transaction() as repositories:
        a_desk(StandingClock(at=NOW)).follow(repositories, equipment, MODE, forecast)


def raise_alarm(database: RelationalDatabase, equipment: Equipment) -> None:
    """What an ingest process does with an alarm of the same fault."""
    desk = OrderDesk(catalog=CATALOG, clock=StandingClock(at=NOW), site_zone=SHANGHAI, channels=CHANNELS)
    event = an_alarm_event(equipment=equipment.code, fault_mode=MODE, raised_at=NOW)
    with database.transaction() as repositories:
        desk.save(repositories, event, "pump")


def dispatch(database: RelationalDatabase, number: str) -> None:
    """What the API does for a person; a legal step that came too late is refused."""
    with suppress(MaintError), database.transaction() as repositories:
        transition_order(
            repositories,
            number,
            Transition.DISPATCH,
            by="dispatcher",
            note="",
            clock=StandingClock(at=NOW),
            channels=CHANNELS,
        )


def order_of(database: RelationalDatabase, equipment: Equipment) -> WorkOrder:
    with database.transaction() as repositories:
        order = repositories.orders.latest(equipment.code, MODE)
    assert order is not None
    return order


def run(work: Callable[[], None]) -> None:
    work()


def test_of_a_forecast_and_an_alarm_at_once_one_order_comes_whoever_is_first(database: RelationalDatabase) -> None:
    for number in range(ROUNDS):
        pump = replace(PUMP, code=f"P-{number}")
        forecast = replace(a_forecast(NOW + timedelta(days=5), now=NOW), equipment=pump.code)

        race(run, [partial(plan, database, pump, forecast), partial(raise_alarm, database, pump)])

        order = order_of(database, pump)
        assert order.status is WorkOrderStatus.OPEN
        assert order.deadlines
        assert [entry.kind for entry in order.timeline] in (
            [EntryKind.PLANNED, EntryKind.MADE_DUE],
            [EntryKind.OPENED, EntryKind.FORECAST_ADDED],
        )
        with database.reading() as repositories:
            page = repositories.orders.page(WorkOrderQuery(equipment=pump.code), PageRequest())
        assert len(page.items) == 1


def test_of_two_processes_with_one_forecast_one_plans(database: RelationalDatabase) -> None:
    for number in range(ROUNDS):
        pump = replace(PUMP, code=f"P-{number}")
        forecast = replace(a_forecast(NOW + timedelta(days=5), now=NOW), equipment=pump.code)

        race(run, [partial(plan, database, pump, forecast)] * 3)

        assert [entry.kind for entry in order_of(database, pump).timeline] == [EntryKind.PLANNED]


def test_a_plan_that_is_withdrawn_while_an_alarm_comes_leaves_one_open_order(database: RelationalDatabase) -> None:
    for number in range(ROUNDS):
        pump = replace(PUMP, code=f"P-{number}")
        plan(database, pump, replace(a_forecast(NOW + timedelta(days=5), now=NOW), equipment=pump.code))
        planned = order_of(database, pump)

        race(run, [partial(plan, database, pump, None), partial(raise_alarm, database, pump)])

        order = order_of(database, pump)
        assert order.status is WorkOrderStatus.OPEN
        if order.number != planned.number:  # withdrawn first: the alarm opened one that follows it
            assert order.previous == planned.number
        else:
            assert order.timeline[-1].kind is EntryKind.MADE_DUE


def test_a_plan_that_is_dispatched_while_an_alarm_comes_never_lacks_deadlines(
    database: RelationalDatabase,
) -> None:
    for number in range(ROUNDS):
        pump = replace(PUMP, code=f"P-{number}")
        plan(database, pump, replace(a_forecast(NOW + timedelta(days=5), now=NOW), equipment=pump.code))
        planned = order_of(database, pump)

        race(run, [partial(dispatch, database, planned.number), partial(raise_alarm, database, pump)])

        order = order_of(database, pump)
        assert order.number == planned.number
        # Whose dispatch came a moment too late is told to look again.
        assert order.status in (WorkOrderStatus.OPEN, WorkOrderStatus.DISPATCHED)
        assert order.deadlines
