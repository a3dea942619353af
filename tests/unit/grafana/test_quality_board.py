"""Every reason that is counted has a Chinese name on the board, under the name that InfluxDB gives its column."""

from collections.abc import Mapping
from typing import Any

import pytest

from grafana.reason_words import DROP_NAMES, PLATFORM_ALARM_NAMES, REJECTION_NAMES, STORE_NAMES
from iot_maint.ingest.own_counters import BY_LABEL, OTHER, PLATFORM_ALARMS
from tests.grafana.boards import GRAFANA, load_board, panels_of

NAMES = {"messages_rejected": REJECTION_NAMES, "values_dropped": DROP_NAMES, "store_failures": STORE_NAMES}


def panel_called(title: str) -> dict[str, Any]:
    board = load_board(GRAFANA / "dashboards" / "data-quality.json")
    [panel] = [panel for panel in panels_of(board) if panel["title"] == title]
    return panel


@pytest.mark.parametrize("counter", NAMES)
def test_every_label_has_a_name_of_its_own(counter: str) -> None:
    names = NAMES[counter]

    assert BY_LABEL.keys() - NAMES.keys() == {"platform_alarm"}
    assert set(names) == BY_LABEL[counter] | {OTHER}
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("title", "counter", "names"),
    [
        ("拒收原因", "messages_rejected", REJECTION_NAMES),
        ("丢弃原因", "values_dropped", DROP_NAMES),
        ("存储失败的次数", "store_failures", STORE_NAMES),
    ],
)
def test_the_bars_of_a_label_carry_its_name(title: str, counter: str, names: Mapping[str, str]) -> None:
    shown = {
        override["matcher"]["options"]: override["properties"][0]["value"]
        for override in panel_called(title)["fieldConfig"]["overrides"]
    }

    assert shown == {f"sum_non_negative_difference_{counter}_{label}": name for label, name in names.items()}
    assert panel_called(title)["targets"][0]["alias"] == "$col"


def test_the_platforms_alarms_carry_their_names() -> None:
    panel = panel_called("平台告警")
    shown = {
        override["matcher"]["options"]: override["properties"][0]["value"]
        for override in panel["fieldConfig"]["overrides"]
    }

    assert PLATFORM_ALARM_NAMES.keys() == PLATFORM_ALARMS
    assert shown == {f"max_platform_alarm_{kind}": name for kind, name in PLATFORM_ALARM_NAMES.items()}
    assert len(set(PLATFORM_ALARM_NAMES.values())) == len(PLATFORM_ALARM_NAMES)
