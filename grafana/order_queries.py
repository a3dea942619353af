"""What the boards ask of `work_order_event`: tags site, equipment, fault_mode, urgency, event; fields number, title."""

from collections.abc import Iterable

from grafana.influxql import BY_INTERVAL, IN_RANGE, Scope, any_of, call, name, select, union
from grafana.words import ENDING_EVENTS

ORDER_EVENTS = "work_order_event"

_SOURCE = name(ORDER_EVENTS)
_COLUMNS = [name(column) for column in ("number", "title", "urgency", "event", "site", "equipment", "fault_mode")]
_COUNT = call("count", "number")
_OPENED = any_of("event", ["opened"])
_BECAME_URGENT = any_of("event", ["opened", "urgency_raised", "reopened", "reopen"])


def open_orders(scope: Scope, *, most_urgent: int) -> str:
    """Orders of urgency 1 to `most_urgent` that were not ended, whenever they began."""
    return _standing(_COLUMNS, scope, most_urgent)


def count_open_orders(scope: Scope, *, most_urgent: int) -> str:
    """How many those are."""
    return _standing([_COUNT], scope, most_urgent)


def count_opened(scope: Scope) -> str:
    """How many orders were opened in the time range."""
    return select([_COUNT], _SOURCE, where=(_OPENED, *scope, IN_RANGE))


def opened_over_time(scope: Scope) -> str:
    """The same over time, by urgency at the opening."""
    by = [BY_INTERVAL, name("urgency")]
    return select([_COUNT], _SOURCE, where=(_OPENED, *scope, IN_RANGE), group_by=by, fill="null")


def opened_by_fault(scope: Scope) -> str:
    """How many orders each fault mode opened."""
    counted = call("count", "number", named="orders")
    return select([counted], _SOURCE, where=(_OPENED, *scope, IN_RANGE), group_by=[name("fault_mode")])


def newest_events(scope: Scope, *, limit: int) -> str:
    """The newest events of whichever kind."""
    return select(_COLUMNS, _SOURCE, where=(*scope, IN_RANGE), tail=f"ORDER BY time DESC LIMIT {limit}")


def count_ended(verdict: str, scope: Scope) -> str:
    """How many orders ended in the time range with that verdict."""
    judged = any_of("verdict", [verdict])  # a field, written alike
    return select([_COUNT], _SOURCE, where=(any_of("event", ENDING_EVENTS), judged, *scope, IN_RANGE))


def riskiest(scope: Scope, weights: Iterable[tuple[int, int]], *, limit: int) -> str:
    """The equipment with the most opened orders, each counting its (urgency, weight)."""
    by = [name("equipment")]
    weighted = union(
        select(
            [f'{_COUNT} * {weight} AS "v"'],
            _SOURCE,
            where=(_OPENED, any_of("urgency", [str(urgency)]), *scope, IN_RANGE),
            group_by=by,
        )
        for urgency, weight in weights
    )
    summed = select([call("sum", "v", named="v")], weighted, group_by=by)
    return select([f'top("v", "equipment", {limit}) AS "risk"'], union([summed]))


def annotations(scope: Scope, *, opened: bool) -> str:
    """What the boards mark on their time axes: the openings, or all that came after."""
    # From Grafana 10 on a column called `event`, `order` or `work` would be taken for all of them.
    columns = [name(column) for column in ("title", "number", "equipment", "urgency")]
    chosen = _OPENED if opened else "\"event\" != 'opened'"
    return select(columns, _SOURCE, where=(chosen, *scope, IN_RANGE))


def urgent_orders() -> str:
    """Orders that became, or are again, urgency 1; per minute."""
    by = ["time(1m)", *(name(tag) for tag in ("site", "equipment", "fault_mode"))]
    return select(
        [_COUNT], _SOURCE, where=(any_of("urgency", ["1"]), _BECAME_URGENT, IN_RANGE), group_by=by, fill="none"
    )


def _standing(columns: Iterable[str], scope: Scope, most_urgent: int) -> str:
    """There is one open order per equipment and fault mode, so the newest event of each says where it stands."""
    newest = select(
        [call("last", "number", named="number"), name("title"), name("urgency"), name("event")],
        _SOURCE,
        where=scope,
        group_by=[name(tag) for tag in ("site", "equipment", "fault_mode")],
    )
    urgent = any_of("urgency", [str(urgency) for urgency in range(1, most_urgent + 1)])
    not_ended = tuple(f"\"event\" != '{event}'" for event in ENDING_EVENTS)
    return select(columns, union([newest]), where=(*not_ended, urgent))
