"""Threshold rules over event time: dwell, hysteresis, gate, gaps, lateness."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_maint.domain.catalog import Limit, MetricKind, Occurs, Severity
from iot_maint.domain.equipment import EquipmentStatus, LimitOverride
from iot_maint.domain.findings import Finding, FindingKind, RunningKnowledge
from iot_maint.rules.applicability import RuleStanding
from iot_maint.rules.program import reports_with_speed, retire_rules
from iot_maint.rules.state import EquipmentState, decode_state, encode_state
from tests.rule_builders import (
    a_metric,
    a_monitored,
    a_program,
    a_rule,
    every,
    run,
    seconds_of,
    telemetry,
)

HOT = a_rule(above=80.0, clear=78.0, dwell_s=600)


def kinds(findings: list[Finding]) -> list[FindingKind]:
    return [finding.kind for finding in findings]


def test_a_value_beyond_the_limit_for_the_whole_dwell_raises_once() -> None:
    _, findings = run(a_program(HOT), every(60, 1200, 85.0))
    assert kinds(findings) == [FindingKind.RAISED]
    assert seconds_of(findings[0].onset_at) == 0
    assert seconds_of(findings[0].at) == 600


def test_a_value_exactly_at_the_limit_is_not_beyond_it() -> None:
    _, findings = run(a_program(HOT), every(60, 1200, 80.0))
    assert findings == []


def test_one_good_reading_restarts_the_dwell() -> None:
    messages = [*every(60, 540, 85.0), telemetry(600, bearing_temp=77.0), *every(60, 1260, 85.0, start_s=660)]
    _, findings = run(a_program(HOT), messages)
    assert [seconds_of(finding.onset_at) for finding in findings] == [660]


def test_noise_between_the_limits_neither_restarts_the_dwell_nor_raises() -> None:
    noisy = [telemetry(60 * i, bearing_temp=85.0 if i % 3 == 0 else 79.0) for i in range(12)]
    _, findings = run(a_program(HOT), [*noisy, telemetry(720, bearing_temp=85.0)])
    assert [(seconds_of(f.onset_at), seconds_of(f.at)) for f in findings] == [(0, 720)]


def test_a_rule_that_counts_starts_anew_with_the_first_value_not_beyond() -> None:
    slip = a_rule(metric="rope_slip", above=20.0, clear=10.0, dwell_s=0, occurrences=2)
    program = a_program(slip, metrics=[a_metric("rope_slip", occurs=Occurs.TRIP)])
    _, findings = run(program, [telemetry(i, rope_slip=v) for i, v in enumerate((25.0, 15.0, 25.0))])
    assert findings == []


def test_a_raised_rule_clears_only_beyond_its_clear_limit() -> None:
    hovering = [telemetry(660 + 60 * i, bearing_temp=79.0 + (i % 2) * 2) for i in range(10)]
    _, findings = run(a_program(HOT), [*every(60, 600, 85.0), *hovering, telemetry(1300, bearing_temp=77.9)])
    assert kinds(findings) == [FindingKind.RAISED, FindingKind.CLEARED]
    assert seconds_of(findings[1].at) == 1300


def test_a_lower_limit_raises_below_and_clears_above() -> None:
    program = a_program(a_rule(below=10.0, clear=11.0, dwell_s=0))
    _, findings = run(program, [telemetry(i, bearing_temp=v) for i, v in enumerate((12.0, 9.9, 10.5, 11.1))])
    assert kinds(findings) == [FindingKind.RAISED, FindingKind.CLEARED]


def test_a_boolean_rule_raises_at_once_and_clears_with_the_other_value() -> None:
    program = a_program(a_rule(is_=1.0, dwell_s=0))
    _, findings = run(program, [telemetry(i, bearing_temp=v) for i, v in enumerate((0.0, 1.0, 1.0, 0.0))])
    assert kinds(findings) == [FindingKind.RAISED, FindingKind.CLEARED]


def test_a_gap_longer_than_three_intervals_restarts_the_dwell() -> None:
    _, findings = run(a_program(HOT), every(60, 300, 85.0) + every(60, 1200, 85.0, start_s=481))
    assert [seconds_of(finding.onset_at) for finding in findings] == [481]


def test_a_gap_of_three_intervals_does_not() -> None:
    _, findings = run(a_program(HOT), every(60, 300, 85.0) + every(60, 1200, 85.0, start_s=480))
    assert [seconds_of(finding.onset_at) for finding in findings] == [0]


def test_the_registers_interval_of_the_equipment_replaces_the_catalogs() -> None:
    slow = a_monitored(parameters={"interval.bearing_temp": 300.0})
    _, findings = run(a_program(HOT, monitored=slow), every(300, 900, 85.0))
    assert kinds(findings) == [FindingKind.RAISED]


def test_a_series_sampled_slower_than_its_gap_never_raises_and_is_reported() -> None:
    program = a_program(HOT)
    state, findings = run(program, every(300, 3000, 85.0))
    assert findings == []
    (report,) = reports_with_speed(state, program)
    assert report.standing is RuleStanding.SAMPLED_TOO_SLOWLY


def test_metrics_that_come_per_trip_count_occurrences_in_a_row() -> None:
    slip = a_rule(metric="rope_slip", above=20.0, clear=19.0, dwell_s=0, occurrences=3)
    program = a_program(slip, metrics=[a_metric("rope_slip", occurs=Occurs.TRIP)])
    messages = [
        telemetry(hour * 3600, rope_slip=value) for hour, value in enumerate((25.0, 25.0, 18.0, 25.0, 25.0, 25.0))
    ]
    _, findings = run(program, messages)
    assert [seconds_of(finding.at) for finding in findings] == [5 * 3600]


def test_duplicates_and_older_readings_decide_nothing() -> None:
    messages = every(60, 600, 85.0)
    doubled = [message for message in messages for _ in range(2)]
    stale = telemetry(30, bearing_temp=20.0)
    _, once = run(a_program(HOT), messages)
    _, twice = run(a_program(HOT), [*doubled[:-1], stale, doubled[-1]])
    assert once == twice


def test_a_late_reading_completes_the_dwell_but_only_one_on_time_raises() -> None:
    late = [replace(message, received_at_ms=message.at_ms + 7_200_000) for message in every(60, 600, 85.0)]
    program = a_program(HOT)
    state, findings = run(program, late)
    assert findings == []
    _, findings = run(program, [telemetry(660, bearing_temp=85.0)], state)
    assert [(seconds_of(f.onset_at), seconds_of(f.at)) for f in findings] == [(0, 600)]


def test_a_late_reading_clears() -> None:
    program = a_program(HOT)
    state, _ = run(program, every(60, 600, 85.0))
    _, findings = run(program, [telemetry(660, received_s=9000, bearing_temp=20.0)], state)
    assert kinds(findings) == [FindingKind.CLEARED]


def test_retained_messages_are_no_evidence() -> None:
    retained = [replace(message, retained=True) for message in every(60, 1200, 85.0)]
    state, findings = run(a_program(HOT), retained)
    assert findings == []
    assert state == EquipmentState()


@pytest.mark.parametrize("status", [EquipmentStatus.STOPPED, EquipmentStatus.RETIRED])
def test_equipment_that_is_not_in_use_raises_nothing(status: EquipmentStatus) -> None:
    _, findings = run(a_program(HOT, monitored=a_monitored(status=status)), every(60, 1200, 85.0))
    assert findings == []


def test_what_is_found_under_maintenance_is_raised() -> None:
    repairing = a_monitored(status=EquipmentStatus.UNDER_MAINTENANCE)
    _, findings = run(a_program(HOT, monitored=repairing), every(60, 1200, 85.0))
    assert kinds(findings) == [FindingKind.RAISED]


GATED = a_rule(above=80.0, clear=78.0, dwell_s=120, gated=True)


def test_a_gated_rule_looks_only_while_running() -> None:
    _, stopped = run(a_program(GATED), every(60, 600, 85.0, running=0.0))
    _, running = run(a_program(GATED), every(60, 600, 85.0, running=1.0))
    assert stopped == []
    assert [finding.evidence.running for finding in running] == [RunningKnowledge.RUNNING]


def test_a_gated_rule_waits_for_the_settle_time_after_a_start() -> None:
    messages = [telemetry(0, running=0.0), *every(60, 900, 85.0, start_s=60, running=1.0)]
    _, findings = run(a_program(GATED), messages)
    assert [seconds_of(finding.onset_at) for finding in findings] == [360]


def test_an_unknown_or_stale_running_state_counts_as_running_and_the_evidence_says_so() -> None:
    _, unknown = run(a_program(GATED), every(60, 600, 85.0))
    _, stale = run(a_program(GATED), [telemetry(0, running=0.0), *every(60, 900, 85.0, start_s=60)])
    assert [finding.evidence.running for finding in unknown + stale] == [RunningKnowledge.ASSUMED] * 2
    assert seconds_of(stale[0].onset_at) == 240


def test_stopping_neither_raises_nor_clears() -> None:
    program = a_program(GATED)
    state, _ = run(program, every(60, 300, 85.0, running=1.0))
    _, findings = run(program, every(60, 900, 0.0, start_s=360, running=0.0), state)
    assert findings == []


def test_a_limit_relative_to_a_parameter_runs_only_with_the_parameter() -> None:
    rule = a_rule(above=Limit(parameter="setpoint", plus=5.0), clear=Limit(parameter="setpoint", plus=4.0), dwell_s=0)
    (missing,) = a_program(rule).reports
    assert (missing.standing, missing.detail) == (RuleStanding.MISSING_PARAMETER, "setpoint")
    with_it = a_program(rule, monitored=a_monitored(parameters={"setpoint": 70.0}))
    _, findings = run(with_it, [telemetry(0, bearing_temp=75.1)])
    assert [finding.evidence.limit for finding in findings] == [75.0]


def test_an_override_replaces_the_limit_for_one_piece_of_equipment() -> None:
    own = LimitOverride(
        equipment="P-01",
        rule_key="hot",
        limit=Limit(value=90.0),
        clear_limit=Limit(value=88.0),
        for_duration=timedelta(0),
    )
    _, findings = run(
        a_program(HOT, monitored=a_monitored(overrides=[own])),
        [telemetry(0, bearing_temp=85.0), telemetry(60, bearing_temp=91.0)],
    )
    assert [(f.evidence.limit, seconds_of(f.at)) for f in findings] == [(90.0, 60)]


def test_a_rule_for_named_equipment_runs_there_alone() -> None:
    rule = replace(a_rule(above=80, clear=75), equipment=frozenset({"P-01", "P-09"}))

    [there] = a_program(rule, monitored=a_monitored(code="P-01")).reports
    [elsewhere] = a_program(rule, monitored=a_monitored(code="P-02")).reports

    assert there.standing is RuleStanding.RUNNING
    assert (elsewhere.standing, elsewhere.detail) == (RuleStanding.OTHER_EQUIPMENT, "P-01, P-09")


def test_a_rule_of_another_kind_does_not_run() -> None:
    rule = replace(HOT, kinds=frozenset({"fire"}))
    assert [r.standing for r in a_program(rule, monitored=a_monitored(kind="booster")).reports] == [
        RuleStanding.OTHER_KIND
    ]
    assert [r.standing for r in a_program(rule).reports] == [RuleStanding.OTHER_KIND]


def test_a_rule_that_is_switched_off_lets_go_of_what_it_raised() -> None:
    state, _ = run(a_program(HOT), every(60, 600, 85.0))
    off = LimitOverride(equipment="P-01", rule_key="hot", enabled=False)
    state, evidence = retire_rules(state, a_program(HOT, monitored=a_monitored(overrides=[off])))
    assert [one.rule for one in evidence] == ["pump.hot"]
    assert state.rules == {}


def test_the_evidence_holds_readings_before_the_crossing_after_it_and_at_the_end() -> None:
    before = every(60, 240, 70.0)
    _, findings = run(a_program(HOT), before + every(60, 1500, 85.0, start_s=300))
    readings = findings[0].evidence.readings
    values = [value for _, value in readings]
    assert values[:4] == [70.0, 70.0, 70.0, 85.0]
    assert readings == tuple(sorted(set(readings)))
    assert seconds_of(findings[0].at) * 1000 + 1_767_225_600_000 == readings[-1][0]


def test_an_enum_compares_by_its_index_and_a_sentinel_is_no_value() -> None:
    metrics = [
        a_metric("mode", kind=MetricKind.ENUM, members=("auto", "manual")),
        a_metric("bearing_temp", sentinels=frozenset({32767.0})),
    ]
    program = a_program(
        a_rule("manual", metric="mode", is_=1.0, dwell_s=0), replace(HOT, for_duration=timedelta(0)), metrics=metrics
    )
    message = replace(telemetry(0, bearing_temp=32767.0), texts={"mode": "manual", "note": "hello"})
    _, findings = run(program, [message])
    assert [finding.evidence.metric for finding in findings] == ["mode"]
    assert program.interpret(message)[1] == {"sentinel": 1, "text": 1}


def test_a_value_that_cannot_be_neither_raises_nor_clears_nor_keeps_a_dwell_alive() -> None:
    metrics = [a_metric("bearing_temp", minimum=-50.0, maximum=300.0)]
    _, findings = run(a_program(HOT, metrics=metrics), every(60, 1200, 6553.5))
    assert findings == []

    broken = every(60, 1200, -273.0, start_s=660)
    _, findings = run(a_program(HOT, metrics=metrics), [*every(60, 600, 85.0), *broken])
    assert kinds(findings) == [FindingKind.RAISED]

    torn = [*every(60, 300, 85.0), *every(60, 600, 6553.5, start_s=360), *every(60, 900, 85.0, start_s=660)]
    _, findings = run(a_program(HOT, metrics=metrics), torn)
    assert findings == []


STREAMS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=40),
        st.floats(min_value=70, max_value=95, allow_nan=False),
        st.sampled_from([None, 0.0, 1.0]),
        st.booleans(),
    ),
    max_size=60,
)
RULES = (
    a_rule("hot", above=80.0, clear=78.0, dwell_s=180, gated=True),
    a_rule("very_hot", above=88.0, clear=86.0, dwell_s=60, severity=Severity.CRITICAL),
)


@given(stream=STREAMS, duplicates=st.lists(st.integers(0, 59), max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_restart_between_readings_and_any_duplicates_give_the_same_findings(
    stream: list[tuple[int, float, float | None, bool]], duplicates: list[int]
) -> None:
    messages = []
    for step, value, running, late in stream:
        at_s = step * 30.0
        more = {} if running is None else {"running": running}
        messages.append(telemetry(at_s, received_s=at_s + (9000 if late else 1), bearing_temp=round(value, 2), **more))
    program = a_program(*RULES)
    _, expected = run(program, messages)

    doubled = [message for i, message in enumerate(messages) for _ in range(1 + duplicates.count(i))]
    state, found = EquipmentState(), []
    for message in doubled:
        state, more_found = run(program, [message], decode_state(encode_state(state)))
        found += more_found
    assert found == expected
