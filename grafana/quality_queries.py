"""What the data-quality board asks of `ingest`, the service's own counters (one series per worker of an installation),
and of `data_quality`, the figures of each piece of equipment.

Counters begin at 0 with each process: `non_negative_…` leaves a restart out.  What is worked out from differences has
no row where nothing was reported, so it is asked once more by interval: `fill(null)` then keeps an outage a gap.
"""

from collections.abc import Iterable

from grafana.influxql import BY_INTERVAL, IN_RANGE, Scope, call, name, select, union
from iot_maint.domain.catalog import DATA_QUALITY
from iot_maint.ingest.own_counters import MEASUREMENT

ON_WORKER: Scope = ('"worker" =~ /^$worker$/',)
BY_WORKER = (name("worker"), name("installation"))
WORKER_ALIAS = "$tag_worker @ $tag_installation"
_SOURCE = name(MEASUREMENT)
_CHOSEN = (*ON_WORKER, IN_RANGE)
_EVERY = (BY_INTERVAL, *BY_WORKER)


def workers() -> str:
    """The workers that ever reported."""
    return f'SHOW TAG VALUES FROM "{MEASUREMENT}" WITH KEY = "worker"'


def gauge(field: str, function: str) -> str:
    """The gauge over time; `function` says which of an interval's values counts."""
    return select([call(function, field)], _SOURCE, where=_CHOSEN, group_by=_EVERY, fill="null")


def newest(field: str) -> str:
    """One value per worker."""
    return select([call("last", field)], _SOURCE, where=_CHOSEN, group_by=BY_WORKER)


def rate(counter: str) -> str:
    """By how much the counter grew, per second."""
    return _by_interval(f'non_negative_derivative(last("{counter}"), 1s) AS "v"')


def mean(total: str, count: str) -> str:
    """By how much one counter grew for each step of another."""
    return _by_interval(f'{_growth(total)} / {_growth(count)} AS "v"')


def growth(counter: str) -> str:
    """By how much the counter grew in the time range, over all workers."""
    grown = select([f'non_negative_difference("{counter}") AS "v"'], _SOURCE, where=_CHOSEN, group_by=BY_WORKER)
    return select([call("sum", "v")], union([grown]), where=(IN_RANGE,))


def growth_by_label(counter: str) -> str:
    """By how much each label's field grew, over all workers: a column for each label that ever occurred."""
    grown = select(
        [f"non_negative_difference(last(/^{counter}_/))"], _SOURCE, where=_CHOSEN, group_by=_EVERY, fill="none"
    )
    return select([f"sum(/{counter}_/)"], union([grown]), where=(IN_RANGE,), group_by=(BY_INTERVAL,), fill="null")


def worst_by_label(labelled_gauge: str) -> str:
    """The largest value of each label's field in an interval, over all workers."""
    return select([f"max(/^{labelled_gauge}_/)"], _SOURCE, where=_CHOSEN, group_by=(BY_INTERVAL,), fill="null")


def by_site(figure: str, function: str) -> str:
    """A figure of the data's quality over time, of all equipment of a site together."""
    columns, every = [call(function, figure)], (BY_INTERVAL, name("site"))
    return select(columns, name(DATA_QUALITY), where=(IN_RANGE,), group_by=every, fill="null")


def newest_figures(figures: Iterable[str]) -> str:
    """A row per equipment that reported any of the figures, a column per figure."""
    columns = [call("last", figure, named=figure) for figure in figures]
    return select(columns, name(DATA_QUALITY), where=(IN_RANGE,), group_by=(name("site"), name("equipment")))


def column_of(counter: str, label: str) -> str:
    """What InfluxDB calls a label's column in the answer to `growth_by_label`."""
    return f"sum_non_negative_difference_{counter}_{label}"


def _growth(counter: str) -> str:
    return f'non_negative_difference(last("{counter}"))'


def _by_interval(column: str) -> str:
    grown: Iterable[str] = [select([column], _SOURCE, where=_CHOSEN, group_by=_EVERY, fill="none")]
    return select([call("last", "v")], union(grown), where=(IN_RANGE,), group_by=_EVERY, fill="null")
