"""The committed boards, taken apart: every query with what Grafana would read from its answer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

GRAFANA = Path(__file__).parents[2] / "grafana"
BOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
RULES = GRAFANA / "provisioning" / "alerting" / "rules.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One query of a board.

    `columns` must be in the answer; `tags` must be among its series' tags; `others_allowed` when further columns are
    dropped by the panel.  `min_interval` and `time_from` are the panel's own, as written.
    """

    board: str
    place: str
    query: str
    columns: frozenset[str]
    tags: frozenset[str] = frozenset()
    others_allowed: bool = False
    min_interval: str | None = None
    time_from: str | None = None

    def __str__(self) -> str:
        return f"{self.board}: {self.place}"


def load_board(path: Path) -> dict[str, Any]:
    """Strictly as Grafana reads it: UTF-8 without a byte-order mark."""
    board: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return board


def panels_of(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All panels but the headings, those inside collapsed headings included."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def variables_of(board: dict[str, Any]) -> list[Question]:
    """The variables in their order; each may use those before it."""
    return [
        Question(board=board["uid"], place=item["name"], query=item["query"], columns=frozenset({"key", "value"}))
        for item in board["templating"]["list"]
    ]


def marks_of(board: dict[str, Any]) -> list[Question]:
    """The annotations, without Grafana's own."""
    return [_mark(board["uid"], item) for item in board["annotations"]["list"] if not item.get("builtIn")]


def targets_of(board: dict[str, Any]) -> list[Question]:
    """The queries of all panels."""
    return [_target(board["uid"], panel, target) for panel in panels_of(board) for target in panel["targets"]]


def alerts() -> list[Question]:
    """The queries of the alert rules; their labels name tags."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [
        Question(
            board="alerting",
            place=rule["title"],
            query=rule["data"][0]["model"]["query"],
            columns=frozenset({"time"}),
            tags=frozenset(tag for tag in ("site", "equipment") if f"$labels.{tag}" in str(rule["annotations"])),
            others_allowed=True,
            time_from=f"{rule['data'][0]['relativeTimeRange']['from']}s",
        )
        for group in groups
        for rule in group["rules"]
    ]


def _mark(uid: str, item: dict[str, Any]) -> Question:
    target = item["target"]
    columns = {"time", target["textColumn"], *target["tagsColumn"].split(",")}
    return Question(
        board=uid, place=item["name"], query=target["query"], columns=frozenset(columns), others_allowed=True
    )


def _target(uid: str, panel: dict[str, Any], target: dict[str, Any]) -> Question:
    place = panel["title"] if target["refId"] == "A" else f"{panel['title']} ({target['refId']})"
    if target["resultFormat"] == "table":
        columns, others_allowed, tags = _table_columns(panel), _keeps_only_named(panel), frozenset[str]()
    else:
        columns, others_allowed = {"time"}, True
        tags = frozenset(word.removeprefix("$tag_") for word in target["alias"].split() if word.startswith("$tag_"))
    return Question(
        board=uid,
        place=place,
        query=target["query"],
        columns=frozenset(columns),
        tags=tags,
        others_allowed=others_allowed,
        min_interval=panel.get("interval"),
        time_from=panel.get("timeFrom"),
    )


def _table_columns(panel: dict[str, Any]) -> set[str]:
    """Every column that the table names: in its order, among the hidden ones, in its overrides; and the time."""
    named = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    for transformation in panel["transformations"]:
        options = transformation["options"]
        named |= {*options.get("indexByName", {}), *options.get("excludeByName", {})}
        named |= set(options.get("include", {}).get("names", []))
    return {"time" if name == "Time" else name for name in named} | {"time"}


def _keeps_only_named(panel: dict[str, Any]) -> bool:
    return any(transformation["id"] == "filterFieldsByName" for transformation in panel["transformations"])
