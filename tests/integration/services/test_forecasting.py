"""Days to limit over a real store and database: forecasts once a day, and the orders planned by them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.catalog import Language
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.ports import TelemetryStore
from iot_maint.domain.queries import SeriesQuery, SeriesSample
from iot_maint.domain.work_orders import EntryKind, Origin, Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.forecasting import forecast_due, last_repair
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.rendering import order_document
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import RelationalDatabase
from iot_maint.storage.telemetry import open_telemetry_store
from tests.api_builders import CATALOG, CHANNELS, SHANGHAI, StandingClock
from tests.builders import an_alarm_event, an_equipment
from tests.forecast_stories import MODE, PUMP, START, a_desk, record, wear


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TelemetryStore]:
    opened = open_telemetry_store(f"sqlite:///{tmp_path / 'telemetry.db'}")
    yield opened
    opened.close()


@pytest.fixture
def registered(database: RelationalDatabase) -> RelationalDatabase:
    with database.transaction() as repositories:
        repositories.equipment.add(PUMP)
    return database


def latest(database: RelationalDatabase) -> WorkOrder | None:
    with database.transaction() as repositories:
        return repositories.orders.latest(PUMP.code, MODE)


def alarmed_and_ended(database: RelationalDatabase, clock: StandingClock, steps: Sequence[Transition]) -> WorkOrder:
    """The order of an alarm raised now, taken through `steps` at once."""
    desk = OrderDesk(catalog=CATALOG, clock=clock, site_zone=SHANGHAI, channels=CHANNELS)
    event = an_alarm_event(rule="pump.vib_rms_warning", fault_mode=MODE, raised_at=clock.at)
    with database.transaction() as repositories:
        desk.save(repositories, event, "pump")
        order = repositories.orders.latest(PUMP.code, MODE)
        assert order is not None
        for step in steps:
            order = transition_order(
                repositories, order.number, step, by="王工", note="", clock=clock, channels=CHANNELS
            )
    return order


def run_days(database: RelationalDatabase, store: TelemetryStore, clock: StandingClock, first: int, last: int) -> None:
    """The job's run shortly after each of these midnights."""
    for day in range(first, last):
        clock.at = START + timedelta(days=day, minutes=10)
        forecast_due(database, store, a_desk(clock))


