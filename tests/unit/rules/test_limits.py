from datetime import timedelta

import pytest

from iot_maint.domain.catalog import (
    Basis,
    BasisKind,
    Comparison,
    Limit,
    Metric,
    MetricKind,
    Occurs,
    Severity,
    Text,
    ThresholdRule,
)
from iot_maint.rules.limits import check_limit, check_rule, check_severities


def absolute(value: float) -> Limit:
    return Limit(value=value)


def of_setpoint(*, times: float = 1.0, plus: float = 0.0) -> Limit:
    return Limit(parameter="setpoint", times=times, plus=plus)


@pytest.mark.parametrize(
    ("comparison", "limit", "clear_limit"),
    [
        (Comparison.ABOVE, absolute(80), absolute(79)),
        (Comparison.BELOW, absolute(-20), absolute(-19)),
        (Comparison.ABOVE, of_setpoint(plus=0.05), of_setpoint(plus=0.047)),
        (Comparison.BELOW, of_setpoint(times=0.8), of_setpoint(times=0.82)),
        (Comparison.BELOW, of_setpoint(times=0.8, plus=0.1), of_setpoint(times=0.82, plus=0.2)),
        (Comparison.IS, absolute(1), absolute(1)),
    ],
)
def test_a_clear_limit_on_the_good_side_is_sound(comparison: Comparison, limit: Limit, clear_limit: Limit) -> None:
    assert check_limit(comparison, limit, clear_limit) == ()


@pytest.mark.parametrize(
    ("comparison", "limit", "clear_limit"),
    [
        (Comparison.ABOVE, absolute(80), absolute(80)),
        (Comparison.ABOVE, absolute(80), absolute(81)),
        (Comparison.BELOW, absolute(0.1), absolute(0.09)),
        (Comparison.ABOVE, of_setpoint(plus=0.05), of_setpoint(plus=0.05)),
        (Comparison.BELOW, of_setpoint(times=0.8), of_setpoint(times=0.7)),
        # Above or below the limit, depending on the setpoint: not to be decided, so not sound.
        (Comparison.ABOVE, of_setpoint(times=1.1), of_setpoint(times=1.0, plus=0.2)),
        (Comparison.ABOVE, of_setpoint(), Limit(parameter="nameplate.other", plus=-1)),
        (Comparison.ABOVE, absolute(80), of_setpoint(times=0.5)),
        (Comparison.ABOVE, of_setpoint(), absolute(0)),
        (Comparison.IS, absolute(1), absolute(0)),
    ],
)
def test_a_clear_limit_elsewhere_is_the_problem(comparison: Comparison, limit: Limit, clear_limit: Limit) -> None:
    problems = check_limit(comparison, limit, clear_limit)

    assert [problem.attribute for problem in problems] == ["clear_limit"]


@pytest.mark.parametrize(
    "limit",
    [
        absolute(float("nan")),
        absolute(float("inf")),
        of_setpoint(plus=float("-inf")),
        of_setpoint(times=0),
        Limit(),
        Limit(value=1, parameter="setpoint"),
    ],
)
def test_a_limit_that_is_no_number_is_the_problem(limit: Limit) -> None:
    problems = check_limit(Comparison.ABOVE, limit, absolute(0))

    assert [problem.attribute for problem in problems] == ["limit"]


def test_a_boolean_has_no_limit_between_true_and_false() -> None:
    problems = check_limit(Comparison.IS, absolute(0.5), absolute(0.5))

    assert [problem.attribute for problem in problems] == ["limit"]


def a_metric(*, kind: MetricKind = MetricKind.NUMBER, occurs: Occurs | None = None) -> Metric:
    return Metric(
        name="vib_rms",
        label=Text(zh="振动", en="Vibration"),
        unit="mm/s",
        kind=kind,
        interval=None if occurs else timedelta(seconds=60),
        occurs=occurs,
        normal=None,
        minimum=0.0,
        maximum=100.0,
        sentinels=frozenset(),
        members=(),
        kinds=frozenset(),
    )


