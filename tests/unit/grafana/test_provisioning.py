"""The files that Grafana reads at its start: a bad one would keep it from starting."""

import re
from typing import Any

import pytest
import yaml

from tests.grafana.boards import GRAFANA, RULES

DEPLOY = GRAFANA.parent / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["grafana"]
SOURCES = GRAFANA / "provisioning" / "datasources" / "influxdb.yaml"
PROVIDERS = GRAFANA / "provisioning" / "dashboards" / "boards.yaml"
ALERTING = yaml.safe_load(RULES.read_text(encoding="utf-8"))
ALERT_RULES = [rule for group in ALERTING["groups"] for rule in group["rules"]]

every_rule = pytest.mark.parametrize("rule", ALERT_RULES, ids=[rule["uid"] for rule in ALERT_RULES])


def mounts() -> dict[str, str]:
    """Where the compose file puts the repository's folders: target → source."""
    pairs = [volume.split(":") for volume in COMPOSE["volumes"]]
    return {target: source for source, target, *_ in pairs}


def test_the_data_source_is_influxql_with_a_token() -> None:
    [source] = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["datasources"]

    assert source["type"] == "influxdb"
    assert source["access"] == "proxy"
    assert source["uid"] == "iot-maint-influxdb"
    assert source["database"] == source["jsonData"]["dbName"] == "${INFLUX_BUCKET}"
    assert source["jsonData"]["version"] == "InfluxQL"
    assert source["jsonData"]["httpMode"] == "POST"
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token ${INFLUX_TOKEN}"}


def test_compose_passes_every_variable_that_the_files_use() -> None:
    used = {
        name
        for path in (GRAFANA / "provisioning").rglob("*.yaml")
        for name in re.findall(r"\$\{(\w+)}", path.read_text(encoding="utf-8"))
    }

    assert used == {"INFLUX_URL", "INFLUX_BUCKET", "INFLUX_TOKEN"}
    assert used <= set(COMPOSE["environment"])


def test_compose_mounts_the_files_where_grafana_looks() -> None:
    [provider] = yaml.safe_load(PROVIDERS.read_text(encoding="utf-8"))["providers"]

    assert mounts()["/etc/grafana/provisioning"] == "../grafana/provisioning"
    assert mounts()[provider["options"]["path"]] == "../grafana/dashboards"
    assert provider["type"] == "file"
    assert re.fullmatch(r"[a-z-]{1,40}", provider["folderUid"])


def test_alert_rules_are_told_apart() -> None:
    assert len({rule["uid"] for rule in ALERT_RULES}) == len({rule["title"] for rule in ALERT_RULES}) == 2


def test_a_group_is_evaluated_at_a_multiple_of_ten_seconds() -> None:
    for group in ALERTING["groups"]:
        assert re.fullmatch(r"[1-9]\d*m", group["interval"])


@every_rule
def test_an_alert_rule_has_all_that_is_required(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+[sm]", rule["for"])
    assert rule["noDataState"] in {"OK", "NoData", "Alerting"}
    assert rule["condition"] in {step["refId"] for step in rule["data"]}
    for step in rule["data"]:
        assert step["relativeTimeRange"]["from"] > step["relativeTimeRange"]["to"] >= 0


@every_rule
def test_an_alert_rule_queries_reduces_and_compares(rule: dict[str, Any]) -> None:
    query, reduce_, threshold = rule["data"]

    assert query["datasourceUid"] == "iot-maint-influxdb"
    assert query["model"]["resultFormat"] == "time_series"
    # One field a query: several would be several series without a name of their own.
    assert query["model"]["query"].partition(" FROM ")[0].count('("') == 1
    assert [step["datasourceUid"] for step in (reduce_, threshold)] == ["__expr__", "__expr__"]
    assert (reduce_["model"]["type"], reduce_["model"]["expression"]) == ("reduce", "A")
    assert (threshold["model"]["type"], threshold["model"]["expression"]) == ("threshold", "B")
    assert threshold["model"]["conditions"][0]["evaluator"]["type"] in {"gt", "lt"}


@every_rule
def test_nothing_in_labels_or_title_is_taken_for_the_environment(rule: dict[str, Any]) -> None:
    assert "$" not in rule["title"]
    assert "$" not in str(rule["labels"])


@every_rule
def test_a_message_uses_only_labels_that_the_query_groups_by(rule: dict[str, Any]) -> None:
    grouped = rule["data"][0]["model"]["query"].rpartition("GROUP BY ")[2]

    for label in re.findall(r"\$labels\.(\w+)", str(rule["annotations"])):
        assert f'"{label}"' in grouped
