"""The boards and the catalog say the same."""

import re
from typing import Any

import pytest

from grafana.words import EVENT_NAMES
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Comparison, EquipmentType, Metric, MetricKind
from iot_maint.domain.work_orders import EntryKind, Transition
from tests.grafana.boards import GRAFANA, load_board, panels_of

CATALOG = load_catalog()
METRICS = [(type_, metric) for type_ in CATALOG.types.values() for metric in type_.metrics.values()]
every_metric = pytest.mark.parametrize(("type_", "metric"), METRICS, ids=[f"{t.name}-{m.name}" for t, m in METRICS])


def own_panel(type_: EquipmentType, metric: Metric) -> dict[str, Any]:
    """The one panel that shows this metric over time, or what was added to a counter."""
    board = load_board(GRAFANA / "dashboards" / f"{type_.name}.json")
    asked = re.compile(rf'\w+ (mean|last|max|min|spread)\("{metric.name}"\) FROM "{type_.name}"')
    kinds = {"timeseries", "state-timeline", "bargauge"}
    [panel] = [p for p in panels_of(board) if p["type"] in kinds and asked.match(p["targets"][0]["query"])]
    return panel


@every_metric
def test_every_metric_has_one_panel_of_its_kind(type_: EquipmentType, metric: Metric) -> None:
    kinds = {MetricKind.BOOLEAN: "state-timeline", MetricKind.COUNTER: "bargauge"}

    assert own_panel(type_, metric)["type"] == kinds.get(metric.kind, "timeseries")


@every_metric
def test_a_panel_carries_the_unit(type_: EquipmentType, metric: Metric) -> None:
    unit = own_panel(type_, metric)["fieldConfig"]["defaults"].get("unit")

    assert unit == (None if metric.unit == "1" else f"suffix:{metric.unit}")


@every_metric
def test_every_absolute_limit_is_an_edge_of_a_band(type_: EquipmentType, metric: Metric) -> None:
    """But one that lies beyond another of its severity, where nothing becomes worse."""
    rules = [
        rule
        for rule in type_.rules.values()
        if rule.metric == metric.name
        and rule.signal is None
        and rule.comparison is not Comparison.IS
        and rule.limit.value is not None
    ]
    hidden = {"power_room.voltage_dev_lost_critical"}
    limits = {rule.limit.value for rule in rules if rule.id not in hidden}
    if metric.kind is MetricKind.NUMBER:
        defaults = own_panel(type_, metric)["fieldConfig"]["defaults"]
        edges = {step["value"] for step in defaults["thresholds"]["steps"]} - {None}
        assert edges == limits
        assert ("thresholdsStyle" in defaults["custom"]) == bool(limits)


@every_metric
def test_a_description_names_every_rule_with_its_basis(type_: EquipmentType, metric: Metric) -> None:
    running = [rule.basis for rule in type_.rules.values() if rule.metric == metric.name]
    description = own_panel(type_, metric)["description"]

    assert description.count("依据：") == len(running)
    for basis in running:
        assert (basis.reference or "工程默认值") in description


@every_metric
def test_an_interval_is_never_shorter_than_that_of_the_samples(type_: EquipmentType, metric: Metric) -> None:
    panel = own_panel(type_, metric)
    if metric.interval is not None and "timeFrom" not in panel and panel["type"] != "bargauge":
        assert int(panel["interval"].rstrip("s")) >= metric.interval.total_seconds()


def test_every_order_event_has_a_chinese_name() -> None:
    # A symptom is told in its order's story, but never sent out as an event.
    assert set(EVENT_NAMES) == {*EntryKind, *Transition} - {EntryKind.TRANSITION, EntryKind.SYMPTOM}


@pytest.mark.parametrize("type_", CATALOG.types.values(), ids=CATALOG.types)
def test_every_fault_mode_is_shown_by_its_name(type_: EquipmentType) -> None:
    board = load_board(GRAFANA / "dashboards" / f"{type_.name}.json")
    [faults] = [panel for panel in panels_of(board) if panel["title"] == "故障分布"]
    texts = {
        code: result["text"]
        for override in faults["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "mappings"
        for mapping in each["value"]
        for code, result in mapping["options"].items()
    }

    assert texts == {code: mode.label.zh for code, mode in type_.fault_modes.items()}
