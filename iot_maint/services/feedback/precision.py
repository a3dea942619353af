"""Precision, coverage and lead time of whatever raised preventive orders, over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.feedback import EndedOrder, EndedQuery
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Repositories
from iot_maint.domain.sources import source_of
from iot_maint.rules.periods import Every, period_of
from iot_maint.rules.precision import Tally, tally

# Counted in memory, with their timelines; a site with a thousand of them a month is beyond help by statistics.
MOST_ORDERS = 50_000


class By(StrEnum):
    """What orders are counted by.  An order counts for each of its rules, detectors and forecasts; else once."""

    RULE = "rule"
    SOURCE = "source"
    EQUIPMENT = "equipment"
    TYPE = "type"
    FAULT_MODE = "fault_mode"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionRow:
    """The orders of one key that ended in [start, end): a period, cut to the span that was asked for.

    `period` is its uncut beginning in epoch ms, 0 for the whole span: the same row, however the span moves with now.
    """

    key: str
    period: int
    start: datetime
    end: datetime
    tally: Tally


def ended_orders(repositories: Repositories, query: EndedQuery) -> list[EndedOrder]:
    """The asked orders; `InvalidInput` when they are too many to be counted at once."""
    if query.since >= query.until:
        raise InvalidInput("from", "must be before `to`")
    orders = repositories.feedback.ended(query, MOST_ORDERS + 1)
    if len(orders) > MOST_ORDERS:
        raise InvalidInput("from", f"more than {MOST_ORDERS} orders ended in that span: ask for a shorter one, or less")
    # One that contributed after the verdict is none of the order's sources.
    return [order for order in orders if query.rule is None or query.rule in order.sources]


def precision_rows(
    orders: Sequence[EndedOrder], query: EndedQuery, by: By, every: Every | None, zone: ZoneInfo
) -> list[PrecisionRow]:
    """By key, then by time; a period without an ended order has no row.  Without `every` the whole span is one."""
    counted: dict[tuple[str, int, datetime, datetime], list[EndedOrder]] = {}
    for order in orders:
        period, start, end = 0, query.since, query.until
        if every is not None:
            first, last = period_of(order.ended_at, every, zone)
            period, start, end = epoch_ms(first), max(start, first), min(end, last)
        for key in _keys(order, query, by):
            counted.setdefault((key, period, start, end), []).append(order)
    return [
        PrecisionRow(key=key, period=period, start=start, end=end, tally=tally(given))
        for (key, period, start, end), given in sorted(counted.items(), key=itemgetter(0))
    ]


def _keys(order: EndedOrder, query: EndedQuery, by: By) -> Sequence[str]:
    if by is By.RULE:
        return order.sources if query.rule is None else (query.rule,)
    if by is By.SOURCE:
        return sorted({source_of(rule).value for rule in order.sources})
    return (
        {
            By.EQUIPMENT: order.equipment,
            By.TYPE: order.equipment_type,
            By.FAULT_MODE: order.fault_mode,
            By.SITE: order.site,
        }[by],
    )
