"""A backtest of a model finds in the stored history what the live path found when it came, to the byte."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

import msgspec
import numpy as np
import pytest

from iot_maint.bootstrap.backtest_jobs import BacktestJob
from iot_maint.bootstrap.backtest_models import note_backtests
from iot_maint.bootstrap.backtesting import Asked, run_backtest
from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.modelling import model_files, model_loader
from iot_maint.bootstrap.spreading import map_by, map_here
from iot_maint.catalog import load_catalog
from iot_maint.domain.backtests import BacktestRequest, WishedLimit
from iot_maint.domain.catalog import Language
from iot_maint.domain.errors import InvalidInput, MaintError, UnknownThing
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.telemetry import Telemetry
from iot_maint.fan_out import fan_out
from iot_maint.models.kinds import KINDS
from iot_maint.services.backtest.picture import picture_of
from iot_maint.services.backtest.requests import ask_backtest
from iot_maint.services.backtest.trials import AS_IT_STANDS, Trial, read_changes
from iot_maint.services.feedback.faults import FILE, KnownFault
from iot_maint.services.model_choice import ModelChoice
from iot_maint.services.model_registry import find_model, promote_model
from iot_maint.services.model_text import say_noted_backtest
from iot_maint.services.training.asking import TrainingRequest
from iot_maint.services.training.trainer import Trainer
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.telemetry import open_telemetry_store
from tests.api_builders import SHANGHAI, StandingClock
from tests.backtest_stories import an_installation, store_history
from tests.builders import T0, an_equipment
from tests.decide_path import register, start_path
from tests.pump_stories import BEARING

CATALOG = load_catalog()
BIN, DAY, HOUR = timedelta(minutes=5), timedelta(days=1), timedelta(hours=1)
TRAINED_UNTIL = T0 + 16 * DAY
FAULT = TRAINED_UNTIL + DAY
END = FAULT + DAY
LIVE = (TRAINED_UNTIL, END)


def a_pump(code: str, site: str, seed: int) -> list[Telemetry]:
    """Healthy for seventeen days, then shaking for one, far below every limit of the catalog."""
    count = (END - T0) // BIN
    noise = np.random.default_rng(seed).normal(size=(count, 2)).tolist()
    story = []
    for number, (a, b) in enumerate(noise):
        at = T0 + number * BIN
        level = 1.5 if at >= FAULT else 1.0
        values = {"vib_rms": level + 0.1 * a, "bearing_temp": 45.0 + b, "running": 1.0}
        story.append(
            Telemetry(site=site, equipment=code, at_ms=epoch_ms(at), received_at_ms=epoch_ms(at), values=values)
        )
    return story


PUMPS = (an_equipment("P-1", site="s1"), an_equipment("P-2", site="s2"))
TELEMETRY = sorted((*a_pump("P-1", "s1", 1), *a_pump("P-2", "s2", 2)), key=lambda item: item.at_ms)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with two trained pumps at two sites: champions 1 and 2."""
    settings = an_installation(tmp_path_factory.mktemp("installation"), *PUMPS)
    store_history(settings, TELEMETRY)
    clock = StandingClock(at=TRAINED_UNTIL)
    store = open_telemetry_store(settings.telemetry)
    with open_database(settings.database) as database:
        trainer = Trainer(
            database=database,
            store=store,
            files=model_files(settings),
            catalog=CATALOG,
            kinds=KINDS,
            default_kind="tracker",
            clock=clock,
            zone=SHANGHAI,
            fan_out=lambda function, items: fan_out(function, items, processes=1),
        )
        request = TrainingRequest(start=T0, until=TRAINED_UNTIL, by="trainer")
        models = [one.model for one in trainer.train(request) if one.model is not None]
        assert [one.id for one in models] == [1, 2]
        with database.transaction() as repositories:
            for model in models:
                promote_model(repositories, model.id, by="chief", clock=clock)
    store.close()
    return settings


def asked(*models: str) -> Asked:
    return Asked(rules=(), models=models, start=LIVE[0], end=LIVE[1])


def test_champions_find_what_they_found_live(
    settings: Settings, empty_databases: Callable[[], RelationalDatabase]
) -> None:
    with open_database(settings.database) as registry:
        stage = empty_databases()
        register(stage, *PUMPS)
        path = start_path(stage, CATALOG, TRAINED_UNTIL, models=ModelChoice(registry, model_loader(settings)))
        path.roster.refresh()
        told = [item for item in TELEMETRY if item.at_ms >= epoch_ms(TRAINED_UNTIL)]
        live = [finding for outcome in path.replay(told, batch=7) for finding in outcome.findings]

    [setting] = run_backtest(settings, asked("champion"), map_here).settings

    assert {(one.equipment, one.rule, one.fault_mode) for one in setting.findings} == {
        ("P-1", "model.tracker", BEARING),
        ("P-2", "model.tracker", BEARING),
    }
    in_order = sorted(live, key=lambda one: (one.at, one.equipment, one.rule))
    assert msgspec.json.encode(list(setting.findings)) == msgspec.json.encode(in_order)
    assert [order.equipment for order in setting.orders] == [one.key.equipment for one in setting.episodes]


def test_processes_come_to_the_same_as_here(settings: Settings) -> None:
    here, apart = (run_backtest(settings, asked("1", "2"), over) for over in (map_here, map_by(settings)))
    assert here.settings == apart.settings


