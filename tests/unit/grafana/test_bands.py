"""Limits as coloured bands."""

from dataclasses import replace

from grafana.bands import Bands, bands_of
from iot_maint.domain.catalog import Limit, Severity, ThresholdRule
from tests.rule_builders import a_metric, a_rule, a_type

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL


def _bands(*rules: ThresholdRule, kinds: frozenset[str] = frozenset()) -> Bands:
    metric = replace(a_metric("bearing_temp"), kinds=kinds)
    return bands_of(a_type(rules, [metric]), metric)


def test_above_a_limit_it_grows_worse_upwards() -> None:
    rules = [a_rule("hot", above=80), a_rule("hotter", above=95, severity=CRITICAL)]

    assert _bands(*rules).steps == ((None, None), (80, WARNING), (95, CRITICAL))


def test_below_a_limit_it_grows_worse_downwards() -> None:
    rules = [a_rule("low", below=0.08), a_rule("lower", below=0.05, severity=CRITICAL)]

    assert _bands(*rules).steps == ((None, CRITICAL), (0.05, WARNING), (0.08, None))


def test_between_two_limits_is_normal() -> None:
    assert _bands(a_rule("high", above=7), a_rule("low", below=-7)).steps == ((None, WARNING), (-7, None), (7, WARNING))


def test_the_worse_of_two_severities_is_shown() -> None:
    rules = [a_rule("hot", above=80), a_rule("hot_too", above=80, severity=CRITICAL)]

    assert _bands(*rules).steps == ((None, None), (80, CRITICAL))


def test_a_limit_relative_to_a_parameter_has_no_band() -> None:
    bands = _bands(a_rule("high", above=Limit(parameter="setpoint", plus=0.05)))

    assert not bands.exist
    assert bands.highest is None


def test_limits_that_differ_by_kind_are_lines_in_the_colour_of_the_worst() -> None:
    rules = [
        a_rule("f_warning", above=130, kinds=frozenset({"dry_f"})),
        a_rule("f_critical", above=150, severity=CRITICAL, kinds=frozenset({"dry_f"})),
        a_rule("h_warning", above=150, kinds=frozenset({"dry_h"})),
        a_rule("h_critical", above=170, severity=CRITICAL, kinds=frozenset({"dry_h"})),
    ]
    bands = _bands(*rules, kinds=frozenset({"dry_f", "dry_h"}))

    assert bands.lines
    assert bands.steps == ((None, None), (130, WARNING), (150, CRITICAL), (170, CRITICAL))


def test_the_axis_reaches_the_outermost_limits() -> None:
    bands = _bands(a_rule("high", above=7), a_rule("higher", above=10, severity=CRITICAL), a_rule("low", below=-7))

    assert (bands.lowest, bands.highest) == (-7, 10)


def test_the_axis_does_not_reach_for_a_limit_where_nothing_becomes_worse() -> None:
    rules = [a_rule("low", below=-10, severity=CRITICAL), a_rule("lost", below=-50, severity=CRITICAL)]

    assert _bands(*rules).lowest == -10


def test_grafana_gets_colours() -> None:
    assert _bands(a_rule("hot", above=80)).thresholds() == {
        "mode": "absolute",
        "steps": [{"color": "transparent", "value": None}, {"color": "orange", "value": 80}],
    }
