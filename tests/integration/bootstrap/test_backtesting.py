"""A backtest finds in the stored history what the live path found when it came, to the byte."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from iot_maint.bootstrap.backtest_progress import share_done
from iot_maint.bootstrap.backtesting import Asked, run_backtest
from iot_maint.bootstrap.spreading import map_by, map_here
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Language
from iot_maint.domain.errors import InvalidInput, MaintError, UnknownEquipment, UnknownThing
from iot_maint.domain.work_orders import WorkOrderStatus
from iot_maint.services.backtest.text import backtest_lines
from iot_maint.services.backtest.trials import AS_IT_STANDS, Trial, read_changes
from iot_maint.services.feedback.faults import FILE, KnownFault
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from tests.backtest_stories import an_installation, backtest, store_history
from tests.builders import T0, a_work_order, an_equipment
from tests.decide_path import register, start_path
from tests.pump_stories import BEARING, COOL, HOT, at, bearing_at
from tests.scenario_files import ALL, Scenario, messages_of

Given = TypeVar("Given")
Made = TypeVar("Made")
CATALOG = load_catalog()
HOUR = timedelta(hours=1)
RULE = "pump.bearing_temp_warning"
# Equipment in service whose devices send in order and once; of every type.
STORIES = [
    one
    for one in ALL
    if one.name
    in {
        "pump/bearing",
        "pump/seizing_bearing",
        "pump/gap_restarts_dwell",
        "pump/pressure_sagging",
        "pump/fire_line_leak",
        "pump/precharge_lost",
        "pump/healthy_night_and_morning",
        "elevator/door",
        "elevator/bearing",
        "power_room/overload",
        "power_room/fan_dry_f",
        "power_room/genset_charger",
        "power_room/battery_block",
    }
]
assert len(STORIES) == 13


def hot_pump(folder: Path) -> Settings:
    """Twenty hot minutes from minute 30, then cool; and the same once more two hours later."""
    settings = an_installation(folder, an_equipment("P-1"))
    story = [*bearing_at(COOL, 0, 29), *bearing_at(HOT, 30, 49), *bearing_at(COOL, 50, 149)]
    store_history(settings, [*story, *bearing_at(HOT, 150, 169), *bearing_at(COOL, 170, 240)])
    return settings


@pytest.mark.parametrize("scenario", STORIES, ids=[one.name for one in STORIES])
def test_the_stored_history_gives_the_findings_that_the_live_path_gave(
    scenario: Scenario, tmp_path: Path, empty_databases: Callable[[], RelationalDatabase]
) -> None:
    database = empty_databases()
    register(database, scenario.equipment)
    path = start_path(database, CATALOG, scenario.story.t0)
    path.roster.refresh()
    admitted = path.admit(messages_of(scenario))
    live = [finding for outcome in path.replay(admitted.telemetry, batch=7) for finding in outcome.findings]
    settings = an_installation(tmp_path, scenario.equipment)
    store_history(settings, admitted.telemetry)

    t0, end = scenario.story.t0, scenario.story.t0 + scenario.story.duration + HOUR
    result = backtest(settings, "all", start=t0 - HOUR, end=end)

    in_order = sorted(live, key=lambda one: (one.at, one.equipment, one.rule))
    assert msgspec.json.encode(list(result.settings[0].findings)) == msgspec.json.encode(in_order)


def test_each_alarm_is_an_episode_with_an_order_of_its_own(tmp_path: Path) -> None:
    [setting] = backtest(hot_pump(tmp_path), RULE, start=T0, end=T0 + 5 * HOUR).settings

    assert [(one.onset_at, one.key.raised_at, one.cleared_at) for one in setting.episodes] == [
        (at(30), at(40), at(50)),
        (at(150), at(160), at(170)),
    ]
    assert [(one.number, one.previous, one.opened_at) for one in setting.orders] == [
        ("WO-20260101-0001", None, at(40)),
        ("WO-20260101-0002", "WO-20260101-0001", at(160)),
    ]


def test_an_alarm_within_a_known_fault_has_found_it_and_the_other_is_false(tmp_path: Path) -> None:
    settings = hot_pump(tmp_path)
    known = KnownFault(equipment="P-1", fault_mode=BEARING, onset=at(140), failure=at(220), source=FILE)
    asked = Asked(rules=(RULE,), start=T0, end=T0 + 5 * HOUR, faults=(known,))

    [setting] = run_backtest(settings, asked, map_here).settings

    assert [one.fault is None for one in setting.episodes] == [True, False]
    assert [found.lead for found in setting.faults] == [timedelta(minutes=60)]
    figures = setting.figures
    assert (figures.alarms, figures.false_alarms, figures.found) == (2, 1, 1)
    assert figures.device_months == pytest.approx(240 / (30 * 1440))
    assert figures.false_per_month == pytest.approx(180)
    assert figures.share_in_alarm == pytest.approx(20 / 240)


def test_an_order_that_nobody_has_judged_makes_its_alarm_neither_false_nor_right(tmp_path: Path) -> None:
    settings = hot_pump(tmp_path)
    order = replace(a_work_order(fault_mode=BEARING, status=WorkOrderStatus.CLOSED, opened_at=at(40)), ended_at=at(60))
    with open_database(settings.database) as database, database.transaction() as repositories:
        assert repositories.orders.add(order)

    result = backtest(settings, RULE, start=T0, end=T0 + 5 * HOUR)

    [setting] = result.settings
    assert (setting.figures.alarms, setting.figures.undecided, setting.figures.false_alarms) == (2, 1, 1)
    assert (setting.figures.faults, setting.figures.found) == (0, 0)
    rows = [line.split() for line in backtest_lines(result, Language.EN, settings.zone)]
    assert ["of", "them", "undecided", "1"] in rows


def test_a_fault_mode_that_is_another_is_not_found(tmp_path: Path) -> None:
    other = KnownFault(equipment="P-1", fault_mode="PMP-CAV", onset=at(0), failure=at(240), source=FILE)
    asked = Asked(rules=(RULE,), start=T0, end=T0 + 5 * HOUR, faults=(other,))

    [setting] = run_backtest(hot_pump(tmp_path), asked, map_here).settings

    assert (setting.figures.false_alarms, setting.figures.found) == (2, 0)


def test_two_settings_stand_side_by_side(tmp_path: Path) -> None:
    changed = Trial(label="changed", wishes=read_changes([f"{RULE}.limit=84", f"{RULE}.for=15m"]))
    trials = (Trial(label=AS_IT_STANDS, wishes={}), changed)
    asked = Asked(rules=(RULE,), start=T0, end=T0 + 5 * HOUR, trials=trials)

    before, after = run_backtest(hot_pump(tmp_path), asked, map_here).settings

    assert [one.key.raised_at for one in before.episodes] == [at(40), at(160)]
    assert [one.key.raised_at for one in after.episodes] == [at(45), at(165)]
    evidence = after.findings[0].evidence
    assert (evidence.limit, evidence.clear_limit, evidence.basis) == (84.0, 83.0, "own limit")


def test_only_the_asked_time_is_read(tmp_path: Path) -> None:
    [setting] = backtest(hot_pump(tmp_path), RULE, start=at(100), end=at(200)).settings

    assert [one.key.raised_at for one in setting.episodes] == [at(160)]
    assert [(one.coverage.first_ms, one.coverage.messages) for one in setting.equipment] == [
        (round(at(100).timestamp() * 1000), 100)
    ]


def test_sites_in_processes_come_to_the_same_as_here(tmp_path: Path) -> None:
    far = an_equipment("P-2", site="s2")
    settings = an_installation(tmp_path, an_equipment("P-1"), far)
    there = [replace(one, site="s2") for one in bearing_at(HOT, 0, 60, code="P-2")]
    store_history(settings, [*bearing_at(HOT, 0, 60), *there])
    asked = Asked(rules=("pump.bearing_*",), start=T0, end=T0 + 2 * HOUR)

    here, apart = (run_backtest(settings, asked, over) for over in (map_here, map_by(settings)))

    assert {one.site for one in here.settings[0].episodes} == {"s1", "s2"}
    assert here.settings == apart.settings


def test_how_far_it_has_come_is_known_of_all_sites_together(tmp_path: Path) -> None:
    far = an_equipment("P-2", site="s2")
    settings = an_installation(tmp_path, an_equipment("P-1"), far)
    there = [replace(one, site="s2") for one in bearing_at(HOT, 0, 60, code="P-2")]
    store_history(settings, [*bearing_at(HOT, 0, 60), *there])
    progress = tmp_path / "progress"
    progress.mkdir()
    shares = []

    def one_by_one(function: Callable[[Given], Made], things: Iterable[Given], /) -> Iterator[Made]:
        for thing in things:
            shares.append(share_done(progress))
            yield function(thing)

    asked = Asked(rules=(RULE,), start=T0, end=T0 + 2 * HOUR, progress=progress)
    run_backtest(settings, asked, one_by_one)

    assert [*shares, share_done(progress)] == [0.0, 0.5, 1.0]


def test_the_limit_that_is_suggested_keeps_the_wish_and_the_next_finer_one_does_not(tmp_path: Path) -> None:
    asked = Asked(rules=(RULE,), start=T0, end=T0 + 5 * HOUR, wish=0.1)

    suggestion = run_backtest(hot_pump(tmp_path), asked, map_here).suggestion

    assert suggestion is not None
    assert suggestion.limit is not None
    assert suggestion.limit.value is not None
    assert HOT <= suggestion.limit.value < HOT + 1  # strictly above: 85 °C itself crosses a limit of 85 no longer
    assert (suggestion.false_alarms, suggestion.shown) == (0, False)
    assert suggestion.at_most == pytest.approx(3.0 / (240 / 43_200), rel=0.01)
    assert suggestion.months_needed == pytest.approx(30)


def test_a_limit_that_would_stand_for_ever_is_not_suggested_although_it_is_one_alarm_only(tmp_path: Path) -> None:
    settings = an_installation(tmp_path, an_equipment("P-1"))
    store_history(settings, bearing_at(COOL, 0, 2879))
    asked = Asked(rules=(RULE,), start=T0, end=T0 + 48 * HOUR, wish=15.0)  # one false alarm in two days is allowed

    suggestion = run_backtest(settings, asked, map_here).suggestion

    assert suggestion is not None
    assert suggestion.limit is not None
    assert suggestion.limit.value is not None
    assert suggestion.limit.value >= COOL


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (Asked(rules=("pump.bearing_tmp_warning",), start=T0, end=T0 + HOUR), UnknownThing, RULE),
        (Asked(rules=(RULE,), start=T0 + HOUR, end=T0), InvalidInput, "--to"),
        (Asked(rules=(RULE,), start=T0, end=T0 + HOUR, equipment=("P-9",)), UnknownEquipment, "P-9"),
        (Asked(rules=("elevator.*",), start=T0, end=T0 + HOUR), MaintError, "no equipment for these rules"),
        (Asked(rules=("pump.*",), start=T0, end=T0 + HOUR, wish=0.1), InvalidInput, "one rule at a time"),
        (
            Asked(rules=(RULE,), start=T0 - 2 * HOUR, end=T0 - HOUR),
            MaintError,
            "P-1: 2026-01-01T08:00:00+08:00 to 2026-01-01T12:00:00+08:00",
        ),
    ],
    ids=["unknown rule", "from after to", "unknown equipment", "no such equipment", "many rules", "no history"],
)
def test_what_cannot_be_tried_is_said_in_one_line(
    asked: Asked, error: type[MaintError], said: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said.replace("+", r"\+")):
        run_backtest(hot_pump(tmp_path), asked, map_here)


def test_a_limit_beyond_what_the_metric_can_be_is_refused(tmp_path: Path) -> None:
    trial = Trial(label="changed", wishes=read_changes([f"{RULE}.limit=9000"]))
    with pytest.raises(InvalidInput, match="outside the range"):
        run_backtest(hot_pump(tmp_path), Asked(rules=(RULE,), start=T0, end=at(60), trials=(trial,)), map_here)


def with_own_rules(settings: Settings, folder: Path, rules: str) -> Settings:
    """The installation, whose catalog has these rules of pumps beside the built-in ones."""
    folder.mkdir()
    common = 'severity = "warning"\nfault_mode = "PMP-BEAR"\nbasis = "engineering default"\n'
    text = rules.replace("[rules.own]\n", f"[rules.own]\n{common}")
    (folder / "own.toml").write_text(f'schema = 1\nextends = "pump"\n{text}', encoding="utf-8")
    return settings.model_copy(update={"catalog_dir": folder})


def test_a_combination_tried_alone_takes_along_what_it_names_and_counts_none_of_it(tmp_path: Path) -> None:
    settings = an_installation(tmp_path, an_equipment("P-1"))
    hot_and_shaking = [
        replace(one, values={**one.values, "vib_rms": 20.0, "running": 1.0}) for one in bearing_at(HOT, 0, 60)
    ]
    store_history(settings, [*hot_and_shaking, *bearing_at(COOL, 61, 120)])
    combination = '[rules.own]\nwhen = "bearing_temp_warning and vib_rms_warning"\nis = true\nfor = "0s"\n'

    tried = with_own_rules(settings, tmp_path / "catalog", combination)
    [alone] = backtest(tried, "pump.own", start=T0, end=T0 + 3 * HOUR).settings
    [among_all] = backtest(tried, "all", start=T0, end=T0 + 3 * HOUR).settings

    assert {one.rule for one in alone.findings} == {"pump.own"}
    assert list(alone.findings) == [one for one in among_all.findings if one.rule == "pump.own"]
    assert [one.rules for one in alone.episodes] == [("pump.own",)]
    assert [[entry.rule for entry in order.timeline if entry.rule] for order in alone.orders] == [["pump.own"]]


@pytest.mark.parametrize(("zone", "findings"), [("America/New_York", 2), ("Asia/Shanghai", 0)])
def test_a_schedule_tells_the_time_of_the_site(tmp_path: Path, zone: str, findings: int) -> None:
    settings = hot_pump(tmp_path).model_copy(update={"site_timezone": zone})
    evening = """
