"""Two processes whose jobs do what is due at the same moment, each over its own connections: nothing is doubled."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.backtests import BacktestRequest, BacktestStatus
from iot_maint.domain.ports import TelemetryStore
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.trained_models import ModelQuery, ModelStatus
from iot_maint.domain.work_orders import EntryKind
from iot_maint.services.forecasting import forecast_due
from iot_maint.services.model_checks import ModelChecker
from iot_maint.services.model_loading import ModelLoader
from iot_maint.services.model_registry import promote_model
from iot_maint.services.training.history import HistoryReader
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.relational.migrate import migrate
from iot_maint.storage.telemetry import open_telemetry_store
from tests.api_builders import SHANGHAI, StandingClock
from tests.builders import T0
from tests.forecast_stories import MODE, PUMP, START, a_desk, record, wear
from tests.integration.storage.relational.test_races import ROUNDS
from tests.racing import race
from tests.trained_models import KINDS
from tests.training_stories import TrainingRig, a_training_rig

WEEK = timedelta(days=7)


@pytest.fixture
def both(empty_url: str) -> Iterator[list[RelationalDatabase]]:
    """The database as each of two processes has it open."""
    migrate(empty_url)
    with ExitStack() as opened:
        yield [opened.enter_context(open_database(empty_url)) for _ in range(2)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TelemetryStore]:
    opened = open_telemetry_store(f"sqlite:///{tmp_path / 'telemetry.db'}")
    yield opened
    opened.close()


def test_of_daily_forecasts_each_is_made_once_and_one_order_is_planned_and_announced_once(
    both: list[RelationalDatabase], store: TelemetryStore
) -> None:
    with both[0].transaction() as repositories:
        for code in ("P-1", "P-2", "P-3"):
            repositories.equipment.add(replace(PUMP, code=code))
    record(store, wear, 0, 36)
    clock = StandingClock(at=START)

    for day in range(28, 35):
        clock.at = START + timedelta(days=day, minutes=10)
        made = race(lambda database: forecast_due(database, store, a_desk(clock)), both)
        assert sum(made) == 3

    with both[0].reading() as repositories:
        forecasts = repositories.forecasts.history(PUMP.code, MODE, 100)
        [order] = repositories.orders.page(WorkOrderQuery(), PageRequest()).items
    assert len({one.day for one in forecasts}) == len(forecasts) >= 5
    assert [entry.kind for entry in order.timeline].count(EntryKind.PLANNED) == 1
    moments = [(entry.kind, entry.at) for entry in order.timeline]
    assert len(set(moments)) == len(moments)


def test_of_checks_of_a_champion_that_drifted_one_is_done_and_one_challenger_trained(
    both: list[RelationalDatabase], tmp_path: Path
) -> None:
    rigs = [a_training_rig(tmp_path, database) for database in both]
    first = rigs[0]
    first.pump("P-1", 30)
    [outcome] = first.train("P-1")
    assert outcome.model is not None
    with first.database.transaction() as repositories:
        promote_model(repositories, outcome.model.id, by="chief", clock=first.clock)
    first.run("P-1", first.clock.at, first.clock.at + WEEK, level=3.0, seed=5)
    for rig in rigs:
        rig.clock.at += WEEK

    done = race(lambda rig: checker_of(rig).run_due(), rigs)

    assert sorted(done) == [0, 1]
    with first.database.reading() as repositories:
        models = repositories.models.page(ModelQuery(equipment="P-1"), PageRequest()).items
    assert sorted(one.status for one in models) == [ModelStatus.CHAMPION, ModelStatus.SHADOW]
    for rig in rigs:
        rig.store.close()


def test_of_backtests_that_wait_one_runs_and_in_one_process(both: list[RelationalDatabase]) -> None:
    request = BacktestRequest(
        rules=["all"], models=[], start=T0, end=T0 + WEEK, equipment=[], changes={}, faults=[], wish=None
    )

    def take(database: RelationalDatabase) -> int | None:
        with database.transaction() as repositories:
            taken = repositories.backtests.take(T0, T0 - WEEK)
        return None if taken is None else taken.id

    for _ in range(ROUNDS):
        with both[0].transaction() as repositories:
            waiting = [repositories.backtests.add(request, T0, "asker").id for _ in range(2)]

        assert [one for one in race(take, both) if one is not None] == waiting[:1]

        with both[0].transaction() as repositories:
            running = [one for one in repositories.backtests.all() if one.status is BacktestStatus.RUNNING]
            assert [one.id for one in running] == waiting[:1]
            repositories.backtests.fail(waiting[0], "over", T0)
            assert all(repositories.backtests.drop(number) for number in waiting)


def checker_of(rig: TrainingRig) -> ModelChecker:
    return ModelChecker(
        database=rig.database,
        clock=rig.clock,
        loader=ModelLoader(files=rig.files, kinds=KINDS),
        trainer=rig.trainer,
        every=WEEK,
        reader=lambda start, until: HistoryReader(
            database=rig.database, store=rig.store, zone=SHANGHAI, start=start, until=until
        ),
    )
