"""Which metrics stand together."""

from dataclasses import replace

from grafana.metric_panels import panel_of
from grafana.sections import group_metrics
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import MetricKind
from tests.rule_builders import a_metric, a_text, a_type

TYPES = load_catalog().types


def test_every_metric_is_in_exactly_one_group() -> None:
    for type_ in TYPES.values():
        grouped = [metric.name for group in group_metrics(type_) for metric in group.metrics]
        assert sorted(grouped) == sorted(type_.metrics)


def test_a_type_with_kinds_is_grouped_by_them() -> None:
    assert [group.title for group in group_metrics(TYPES["pump"])] == ["通用监测", "二次供水泵", "消防泵", "排污泵"]


def test_a_type_without_kinds_is_grouped_by_how_its_metrics_come() -> None:
    groups = group_metrics(TYPES["elevator"])

    assert [group.title for group in groups] == ["状态与事件", "连续监测", "按次监测", "累计量"]
    assert [group.background for group in groups] == [False, False, False, True]


def test_a_lone_metric_joins_the_group_that_has_its_kind() -> None:
    [transformers] = [group for group in group_metrics(TYPES["power_room"]) if "油浸式变压器" in group.title]

    assert {"winding_temp", "top_oil_temp"} <= {metric.name for metric in transformers.metrics}


def test_states_come_before_numbers_and_counters_last() -> None:
    names = [metric.name for metric in group_metrics(TYPES["pump"])[0].metrics]

    assert names[:2] == ["running", "standby_reverse_flow"]
    assert names[-1] == "run_time"


def test_an_enum_is_a_timeline_of_its_members() -> None:
    mode = a_metric("mode", kind=MetricKind.ENUM, members=("手动", "自动"))
    type_ = replace(a_type([], [mode]), label=a_text("冷机"))

    panel = panel_of(type_, mode)

    assert panel["type"] == "state-timeline"
    assert "'1': {'text': '自动'" in str(panel["fieldConfig"])
