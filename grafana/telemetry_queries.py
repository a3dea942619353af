"""What the boards ask of telemetry: one measurement per type, a field per metric, tags `site` and `equipment`."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from grafana.influxql import BY_INTERVAL, IN_RANGE, ON_EQUIPMENT, ON_SITE, Scope, call, name, select, union
from iot_maint.domain.catalog import UNREGISTERED, EquipmentType

_SITE, _EQUIPMENT = name("site"), name("equipment")
_CHOSEN = (*ON_EQUIPMENT, IN_RANGE)
_OFTEN = timedelta(hours=1)


def sites(measurement: str | None = None) -> str:
    """The sites that ever sent anything; with a measurement, those that have it."""
    source = f' FROM "{measurement}"' if measurement else ""
    return f'SHOW TAG VALUES{source} WITH KEY = "site"'


def equipment_of(measurement: str) -> str:
    """The equipment of one type on the chosen sites."""
    return f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "equipment" WHERE {ON_SITE[0]}'


def trend(measurement: str, metric: str, *, function: str = "mean", fill: str = "null") -> str:
    """One series per equipment.  `fill(null)` keeps an outage a gap."""
    return select(
        [call(function, metric)], name(measurement), where=_CHOSEN, group_by=[BY_INTERVAL, _EQUIPMENT], fill=fill
    )


def one_value(measurement: str, metric: str, *, function: str = "last") -> str:
    """One value per equipment over the whole time range."""
    return select([call(function, metric)], name(measurement), where=_CHOSEN, group_by=[_EQUIPMENT])


def newest_of_each(measurement: str, metrics: Iterable[str]) -> str:
    """A row per equipment that has any of the metrics, a column per metric."""
    columns = [call("last", metric, named=metric) for metric in metrics]
    return select(columns, name(measurement), where=_CHOSEN, group_by=[_SITE, _EQUIPMENT])


def newest_time(type_: EquipmentType, scope: Scope) -> str:
    """A row per equipment; its time is that of the newest value of whichever metric."""
    return _newest_value(type_, scope, [_SITE, _EQUIPMENT])


def newest_time_of_sites(type_: EquipmentType) -> str:
    """A row per site, of all of them; its time is that of the newest value of whichever equipment."""
    return _newest_value(type_, (), [_SITE])


def count_reporting(type_: EquipmentType, scope: Scope) -> str:
    """How many pieces of equipment sent anything."""
    return select([call("count", "v")], union([_newest_value(type_, scope, [_EQUIPMENT])]), where=(IN_RANGE,))


def newest_unregistered(scope: Scope) -> str:
    """A row per code that is not in the register; which metrics it sends nobody knows beforehand."""
    newest_first = "ORDER BY time DESC LIMIT 1"
    return select(["*"], name(UNREGISTERED), where=(*scope, IN_RANGE), group_by=[_SITE, _EQUIPMENT], tail=newest_first)


def count_values(type_: EquipmentType, scope: Scope) -> str:
    """How many values arrived, over time."""
    counted = union(
        select(
            [call("count", metric, named="v")],
            name(type_.name),
            where=(*scope, IN_RANGE),
            group_by=[BY_INTERVAL],
            fill="none",
        )
        for metric in type_.metrics
    )
    return select([call("sum", "v")], counted, where=(IN_RANGE,), group_by=[BY_INTERVAL], fill="null")


def silent_sites(types: Iterable[EquipmentType]) -> str:
    """Per site the values of each five minutes, averaged over three of them: 0 after ten silent minutes or more.

    The newest five minutes have only begun, so alone they would call every site silent.
    """
    every = ["time(5m)", _SITE]
    counted = union(
        select([call("count", metric, named="v")], name(type_.name), where=(IN_RANGE,), group_by=every, fill="none")
        for type_ in types
        for metric in _signs_of_life(type_)
    )
    return select(['moving_average(sum("v"), 3)'], counted, where=(IN_RANGE,), group_by=every, fill="0")


def _newest_value(type_: EquipmentType, scope: Scope, tags: Sequence[str]) -> str:
    # `last` without a time grouping reads one block a series, so a metric more costs next to nothing.
    newest = union(
        select([call("last", metric, named="v")], name(type_.name), where=(*scope, IN_RANGE), group_by=tags)
        for metric in type_.metrics
    )
    return select([call("last", "v", named="v")], newest, where=(IN_RANGE,), group_by=tags)


def _signs_of_life(type_: EquipmentType) -> list[str]:
    """The metrics that come by the clock, several an hour; all of them, should there be none."""
    often = [m.name for m in type_.metrics.values() if m.interval is not None and m.interval < _OFTEN]
    return often or list(type_.metrics)
