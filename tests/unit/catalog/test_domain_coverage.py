"""Every row of the trade's sensor tables is in the catalog, with its numbers; `-s` prints them."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import (
    Basis,
    Comparison,
    EquipmentType,
    Limit,
    Metric,
    MetricKind,
    Severity,
    Text,
    ThresholdRule,
)

TYPES = load_catalog().types
SIGNS = {Comparison.ABOVE: ">", Comparison.BELOW: "<", Comparison.IS: "="}


@dataclass
class Row:
    """One line of domain_rows.txt with the limits below it."""

    type: str
    metric: str
    unit: str
    comes: str
    edges: tuple[float | None, float | None]
    kinds: frozenset[str]
    limits: list[str] = field(default_factory=list)


def read_rows() -> list[Row]:
    rows: list[Row] = []
    type_name = ""
    for line in Path(__file__).with_name("domain_rows.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            type_name = line.strip("[]")
        elif line.startswith("    "):
            rows[-1].limits.append(line.strip())
        elif line and not line.startswith("#"):
            metric, unit, comes, edges, kinds = (part.strip() for part in line.split("|"))
            low, high = (float(edge) if edge else None for edge in edges.split(".."))
            rows.append(Row(type_name, metric, unit, comes, (low, high), frozenset(kinds.split())))
    return rows


ROWS = read_rows()
EACH_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}.{row.metric}")


def say_duration(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    for size, symbol in ((3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{symbol}"
    return f"{seconds}s"


def say_limit(limit: Limit) -> str:
    if limit.parameter is None:
        return f"{limit.value:g}"
    times = "" if limit.times == 1 else f" *{limit.times:g}"
    plus = "" if limit.plus == 0 else f" {limit.plus:+g}"
    return f"{limit.parameter}{times}{plus}"


def say_rule(rule: ThresholdRule, metric: Metric) -> str:
    words = [
        rule.severity.value[0].upper(),
        *([rule.signal.tag] if rule.signal is not None else []),
        SIGNS[rule.comparison],
        say_limit(rule.limit),
        f"{rule.occurrences}x" if metric.occurs else say_duration(rule.for_duration),
        rule.fault_mode,
    ]
    gate = ["gated"] if rule.gated else []
    kinds = [f"@{kind}" for kind in sorted(rule.kinds)] if rule.kinds != metric.kinds else []
    return " ".join(words + gate + kinds) + say_standard(rule.basis)


def say_standard(basis: Basis) -> str:
    return f" [{basis.reference}]" if basis.reference else ""


def declared_limits(type_: EquipmentType, metric: str) -> list[str]:
    return [say_rule(rule, type_.metrics[metric]) for rule in type_.rules.values() if rule.metric == metric]


@EACH_ROW
def test_a_row_of_the_trade_has_its_metric(row: Row) -> None:
    metric = TYPES[row.type].metrics[row.metric]

    comes = metric.occurs.value if metric.occurs else say_duration(metric.interval or timedelta(0))

    assert (metric.unit, comes, metric.kinds) == (row.unit, row.comes, row.kinds)


@EACH_ROW
def test_a_row_of_the_trade_has_all_its_limits_running(row: Row) -> None:
    running = declared_limits(TYPES[row.type], row.metric)
    print(f"\n{row.type} {row.metric}: {running or 'none'}")

    assert sorted(running) == sorted(row.limits)


def test_the_catalog_has_no_metric_that_the_trade_does_not_name() -> None:
    assert {(name, metric) for name in ("elevator", "pump", "power_room") for metric in TYPES[name].metrics} == {
        (row.type, row.metric) for row in ROWS
    }


@EACH_ROW
def test_an_alarm_clears_a_tenth_of_the_span_back_over_its_limit(row: Row) -> None:
    """From limit to the nearer edge of normal; where the limit is that edge, from warning to critical."""
    rules = [rule for rule in TYPES[row.type].rules.values() if rule.metric == row.metric]
    for rule in rules:
        if rule.limit.value is None or rule.clear_limit.value is None or rule.comparison is Comparison.IS:
            continue
        above = rule.comparison is Comparison.ABOVE
        edge = (row.edges[1] if above else row.edges[0]) if rule.signal is None else 0.0  # no deviation, no stops
        if edge is None:
            continue
        span = rule.limit.value - edge if above else edge - rule.limit.value
        if span <= 0:
            span = step_to_the_other_severity(rule, rules)
        back = rule.limit.value - rule.clear_limit.value if above else rule.clear_limit.value - rule.limit.value
        assert back == pytest.approx(span / 10), rule.id


def step_to_the_other_severity(rule: ThresholdRule, rules: list[ThresholdRule]) -> float:
    for other in rules:
        same_side = (other.comparison, other.signal, other.limit.parameter) == (rule.comparison, rule.signal, None)
        if same_side and other.severity is not rule.severity:
            return abs((other.limit.value or 0.0) - (rule.limit.value or 0.0))
    # A side with a single limit: the way to the middle of normal (to rated speed for a speed).
    middle = {"speed_ratio_low_warning": 100.0, "household_pressure_high_warning": 0.225}[rule.key]
    return abs(middle - (rule.limit.value or 0.0))


@pytest.mark.parametrize(
    ("rule_id", "clear_limit"),
    [
        ("pump.discharge_pressure_high_warning", "setpoint +0.047"),
        ("pump.discharge_pressure_low_warning", "setpoint -0.047"),
        ("pump.discharge_pressure_low_critical", "setpoint -0.092"),
        ("pump.suction_pressure_warning", "site.suction_pressure *0.82"),
        ("pump.fire_line_pressure_warning", "site.fire_line_pressure *0.91"),
        ("pump.sump_level_warning", "site.sump_start_level +0.18"),
        ("elevator.cabin_noise_critical", "nameplate.cabin_noise_limit +4.5"),
        ("power_room.power_factor_warning", "site.pf_target +0.002"),
        ("power_room.power_factor_critical", "site.pf_target -0.043"),
        ("power_room.top_oil_temp_forced_warning", "nameplate.forced_oil_limit -11"),
        ("power_room.winding_temp_dry_f_warning", "127"),
        ("power_room.winding_temp_dry_f_critical", "145"),
        ("power_room.winding_temp_dry_h_warning", "147"),
        ("power_room.winding_temp_dry_h_critical", "165"),
    ],
)
def test_a_relative_limit_clears_a_tenth_of_its_span_back_too(rule_id: str, clear_limit: str) -> None:
    type_name, key = rule_id.split(".")

    assert say_limit(TYPES[type_name].rules[key].clear_limit) == clear_limit


def test_booleans_and_counters_are_what_the_trade_says() -> None:
    kinds = {
        kind: {metric.name for type_ in TYPES.values() for metric in type_.metrics.values() if metric.kind is kind}
        for kind in MetricKind
    }

    assert kinds[MetricKind.BOOLEAN] == {
        *("running", "entrapment", "safety_chain_open", "pit_water", "standby_reverse_flow"),
        *("fire_auto_mode", "fire_power_ok", "water_leak", "smoke"),
    }
    assert kinds[MetricKind.COUNTER] == {"trips", "run_time", "door_cycles"}


def test_a_worse_severity_is_never_less_urgent() -> None:
    for type_ in TYPES.values():
        for mode in type_.fault_modes.values():
            assert mode.urgency[Severity.CRITICAL] <= mode.urgency[Severity.WARNING], mode.code


def all_texts(type_: EquipmentType) -> list[Text]:
    texts = [type_.label, *type_.kinds.values(), *type_.trades.values()]
    texts += [metric.label for metric in type_.metrics.values()]
    texts += [parameter.label for parameter in type_.parameters.values()]
    texts += [spare.label for spare in type_.spares.values()]
    texts += [text for mode in type_.fault_modes.values() for text in (mode.label, mode.cause, mode.action)]
    texts += [text for plan in type_.plans.values() for text in (plan.label, plan.items)]
    return texts


def test_chinese_texts_are_chinese_and_english_texts_are_not() -> None:
    for type_ in TYPES.values():
        for text in all_texts(type_):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), text
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in text.en), text
