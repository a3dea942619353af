"""Each kind of rule over one story: when it speaks, what it compares with, and when it lets go."""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import DerivedMetric, Limit, LimitDuring, MetricKind
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.findings import Finding, FindingKind
from iot_maint.domain.schedules import Schedule
from iot_maint.domain.signals import Baseline, Composite, Duration, Rate, Sensed, Sequence, Share, SignalKind, Starts
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.applicability import RuleStanding
from iot_maint.rules.program import Program, reports_with_speed, retire_rules
from iot_maint.rules.state import EquipmentState
from tests.rule_builders import T0_MS, a_metric, a_monitored, a_program, a_rule, run, seconds_of, telemetry

HOUR_S, DAY_S = 3600.0, 86_400.0
BASE = Baseline(days=5, learn=3)
HELD = replace(BASE, hold=True)
RUNNING = a_metric("running", kind=MetricKind.BOOLEAN)


def days_of(value: float, first: int, last: int) -> list[Telemetry]:
    """Four readings a day, of whole days."""
    return [
        telemetry(day * DAY_S + hour * HOUR_S, bearing_temp=value)
        for day in range(first, last)
        for hour in (1, 7, 13, 19)
    ]


def told(findings: Iterable[Finding]) -> list[tuple[str, float]]:
    return [(finding.kind.value, seconds_of(finding.at)) for finding in findings]


def sensed(finding: Finding) -> Sensed:
    assert finding.evidence.signal is not None
    return finding.evidence.signal


def drift(signal: Baseline = BASE) -> Program:
    return a_program(a_rule("drift", above=20.0, clear=15.0, dwell_s=0, signal=signal))


def test_a_base_speaks_once_it_knows_enough_days() -> None:
    program = drift()
    state, found = run(program, [*days_of(50.0, 0, 2), *days_of(90.0, 2, 3)])
    assert found == []
    (report,) = reports_with_speed(state, program)
    assert (report.standing, report.detail) == (RuleStanding.LEARNING, "2/3")

    state, found = run(program, days_of(50.0, 0, 4))
    (report,) = reports_with_speed(state, program)
    assert report.standing is RuleStanding.RUNNING
    _, found = run(program, [telemetry(4 * DAY_S, bearing_temp=61.0)], state)

    assert told(found) == [("raised", 4 * DAY_S)]
    assert sensed(found[0]) == Sensed(kind=SignalKind.BASELINE, value=22.0, unit="%", base=50.0, over_s=3 * DAY_S)
    assert found[0].evidence.readings[-1] == (T0_MS + round(4 * DAY_S * 1000), 61.0)


def test_a_base_is_the_median_of_daily_medians_so_that_one_bad_day_is_nothing() -> None:
    _, found = run(drift(), [*days_of(50.0, 0, 1), *days_of(55.0, 1, 2), *days_of(50.0, 2, 4), *days_of(61.0, 4, 5)])

    assert sensed(found[0]).base == 50.0


def test_readings_while_the_rule_stands_do_not_enter_the_base() -> None:
    state, found = run(drift(), [*days_of(50.0, 0, 4), *days_of(65.0, 4, 30)])

    assert [one.kind for one in found] == [FindingKind.RAISED]
    _, found = run(drift(), [telemetry(31 * DAY_S, bearing_temp=57.0)], state)
    assert sensed(found[0]).value == 14.0


def test_a_held_base_is_not_taken_along_by_slow_wear() -> None:
    wear = [reading for day in range(60) for reading in days_of(50.0 * (1 + 0.005 * day), day, day + 1)]

    assert [one.kind for one in run(drift(), wear)[1]] == []
    _, found = run(drift(HELD), wear)
    assert found[0].kind is FindingKind.RAISED
    assert sensed(found[0]).base == 50.5


def test_after_maintenance_the_base_begins_anew() -> None:
    state, _ = run(drift(), days_of(50.0, 0, 5))
    repairing = a_program(
        a_rule("drift", above=20.0, clear=15.0, dwell_s=0, signal=BASE),
        monitored=a_monitored(status=EquipmentStatus.UNDER_MAINTENANCE),
    )
    state, evidence = retire_rules(state, repairing)
    assert (state.signals, evidence) == ({}, ())
    state, found = run(repairing, days_of(90.0, 5, 6), state)
    assert (state.signals, found) == ({}, [])

    state, found = run(drift(), days_of(70.0, 6, 11), state)
    assert found == []
    assert run(drift(), [telemetry(11 * DAY_S, bearing_temp=85.0)], state)[1] != []


