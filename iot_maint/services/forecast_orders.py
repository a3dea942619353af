"""Carries out what a forecast means for its fault's order, in its caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.findings import Evidence, Projection, RunningKnowledge
from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.maintenance_windows import MaintenanceWindow, Window, windows_between
from iot_maint.domain.outbox import Channel
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.work_orders import EntryKind, Origin, TimelineEntry, WorkOrder, WorkOrderStatus
from iot_maint.rules.forecast_planning import (
    ForecastDecision,
    MoveOrder,
    NoteForecast,
    NothingToPlan,
    PlanOrder,
    WithdrawOrder,
    plan_forecast,
)
from iot_maint.services.order_events import announce
from iot_maint.services.ordering import RULES

_AHEAD = timedelta(days=61)  # as far as a forecast looks


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastDesk:
    """What is needed to turn forecasts into planned orders."""

    catalog: Catalog
    clock: Clock
    site_zone: ZoneInfo
    channels: Sequence[Channel]
    windows: Sequence[MaintenanceWindow]

    def today(self) -> date:
        """The site's day."""
        return self.clock.now().astimezone(self.site_zone).date()

    def follow(
        self,
        repositories: Repositories,
        equipment: Equipment,
        fault_mode: str,
        forecast: Forecast | None,
    ) -> WorkOrder | None:
        """Plan, move, withdraw or note; the order as it then is, None when nothing changed."""
        now = self.clock.now()
        latest = repositories.orders.latest(equipment.code, fault_mode)
        mode = self.catalog.types[equipment.type].fault_modes[fault_mode]
        urgency = mode.urgency[forecast.severity] if forecast is not None else None
        level = self.catalog.service_levels.get(urgency) if urgency is not None else None
        decision = plan_forecast(
            forecast,
            latest,
            tuple(windows_between(self.windows, now, now + _AHEAD, self.site_zone)),
            now=now,
            lead_time=mode.lead_time,
            plan_within=level.plan if level is not None else None,
        )
        if isinstance(decision, PlanOrder) and forecast is not None and urgency is not None:
            order = self._new_order(repositories, equipment, forecast, urgency, decision, now)
            if not repositories.orders.add(order):
                # An alarm opened the fault's order between our look and our insert: look again.
                return self.follow(repositories, equipment, fault_mode, forecast)
            return self._announced(repositories, order, order.timeline[0])
        if latest is None or isinstance(decision, NothingToPlan):
            return None
        return self._change(repositories, latest, decision, forecast, now)

    def _new_order(
        self,
        repositories: Repositories,
        equipment: Equipment,
        forecast: Forecast,
        urgency: int,
        decision: PlanOrder,
        now: datetime,
    ) -> WorkOrder:
        projection = _projection(forecast, decision.window)
        return WorkOrder(
            number=repositories.orders.next_number(f"{now.astimezone(self.site_zone):%Y%m%d}"),
            site=equipment.site,
            equipment=equipment.code,
            equipment_type=equipment.type,
            fault_mode=forecast.fault_mode,
            origin=Origin.FORECAST,
            status=WorkOrderStatus.PLANNED,
            severity=forecast.severity,
            urgency=urgency,
            onset_at=forecast.since,
            raised_at=forecast.made_at,
            opened_at=now,
            previous=decision.previous,
            planned_for=decision.window.start,
            planned_until=decision.window.end,
            timeline=(_entry(EntryKind.PLANNED, forecast, projection, now),),
        )

    def _change(
        self,
        repositories: Repositories,
        latest: WorkOrder,
        decision: ForecastDecision,
        forecast: Forecast | None,
        now: datetime,
    ) -> WorkOrder | None:
        if isinstance(decision, WithdrawOrder):
            return self._withdraw(repositories, latest, now)
        if forecast is None:
            return None
        order, projection, kind = latest, _projection(forecast, None), EntryKind.FORECAST_ADDED
        if isinstance(decision, MoveOrder):
            order = replace(latest, planned_for=decision.window.start, planned_until=decision.window.end)
            if not repositories.orders.set_plan(order):
                return None
            projection, kind = _moved(_projection(forecast, decision.window), latest, now), EntryKind.MOVED
        elif not isinstance(decision, NoteForecast):
            return None
        entry = _entry(kind, forecast, projection, now)
        if not repositories.orders.append(order.number, entry):
            return None
        return self._announced(repositories, replace(order, timeline=(*order.timeline, entry)), entry)

    def _withdraw(self, repositories: Repositories, latest: WorkOrder, now: datetime) -> WorkOrder | None:
        last = next((entry for entry in reversed(latest.timeline) if _projected(entry) is not None), None)
        if last is None or last.evidence is None or last.evidence.projection is None:
            return None
        if not repositories.orders.set_status(latest.number, WorkOrderStatus.PLANNED, WorkOrderStatus.CANCELLED):
            return None
        gone = replace(last.evidence, projection=replace(last.evidence.projection, gone=True))
        entry = replace(last, kind=EntryKind.WITHDRAWN, at=now, recorded_at=now, evidence=gone)
        repositories.orders.append(latest.number, entry)
        order = replace(latest, status=WorkOrderStatus.CANCELLED, timeline=(*latest.timeline, entry))
        return self._announced(repositories, order, entry)

    def _announced(self, repositories: Repositories, order: WorkOrder, entry: TimelineEntry) -> WorkOrder:
        announce(repositories, order, entry, self.channels)
        return order


def _projected(entry: TimelineEntry) -> Projection | None:
    return entry.evidence.projection if entry.evidence is not None else None


def _projection(forecast: Forecast, window: Window | None) -> Projection:
    return Projection(
        p10=forecast.p10,
        p50=forecast.p50,
        p90=forecast.p90,
        confidence=forecast.confidence,
        planned_for=window.start if window is not None else None,
        planned_until=window.end if window is not None else None,
        also=forecast.also,
    )


def _moved(projection: Projection, latest: WorkOrder, now: datetime) -> Projection:
    """With what stood when the order was planned or last moved."""
    before = next((found for entry in reversed(latest.timeline) if (found := _projected(entry)) is not None), None)
    if before is None:
        return projection
    return replace(
        projection,
        p10_before=before.p10,
        p50_before=before.p50,
        p90_before=before.p90,
        planned_before=latest.planned_for,
        missed=latest.planned_until is not None and latest.planned_until <= now,
    )


def _entry(kind: EntryKind, forecast: Forecast, projection: Projection, now: datetime) -> TimelineEntry:
    evidence = Evidence(
        rule=forecast.rule,
        metric=forecast.metric,
        comparison=forecast.comparison,
        limit=forecast.limit,
        clear_limit=forecast.limit,
        dwell_s=0.0,
        occurrences=1,
        severity=forecast.severity,
        basis=forecast.basis,
        running=RunningKnowledge.NOT_GATED,
        readings=((epoch_ms(forecast.since), forecast.healthy), (epoch_ms(forecast.made_at), forecast.level)),
        projection=projection,
    )
    return TimelineEntry(
        kind=kind,
        at=forecast.made_at,
        recorded_at=now,
        by=RULES,
        rule=forecast.rule,
        severity=forecast.severity,
        evidence=evidence,
    )