def a_rule(
    *,
    limit: float = 5.1,
    clear_limit: float = 4.9,
    comparison: Comparison = Comparison.ABOVE,
    severity: Severity = Severity.WARNING,
    for_duration: timedelta = timedelta(0),
    occurrences: int = 1,
    max_gap: timedelta | None = None,
    kinds: frozenset[str] = frozenset(),
) -> ThresholdRule:
    return ThresholdRule(
        id=f"pump.vib_rms_{severity}",
        key=f"vib_rms_{severity}",
        metric="vib_rms",
        comparison=comparison,
        limit=absolute(limit),
        clear_limit=absolute(clear_limit),
        for_duration=for_duration,
        occurrences=occurrences,
        severity=severity,
        fault_mode="PMP-BEAR",
        kinds=kinds,
        gated=False,
        max_gap=max_gap,
        basis=Basis(kind=BasisKind.ENGINEERING_DEFAULT),
    )


def problems_of(rule: ThresholdRule, metric: Metric) -> list[str]:
    return [problem.attribute for problem in check_rule(rule, metric)]


def test_a_rule_that_dwells_on_a_periodic_metric_is_sound() -> None:
    assert problems_of(a_rule(for_duration=timedelta(minutes=10)), a_metric()) == []


def test_a_rule_that_counts_what_comes_per_trip_is_sound() -> None:
    assert problems_of(a_rule(occurrences=5), a_metric(occurs=Occurs.TRIP)) == []


@pytest.mark.parametrize(
    ("rule", "metric", "attribute"),
    [
        (a_rule(for_duration=timedelta(minutes=1)), a_metric(occurs=Occurs.TRIP), "for_duration"),
        (a_rule(for_duration=-timedelta(minutes=1)), a_metric(), "for_duration"),
        (a_rule(max_gap=timedelta(minutes=3)), a_metric(occurs=Occurs.TRIP), "max_gap"),
        (a_rule(max_gap=timedelta(seconds=59)), a_metric(), "max_gap"),
        (a_rule(occurrences=5), a_metric(), "occurrences"),
        (a_rule(occurrences=0), a_metric(occurs=Occurs.TRIP), "occurrences"),
        (a_rule(), a_metric(kind=MetricKind.COUNTER), "metric"),
        (a_rule(), a_metric(kind=MetricKind.ENUM), "metric"),
        (a_rule(), a_metric(kind=MetricKind.BOOLEAN), "comparison"),
        (a_rule(comparison=Comparison.IS, limit=1, clear_limit=1), a_metric(), "comparison"),
        (a_rule(limit=101), a_metric(), "limit"),
        (a_rule(clear_limit=-1), a_metric(), "clear_limit"),
    ],
)
def test_a_rule_that_does_not_suit_its_metric_is_the_problem(
    rule: ThresholdRule, metric: Metric, attribute: str
) -> None:
    assert problems_of(rule, metric) == [attribute]


def test_a_critical_that_is_crossed_before_its_warning_is_named() -> None:
    warning, critical = a_rule(limit=5.1), a_rule(limit=5.0, severity=Severity.CRITICAL)

    assert [key for key, _ in check_severities([warning, critical])] == ["vib_rms_critical"]


def test_a_critical_beyond_its_warning_is_sound() -> None:
    warning, critical = a_rule(limit=5.1), a_rule(limit=8.5, severity=Severity.CRITICAL)

    assert check_severities([warning, critical]) == ()


def test_limits_of_kinds_that_no_equipment_shares_are_not_compared() -> None:
    warning = a_rule(limit=5.1, kinds=frozenset({"fire"}))
    critical = a_rule(limit=5.0, kinds=frozenset({"booster"}), severity=Severity.CRITICAL)

    assert check_severities([warning, critical]) == ()