def test_what_was_found_against_the_old_base_is_let_go_with_it() -> None:
    """The repaired one has no base for days: nothing could say before that the fault is gone."""
    state, found = run(drift(), [*days_of(50.0, 0, 5), telemetry(5 * DAY_S, bearing_temp=75.0)])
    assert [one.kind for one in found] == [FindingKind.RAISED]
    repairing = a_program(
        a_rule("drift", above=20.0, clear=15.0, dwell_s=0, signal=BASE),
        monitored=a_monitored(status=EquipmentStatus.UNDER_MAINTENANCE),
    )

    state, evidence = retire_rules(state, repairing)
    assert [one.rule for one in evidence] == ["pump.drift"]
    assert (state.rules, state.signals) == ({}, {})


def test_maintenance_and_a_restart_in_it_forget_nothing_but_bases() -> None:
    """What is due, or counted in a window, is as true during a repair; a restart looks at the program anew."""
    often = a_rule("often", metric="running", above=3.0, clear=2.5, dwell_s=0, signal=Starts(window=timedelta(hours=1)))
    repairing = a_program(often, monitored=a_monitored(status=EquipmentStatus.UNDER_MAINTENANCE))
    state, _ = run(repairing, [telemetry(60.0 * n, running=float(n % 2)) for n in range(5)])

    assert state.signals
    assert retire_rules(state, repairing) == (state, ())


def test_an_old_checkpoint_without_signals_goes_on() -> None:
    state = EquipmentState(series={})

    assert run(drift(), days_of(50.0, 0, 4), state)[0].signals


def test_a_rate_is_judged_over_its_window() -> None:
    program = a_program(a_rule("up", above=20.0, clear=10.0, dwell_s=0, signal=Rate(window=timedelta(minutes=30))))
    steady = [telemetry(60.0 * n, bearing_temp=50.0) for n in range(60)]
    rising = [telemetry(3600 + 60.0 * n, bearing_temp=50.0 + n) for n in range(30)]
    _, found = run(program, [*steady, *rising])

    # 30 minutes of window, in which it has risen for n: n·2 a hour.
    assert [one.kind for one in found] == [FindingKind.RAISED]
    assert sensed(found[0]).base == 50.0
    assert 20.0 < sensed(found[0]).value < 24.0
    assert 3600 + 10 * 60 <= seconds_of(found[0].at) <= 3600 + 12 * 60


def test_starts_are_counted_over_an_hour() -> None:
    program = a_program(
        a_rule("often", metric="running", above=3.0, clear=2.5, dwell_s=0, signal=Starts(window=timedelta(hours=1))),
        metrics=(RUNNING,),
    )
    story = [telemetry(300.0 * n, running=float(n % 2)) for n in range(12)]
    quiet = [telemetry(3600 + 600.0 * n, running=1.0) for n in range(8)]
    _, found = run(program, [*story, *quiet])

    assert told(found) == [("raised", 2100.0), ("cleared", 6000.0)]
    assert sensed(found[0]).value == 4.0


def test_a_share_waits_for_enough_readings() -> None:
    share = Share(window=timedelta(hours=24), lowest=-10.0, highest=10.0, at_least=20)
    program = a_program(a_rule("scattered", above=20.0, clear=15.0, dwell_s=0, signal=share))
    values = [12.0, -12.0, 12.0] + [0.0] * 15 + [11.0, 0.0, 11.0, 0.0]
    _, found = run(program, [telemetry(60.0 * n, bearing_temp=value) for n, value in enumerate(values)])

    assert told(found) == [("raised", 20 * 60.0)]  # 5 of 21; 4 of 20 is not more than 20 %
    assert sensed(found[0]).base == 21.0


def test_a_duration_is_added_up_within_its_window() -> None:
    long = Duration(window=timedelta(hours=1), lowest=-math.inf, highest=0.0)
    program = a_program(
        a_rule("long", metric="running", above=1200.0, clear=600.0, dwell_s=0, signal=long), metrics=(RUNNING,)
    )
    on = [telemetry(60.0 * n, running=float(n % 20 < 10)) for n in range(40)]
    _, found = run(program, [*on, *(telemetry(2400 + 60.0 * n, running=0.0) for n in range(60))])

    assert found == []  # 10 + 10 minutes are not more than 20
    _, found = run(program, [*on, *(telemetry(2400 + 60.0 * n, running=float(n < 5)) for n in range(60))])
    assert told(found)[0] == ("raised", 2460.0)
    assert told(found)[1][0] == "cleared"


MANUAL = Sequence(after="running == 0", until="automatic == 1")


def fire_pump() -> Program:
    return a_program(
        a_rule("manual", metric="automatic", above=1800.0, clear=60.0, dwell_s=0, signal=MANUAL),
        metrics=(RUNNING, a_metric("automatic", kind=MetricKind.BOOLEAN), a_metric("pressure")),
    )


