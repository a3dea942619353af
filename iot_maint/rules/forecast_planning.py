"""From a forecast to its planned order: made within the lead time, moved with its dates, withdrawn with its trend."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.maintenance_windows import Window
from iot_maint.domain.work_orders import ENDED, EntryKind, Transition, WorkOrder, WorkOrderStatus

MOVES_LATER = timedelta(days=2)  # a plan that could be later by less stays where it is
AT_ONCE = timedelta(hours=4)
_ENDINGS = frozenset({Transition.CLOSE, Transition.CANCEL})
_SAID = frozenset({EntryKind.PLANNED, EntryKind.FORECAST_ADDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOrder:
    """Make a planned order for `window`; `previous` is the ended one for the same fault that it follows."""

    window: Window
    previous: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOrder:
    """Move the planned order to `window`."""

    number: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOrder:
    """Cancel the planned order, which nobody has touched: what it was planned for is gone."""

    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteForecast:
    """Write the forecast into the timeline of the fault's open order."""

    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToPlan:
    """The forecast changes no order."""


ForecastDecision = PlanOrder | MoveOrder | WithdrawOrder | NoteForecast | NothingToPlan


def plan_forecast(
    forecast: Forecast | None,
    latest: WorkOrder | None,
    windows: Sequence[Window],
    *,
    now: datetime,
    lead_time: timedelta,
    plan_within: timedelta | None,
) -> ForecastDecision:
    """What a day's forecast of a fault (None: nothing grows any more) means, given its newest preventive order.

    `windows` are those that lie ahead, in order; `lead_time` is that of spares and people; `plan_within` how long the
    urgency lets planned work wait.
    """
    if latest is not None and latest.status not in ENDED:
        return _follow(forecast, latest, windows, now=now, plan_within=plan_within)
    if forecast is None or forecast.p10 > now + lead_time:
        return NothingToPlan()
    if latest is not None and forecast.since < (ended_at(latest) or forecast.since):
        return NothingToPlan()  # whoever ended the order knew of this growth
    window = choose_window(windows, forecast.p10, now=now, latest_start=_latest_start(now, plan_within))
    return PlanOrder(window=window, previous=latest.number if latest is not None else None)


def choose_window(windows: Sequence[Window], p10: datetime, *, now: datetime, latest_start: datetime | None) -> Window:
    """The last that ends before `p10` and starts by `latest_start`; else the next before `p10`; else at once."""
    ahead = [window for window in windows if window.start >= now and window.start < p10]
    fitting = [
        window for window in ahead if window.end <= p10 and (latest_start is None or window.start <= latest_start)
    ]
    if fitting:
        return fitting[-1]
    return ahead[0] if ahead else Window(start=now, end=now + AT_ONCE)


def ended_at(order: WorkOrder) -> datetime | None:
    """When a person ended the order; None when the rules withdrew it, or nobody did."""
    for entry in reversed(order.timeline):
        if entry.kind is EntryKind.WITHDRAWN:
            return None
        if entry.transition in _ENDINGS:
            return entry.at
    return None


def restarted_at(order: WorkOrder) -> datetime | None:
    """When the equipment was last repaired under the order: what it wore before is gone."""
    repairs = [entry.at for entry in order.timeline if entry.transition is Transition.COMPLETE]
    return repairs[-1] if repairs else None


def _follow(
    forecast: Forecast | None,
    latest: WorkOrder,
    windows: Sequence[Window],
    *,
    now: datetime,
    plan_within: timedelta | None,
) -> ForecastDecision:
    if latest.status is not WorkOrderStatus.PLANNED:
        if forecast is None or any(entry.kind in _SAID for entry in latest.timeline):
            return NothingToPlan()
        return NoteForecast(number=latest.number)
    if forecast is None:
        return WithdrawOrder(number=latest.number)
    window = choose_window(windows, forecast.p10, now=now, latest_start=_latest_start(latest.opened_at, plan_within))
    return MoveOrder(number=latest.number, window=window) if _moves(latest, window, forecast, now) else NothingToPlan()


def _moves(latest: WorkOrder, window: Window, forecast: Forecast, now: datetime) -> bool:
    """Whether the order leaves its window for that one: not while it is worked in, nor for a little time won."""
    start, end = latest.planned_for, latest.planned_until
    if start is None or end is None:
        return True
    if start <= now < end or window.start == start:
        return False
    still_good = start >= now and end <= forecast.p10
    return not still_good or window.start >= start + MOVES_LATER


def _latest_start(planned_at: datetime, plan_within: timedelta | None) -> datetime | None:
    return None if plan_within is None else planned_at + plan_within