def test_a_model_is_measured_against_known_faults_and_that_is_written_onto_its_card(settings: Settings) -> None:
    known = KnownFault(equipment="P-1", fault_mode=BEARING, onset=FAULT, failure=END, source=FILE)
    result = run_backtest(settings, replace(asked("1"), faults=(known,)), map_here)
    [setting] = result.settings
    [found] = setting.faults
    assert found.by is not None
    assert found.by.rules == ("model.tracker",)
    assert (setting.figures.alarms, setting.figures.false_alarms) == (1, 0)
    assert {one.coverage.equipment for one in setting.equipment} == {"P-1"}

    note_backtests(settings, result)
    with open_database(settings.database) as database, database.reading() as repositories:
        tried, untried = (find_model(repositories, number) for number in (1, 2))
    said = msgspec.json.decode(tried.backtest or "null")
    assert (said["alarms"], said["false_alarms"], said["known_faults"], said["found"]) == (1, 0, 1, 1)
    line = say_noted_backtest(tried, Language.EN, SHANGHAI) or ""
    assert line.endswith("limit 5: alarms 1, of them false 0; known faults found 1/1")
    assert "告警 1，其中误报 0；已知故障发现 1/1" in (say_noted_backtest(tried, Language.ZH_CN, SHANGHAI) or "")
    assert untried.backtest is None
    assert say_noted_backtest(untried, Language.EN, SHANGHAI) is None


def test_a_queued_backtest_of_models_is_answered_by_the_jobs_part(settings: Settings) -> None:
    request = BacktestRequest(
        rules=(), models=("champion",), start=LIVE[0], end=LIVE[1], changes={"model.tracker": WishedLimit(limit=50.0)}
    )
    with open_installation(settings) as installation:
        with installation.database.transaction() as repositories:
            number = ask_backtest(repositories, CATALOG, installation.clock, request, by="chief").id
        BacktestJob(installation=installation, stopping=Event()).run_next()
        with installation.database.reading() as repositories:
            stored = repositories.backtests.get(number)
            output = repositories.backtests.output(number)
    assert stored is not None
    assert (stored.status.value, stored.error) == ("done", None)
    assert output is not None
    said = msgspec.json.decode(output.documents["en"])
    assert said["rules"] == ["model.tracker"]
    assert [one["figures"]["alarms"] for one in said["settings"]] == [2, 0]


def test_another_limit_of_the_score_stands_beside_the_cards(settings: Settings) -> None:
    trials = (
        Trial(label=AS_IT_STANDS, wishes={}),
        Trial(label="changed", wishes=read_changes(["model.tracker.limit=50", "model.tracker.for=30m"])),
    )
    before, after = run_backtest(settings, replace(asked("1"), trials=trials), map_here).settings
    assert (before.figures.alarms, after.figures.alarms) == (1, 0)


def test_a_rule_and_a_model_are_tried_together_and_other_rules_are_not(settings: Settings) -> None:
    result = run_backtest(settings, replace(asked("1"), rules=("pump.vib_rms_warning",)), map_here)
    assert result.rules == ("pump.vib_rms_warning", "model.tracker")
    assert {one.rule for one in result.settings[0].findings} <= set(result.rules)


def test_the_plot_shows_the_score_with_its_limit(settings: Settings) -> None:
    result = run_backtest(settings, replace(asked("1"), plotted=True), map_here)
    picture = picture_of(result, CATALOG, {one.code: one for one in PUMPS})
    [panel] = [one for one in picture.panels if one.metric.en == "Anomaly score"]
    assert [line.limit for line in panel.settings[0].limits] == [5.0]
    assert max(value for value in panel.highest if value is not None) > 5.0
    assert len(panel.settings[0].alarms) == 1


def test_a_limit_of_the_score_is_suggested_for_a_wished_rate(settings: Settings) -> None:
    suggestion = run_backtest(settings, replace(asked("1"), end=FAULT, wish=0.1), map_here).suggestion
    assert suggestion is not None
    assert suggestion.rule == "model.tracker"
    assert suggestion.limit is not None
    assert suggestion.limit.value is not None
    assert 0 < suggestion.limit.value < 5.0
    assert suggestion.false_alarms == 0


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (asked("77"), UnknownThing, "no model 77"),
        (asked("best"), UnknownThing, "no model best; .*champion"),
        (asked("candidate"), UnknownThing, "there is no candidate of this equipment"),
        (asked(), InvalidInput, "what is to be tried"),
    ],
    ids=["no such id", "no such status", "none of that status", "nothing"],
)
def test_what_cannot_be_tried_is_said(settings: Settings, wanted: Asked, error: type[MaintError], said: str) -> None:
    with pytest.raises(error, match=said):
        run_backtest(settings, wanted, map_here)


def test_a_limit_of_a_score_that_cannot_be_is_refused(settings: Settings) -> None:
    trial = Trial(label="changed", wishes=read_changes(["model.tracker.limit=2", "model.tracker.clear=4"]))
    with pytest.raises(InvalidInput, match="4 is not below the limit of 2"):
        run_backtest(settings, replace(asked("1"), trials=(trial,)), map_here)


def test_a_shorter_time_of_one_pump_is_as_asked(settings: Settings) -> None:
    result = run_backtest(settings, replace(asked("champion"), equipment=("P-2",), end=LIVE[0] + HOUR), map_here)
    assert [one.coverage.equipment for one in result.settings[0].equipment] == ["P-2"]