def test_a_wearing_bearing_gets_an_order_planned_into_a_night_before_the_limit(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    record(store, wear, 0, 36)

    run_days(registered, store, clock, 10, 34)

    order = latest(registered)
    assert order is not None
    assert (order.origin, order.status) == (Origin.FORECAST, WorkOrderStatus.PLANNED)
    assert order.planned_for is not None
    assert order.planned_until is not None
    assert (order.planned_for.astimezone(SHANGHAI).hour, order.planned_until.astimezone(SHANGHAI).hour) == (22, 6)
    assert order.opened_at - START > timedelta(days=20)
    assert order.planned_until < START + timedelta(days=38.5)
    assert order.deadlines == {}
    document = order_document(order, CATALOG, PUMP, Language.ZH_CN, SHANGHAI)
    evidence = document["evidence"]
    assert isinstance(evidence, list)
    text = str(evidence[0])
    assert "振动" in text
    assert "达到 8.5 mm/s（工程经验值）" in text
    assert "10 %：2026-0" in text


def test_a_healthy_pump_gets_no_forecast_and_no_order(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    record(store, lambda _day: 2.0, 0, 60)

    run_days(registered, store, clock, 10, 60)

    assert latest(registered) is None
    with registered.reading() as repositories:
        assert repositories.forecasts.history(PUMP.code, None, 10) == []
        assert repositories.forecasts.looked_at(PUMP.code) is not None


def test_a_day_is_forecast_once_however_often_the_job_runs(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    record(store, wear, 0, 34)
    run_days(registered, store, clock, 30, 31)
    with registered.reading() as repositories:
        [forecast] = repositories.forecasts.history(PUMP.code, MODE, 10)

    clock.at += timedelta(hours=3)

    assert forecast_due(registered, store, a_desk(clock)) == 0
    clock.at += timedelta(hours=24)
    assert forecast_due(registered, store, a_desk(clock)) == 1
    with registered.reading() as repositories:
        newest, older = repositories.forecasts.history(PUMP.code, MODE, 10)
        assert older == forecast
        assert repositories.forecasts.standing(PUMP.code) == {MODE: newest}


class _PoisonedStore:
    """A telemetry store that fails for one piece of equipment, as a fault in our own arithmetic would."""

    def __init__(self, store: TelemetryStore, code: str, error: Exception) -> None:
        self._store, self._code, self._error = store, code, error

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        if query.equipment == self._code:
            raise self._error
        return self._store.read_series(query)


def test_equipment_whose_forecasts_fail_takes_the_day_from_no_other(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    record(store, wear, 0, 34)
    with registered.transaction() as repositories:
        repositories.equipment.add(an_equipment("A-0"))  # the one before it
    clock.at = START + timedelta(days=30, minutes=10)

    made = forecast_due(registered, _PoisonedStore(store, "A-0", OverflowError("too large")), a_desk(clock))

    assert made == 1
    assert "the forecasts of A-0 failed" in caplog.text
    assert forecast_due(registered, store, a_desk(clock)) == 1  # A-0's turn, once it does not fail


def test_a_store_that_is_away_ends_the_round_at_once(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    clock.at = START + timedelta(days=30, minutes=10)

    with pytest.raises(StoreUnavailable):
        forecast_due(registered, _PoisonedStore(store, "P-1", StoreUnavailable("away")), a_desk(clock))


def test_an_alarm_makes_the_planned_order_due_and_opens_no_second(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    record(store, wear, 0, 34)
    run_days(registered, store, clock, 10, 34)
    planned = latest(registered)
    assert planned is not None
    desk = OrderDesk(catalog=CATALOG, clock=clock, site_zone=SHANGHAI, channels=CHANNELS)

    with registered.transaction() as repositories:
        step = desk.save(
            repositories, an_alarm_event(rule="pump.vib_rms_warning", fault_mode=MODE, raised_at=clock.at), "pump"
        )

    assert step is not None
    assert step.event == "made_due"
    due = latest(registered)
    assert due is not None
    assert (due.number, due.status) == (planned.number, WorkOrderStatus.OPEN)
    assert due.opened_at == clock.at
    assert set(due.deadlines) == {"finish"}
    assert due.timeline[-1].kind is EntryKind.MADE_DUE
    run_days(registered, store, clock, 34, 36)
    assert latest(registered) == due


def test_a_repaired_bearing_withdraws_its_plan_and_starts_anew(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    record(store, wear, 0, 33)
    record(store, lambda _day: 2.0, 33, 50)
    run_days(registered, store, clock, 10, 33)
    planned = latest(registered)
    assert planned is not None

    run_days(registered, store, clock, 33, 40)

    order = latest(registered)
    assert order is not None
    assert (order.number, order.status) == (planned.number, WorkOrderStatus.CANCELLED)
    assert order.timeline[-1].kind is EntryKind.WITHDRAWN


def test_an_order_that_repaired_nothing_does_not_hide_the_repair_before_it(
    registered: RelationalDatabase, clock: StandingClock
) -> None:
    repaired_at = clock.at
    first = alarmed_and_ended(
        registered, clock, (Transition.DISPATCH, Transition.ARRIVE, Transition.COMPLETE, Transition.CLOSE)
    )
    clock.at += timedelta(days=9)
    second = alarmed_and_ended(registered, clock, (Transition.CANCEL,))

    assert second.previous == first.number
    with registered.reading() as repositories:
        assert last_repair(repositories.orders, PUMP.code, MODE) == repaired_at


def test_who_cancels_a_plan_is_not_asked_again_for_the_same_growth(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    record(store, wear, 0, 36)
    run_days(registered, store, clock, 10, 33)
    planned = latest(registered)
    assert planned is not None
    with registered.transaction() as repositories:
        transition_order(
            repositories, planned.number, Transition.CANCEL, by="王工", note="", clock=clock, channels=CHANNELS
        )

    run_days(registered, store, clock, 33, 36)

    order = latest(registered)
    assert order is not None
    assert (order.number, order.status) == (planned.number, WorkOrderStatus.CANCELLED)


def test_silence_is_no_reason_to_withdraw(
    registered: RelationalDatabase, store: TelemetryStore, clock: StandingClock
) -> None:
    record(store, wear, 0, 33)
    run_days(registered, store, clock, 10, 33)

    run_days(registered, store, clock, 37, 40)

    order = latest(registered)
    assert order is not None
    assert order.status is WorkOrderStatus.PLANNED