def test_a_fire_pump_left_in_manual_after_a_test_is_found_by_any_later_message() -> None:
    test = [telemetry(0, running=0.0, automatic=1.0), telemetry(60, running=1.0, automatic=0.0)]
    after = [telemetry(600, running=0.0), telemetry(2399, pressure=1.0), telemetry(2400, pressure=1.0)]
    state, found = run(fire_pump(), [*test, *after])
    assert found == []

    state, found = run(fire_pump(), [telemetry(2401, pressure=1.0)], state)
    assert told(found) == [("raised", 2401.0)]
    assert (sensed(found[0]).value, sensed(found[0]).of) == (1801.0, "automatic == 1")
    assert found[0].evidence.readings[-1] == (T0_MS + 60_000, 0.0)  # the reading itself, as old as it is

    _, found = run(fire_pump(), [telemetry(2700, pressure=1.0), telemetry(3000, automatic=1.0)], state)
    assert told(found) == [("cleared", 3000.0)]


def test_a_fire_pump_that_is_back_in_automatic_in_time_is_not_due() -> None:
    story = [
        telemetry(0, running=1.0, automatic=0.0),
        telemetry(600, running=0.0),
        telemetry(2300, automatic=1.0),
        telemetry(9000, pressure=1.0),
        telemetry(9100, automatic=0.0),
        telemetry(19000, pressure=1.0),
    ]
    assert run(fire_pump(), story)[1] == []


def test_a_derived_metric_is_judged_like_any_other() -> None:
    rise = DerivedMetric(metric=a_metric("rise"), expression="bearing_temp - room_temp")
    program = a_program(
        a_rule("rise", metric="rise", above=40.0, clear=35.0, dwell_s=120),
        metrics=(a_metric("bearing_temp"), a_metric("room_temp")),
        derived=(rise,),
    )
    story = [telemetry(60.0 * n, bearing_temp=60.0, room_temp=15.0 if n >= 3 else 25.0) for n in range(8)]
    _, found = run(program, story)

    assert [(seconds_of(one.onset_at), seconds_of(one.at)) for one in found] == [(180.0, 300.0)]
    assert sensed(found[0]).of == "bearing_temp = 60, room_temp = 15"
    assert [value for _, value in found[0].evidence.readings] == [35.0, 35.0, 35.0, 45.0, 45.0, 45.0]


def test_a_derived_metric_has_no_value_while_an_input_is_stale() -> None:
    rise = DerivedMetric(metric=a_metric("rise"), expression="bearing_temp - room_temp")
    program = a_program(
        a_rule("rise", metric="rise", above=40.0, clear=35.0, dwell_s=0),
        metrics=(a_metric("bearing_temp"), a_metric("room_temp")),
        derived=(rise,),
    )
    assert run(program, [telemetry(0, room_temp=10.0), telemetry(181, bearing_temp=60.0)])[1] == []
    assert len(run(program, [telemetry(0, room_temp=10.0), telemetry(180, bearing_temp=60.0)])[1]) == 1


def test_a_combination_stands_while_its_rules_do_or_did_a_while_ago() -> None:
    both = Composite(when="hot and shaking", within=timedelta(minutes=10))
    program = a_program(
        a_rule("hot", above=80.0, clear=79.0, dwell_s=0),
        a_rule("shaking", metric="vib_rms", above=5.0, clear=4.5, dwell_s=0),
        a_rule("both", is_=1.0, dwell_s=0, signal=both, fault_mode="PMP-CAV"),
    )
    story = [
        telemetry(0, bearing_temp=85.0),
        telemetry(60, bearing_temp=70.0),
        telemetry(660, vib_rms=6.0),
        telemetry(661, vib_rms=6.0),
    ]
    _, found = run(program, story)
    assert [(one.rule, one.kind.value, seconds_of(one.at)) for one in found] == [
        ("pump.hot", "raised", 0.0),
        ("pump.hot", "cleared", 60.0),
        ("pump.shaking", "raised", 660.0),
        ("pump.both", "raised", 660.0),
        ("pump.both", "cleared", 661.0),
    ]
    assert sensed(found[3]).of == "hot, shaking"


def test_a_limit_is_another_one_at_night_and_rests_in_a_maintenance_window() -> None:
    night = Schedule(name="night", hours=(time(22), time(6)))
    noon = Schedule(name="noon", hours=(time(12), time(13)))
    at_night = LimitDuring(schedule="night", limit=Limit(value=60.0), clear_limit=Limit(value=58.0))
    program = a_program(
        replace(a_rule("hot", above=80.0, clear=78.0, dwell_s=0), during=(at_night,), never=("noon",)),
        schedules=(night, noon),
    )

    def at(clock: str, value: float) -> list[float]:
        local = datetime.fromisoformat(f"2026-03-10T{clock}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
        message = telemetry(local.timestamp() - T0_MS / 1000, bearing_temp=value)
        return [one.evidence.limit for one in run(program, [message])[1]]

    assert at("21:59", 70.0) == []
    assert at("22:00", 70.0) == [60.0]
    assert at("05:59", 70.0) == [60.0]
    assert at("11:59", 85.0) == [80.0]
    assert at("12:30", 85.0) == []