[schedules.evening]
hours = "18:00-20:00"
[rules.own]
metric = "bearing_temp"
above = 80
clear = 78
for = "10m"
only = ["evening"]
"""

    tried = with_own_rules(settings, tmp_path / "catalog", evening)
    [setting] = backtest(tried, "pump.own", start=T0, end=T0 + HOUR).settings

    assert len(setting.findings) == findings  # at 08:00 in Shanghai it is 19:00 in New York


def test_an_alarm_flaps_when_the_settings_say_so(tmp_path: Path) -> None:
    settings = an_installation(tmp_path, an_equipment("P-1"))
    [one] = bearing_at(HOT, 0, 0)
    chatter = [
        replace(one, at_ms=one.at_ms + second * 1000, values={"bearing_temp": HOT if second % 10 else COOL})
        for second in range(0, 60, 5)
    ]
    store_history(settings, chatter)
    at_once = '[rules.own]\nmetric = "bearing_temp"\nabove = 80\nclear = 78\nfor = "0s"\n'

    tried = with_own_rules(settings, tmp_path / "catalog", at_once)
    patient = tried.model_copy(update={"flapping_raises": 10})
    [often] = backtest(patient, "pump.own", start=T0, end=T0 + HOUR).settings
    [once] = backtest(tried, "pump.own", start=T0, end=T0 + HOUR).settings

    assert (len(often.episodes), len(once.episodes)) == (6, 4)
