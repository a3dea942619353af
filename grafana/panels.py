"""Grafana's panels as plain tables; a panel knows everything but its place.

Each setting was tried on a real Grafana 9.4; where newer versions read another key, both are written.
"""

from collections.abc import Sequence

from grafana.words import DATASOURCE, NO_DATA, Json

_REDUCE: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def series(query: str, *, alias: str, ref: str = "A") -> Json:
    """A query for all but tables.  Always an alias: the default names differ between versions."""
    return _target(query, ref) | {"resultFormat": "time_series", "alias": alias}


def rows(query: str, *, ref: str = "A") -> Json:
    """A query for a table."""
    return _target(query, ref) | {"resultFormat": "table"}


def override(name: str, **properties: object) -> Json:
    """Settings of one column or series; `custom__width=90` is the property `custom.width`."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()],
    }


def map_values(texts: dict[str, Json]) -> Json:
    """One value mapping: `{"0": {"text": "停"}}`."""
    return {
        "type": "value",
        "options": {value: result | {"index": index} for index, (value, result) in enumerate(texts.items())},
    }


def stat(
    title: str,
    targets: Sequence[Json],
    *,
    description: str,
    defaults: Json | None = None,
    no_value: str = NO_DATA,
    color_mode: str = "value",
    text_mode: str = "auto",
    time_from: str | None = None,
) -> Json:
    """One tile per series."""
    panel = _panel(
        "stat",
        title,
        targets,
        description,
        {"noValue": no_value, "color": {"mode": "thresholds"}, "thresholds": plain_thresholds()} | (defaults or {}),
        {
            "reduceOptions": _REDUCE,
            "colorMode": color_mode,
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": text_mode,
        },
    )
    return panel | ({"timeFrom": time_from} if time_from else {})


def bar_gauge(title: str, targets: Sequence[Json], *, description: str, defaults: Json) -> Json:
    """One bar per series."""
    return _panel(
        "bargauge",
        title,
        targets,
        description,
        {"noValue": NO_DATA, "color": {"mode": "thresholds"}, "min": 0, "thresholds": plain_thresholds("blue")}
        | defaults,
        {
            "reduceOptions": _REDUCE,
            "displayMode": "basic",
            "orientation": "horizontal",
            "showUnfilled": True,
            "valueMode": "color",
        },
    )


def time_series(
    title: str,
    targets: Sequence[Json],
    *,
    description: str,
    defaults: Json,
    custom: Json,
    calcs: Sequence[str] = ("lastNotNull", "max"),
    overrides: Sequence[Json] = (),
    interval: str | None = None,
    time_from: str | None = None,
) -> Json:
    """Curves over time; `custom` over the house's own way of drawing."""
    drawing: Json = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 0,
        "showPoints": "auto",
        "pointSize": 5,
        "spanNulls": False,
        "axisPlacement": "auto",
    }
    panel = _panel(
        "timeseries",
        title,
        targets,
        description,
        {"noValue": NO_DATA, "color": {"mode": "palette-classic"}, "thresholds": plain_thresholds()}
        | defaults
        | {"custom": drawing | custom},
        {
            "legend": {"showLegend": True, "displayMode": "table", "placement": "bottom", "calcs": list(calcs)},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        overrides,
    )
    return panel | ({"interval": interval} if interval else {}) | ({"timeFrom": time_from} if time_from else {})


def state_timeline(
    title: str,
    targets: Sequence[Json],
    *,
    description: str,
    mappings: Sequence[Json],
    links: Sequence[Json],
    interval: str,
    overrides: Sequence[Json] = (),
) -> Json:
    """A bar per series, coloured by its state."""
    panel = _panel(
        "state-timeline",
        title,
        targets,
        description,
        {
            # `thresholds` as the mode would ignore the colours of the mappings.
            "color": {"mode": "fixed", "fixedColor": "text"},
            "custom": {"fillOpacity": 80, "lineWidth": 0},
            "mappings": list(mappings),
            "links": list(links),
        },
        {
            "mergeValues": True,
            "showValue": "auto",
            "alignValue": "left",
            "rowHeight": 0.85,
            "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "single", "sort": "none"},
        },
        overrides,
    )
    return panel | {"interval": interval}


def table(
    title: str,
    targets: Sequence[Json],
    *,
    description: str,
    columns: Sequence[str],
    hidden: Sequence[str] = (),
    overrides: Sequence[Json] = (),
    sort_by: tuple[str, bool] | None = None,
    only: bool = False,
) -> Json:
    """`columns` by their names in the answer, in the order wanted; `sort_by` is (shown name, descending).

    `only`: columns that are not named are left out, whatever they are called.
    """
    panel = _panel(
        "table",
        title,
        targets,
        description,
        # 9.4 reads displayMode, newer ones cellOptions.
        {"noValue": NO_DATA, "custom": {"align": "auto", "displayMode": "auto", "cellOptions": {"type": "auto"}}},
        {
            "showHeader": True,
            "cellHeight": "sm",
            "footer": {"show": False, "reducer": ["sum"], "fields": ""},
            "sortBy": [{"displayName": sort_by[0], "desc": sort_by[1]}] if sort_by else [],
        },
        overrides,
    )
    # Newer versions order the tags' columns at random.
    organize: Json = {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {name: index for index, name in enumerate(columns)},
            "renameByName": {},
        },
    }
    keep: Json = {"id": "filterFieldsByName", "options": {"include": {"names": list(columns)}}}
    return panel | {"transformations": [keep, organize] if only else [organize]}


def row(title: str) -> Json:
    """A heading; the grid decides what stands below it."""
    return {"type": "row", "title": title, "collapsed": False, "panels": []}


def plain_thresholds(colour: str = "text") -> Json:
    """One colour, whatever the value."""
    return {"mode": "absolute", "steps": [{"color": colour, "value": None}]}


def alarming_thresholds(colour: str) -> Json:
    """That colour from 1 on."""
    return {"mode": "absolute", "steps": [{"color": "green", "value": None}, {"color": colour, "value": 1}]}


def cell(kind: str) -> Json:
    """How a column is drawn, as `override` takes it; for 9.4 and for newer versions."""
    if kind == "background":
        return {
            "custom__displayMode": "color-background-solid",
            "custom__cellOptions": {"type": "color-background", "mode": "basic"},
        }
    return {"custom__displayMode": "basic", "custom__cellOptions": {"type": "gauge", "mode": "basic"}}


def _panel(
    kind: str,
    title: str,
    targets: Sequence[Json],
    description: str,
    defaults: Json,
    options: Json,
    overrides: Sequence[Json] = (),
) -> Json:
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": options,
        "targets": list(targets),
    }


def _target(query: str, ref: str) -> Json:
    return {"refId": ref, "datasource": DATASOURCE, "rawQuery": True, "query": query}
