"""What every board has around its panels: variables, annotations, links, time."""

from collections.abc import Sequence

from grafana.influxql import Scope
from grafana.order_queries import annotations
from grafana.words import DATASOURCE, OVERVIEW_UID, QUALITY_TITLE, QUALITY_UID, Json, board_uid
from iot_maint.domain.catalog import EquipmentType

SCHEMA_VERSION = 39
_ALL: Json = {"selected": True, "text": ["All"], "value": ["$__all"]}


def board(
    uid: str,
    title: str,
    panels: Sequence[Json],
    *,
    description: str,
    variables: Sequence[Json],
    scope: Scope | None,
    links: Sequence[Json],
    time_from: str,
) -> Json:
    """A whole dashboard, as a provisioned file holds it; orders of `scope` are marked, none without one."""
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["iot-maint"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "weekStart": "monday",
        "refresh": "1m",
        "time": {"from": time_from, "to": "now"},
        "timepicker": {},
        "annotations": {"list": [_built_in(), *(_order_marks(scope) if scope is not None else [])]},
        "templating": {"list": list(variables)},
        "links": list(links),
        "panels": list(panels),
    }


def variable(name: str, label: str, query: str) -> Json:
    """Several values or all of them; asked anew when the time range or another variable changes."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        # As plain text: newer versions also write an object, older ones cannot read it.
        "query": query,
        "definition": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": None,
        "regex": "",
        "sort": 1,
        "hide": 0,
        "skipUrlSync": False,
        "current": _ALL,
        "options": [],
    }


def links_between(types: Sequence[EquipmentType], *, of: str) -> list[Json]:
    """To every other board, keeping time and, where both know them, sites; equipment is another one there."""
    others = [
        (OVERVIEW_UID, "总览"),
        *((board_uid(type_), type_.label.zh) for type_ in types),
        (QUALITY_UID, QUALITY_TITLE),
    ]
    return [
        _link(f"/d/{uid}" if QUALITY_UID in (uid, of) else f"/d/{uid}?${{site:queryparam}}", title)
        for uid, title in others
        if uid != of
    ]


def _link(url: str, title: str) -> Json:
    return {
        "type": "link",
        "title": title,
        "url": url,
        "icon": "dashboard",
        "tooltip": "",
        "asDropdown": False,
        "includeVars": False,
        "keepTime": True,
        "targetBlank": False,
        "tags": [],
    }


def _order_marks(scope: Scope) -> list[Json]:
    return [
        _mark("工单开立", annotations(scope, opened=True), "red", enabled=True),
        _mark("工单后续事件", annotations(scope, opened=False), "blue", enabled=False),
    ]


def _mark(name: str, query: str, colour: str, *, enabled: bool) -> Json:
    return {
        "name": name,
        "enable": enabled,
        "hide": False,
        "iconColor": colour,
        "datasource": DATASOURCE,
        # Without fromAnnotations the panels never finish loading; a space in tagsColumn names no column.
        "target": {
            "refId": "Anno",
            "fromAnnotations": True,
            "query": query,
            "textColumn": "title",
            "tagsColumn": "equipment,urgency",
        },
    }


def _built_in() -> Json:
    """Grafana's own, which it adds to any board that lacks it."""
    return {
        "builtIn": 1,
        "name": "Annotations & Alerts",
        "type": "dashboard",
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    }
