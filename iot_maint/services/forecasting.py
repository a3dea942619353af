"""Once a day for each piece of equipment: its history is read, its forecasts are made, and orders planned by them."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from iot_maint.domain.catalog import RUNNING, EquipmentType, FaultMode
from iot_maint.domain.columns import Floats
from iot_maint.domain.equipment import EquipmentStatus, Monitored
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Database, Repositories, SeriesReader, WorkOrderRepository
from iot_maint.domain.queries import SeriesQuery, Statistic
from iot_maint.models.degradation_history import Hourly, by_hour
from iot_maint.rules.applicability import ActiveRule
from iot_maint.rules.forecast_planning import restarted_at
from iot_maint.services.forecast_orders import ForecastDesk
from iot_maint.services.foreseeing import foresee, watched_limits

log = logging.getLogger(__name__)

HISTORY_DAYS = 120
_HOUR = timedelta(hours=1)
_RUNS = 0.8  # of an hour, for its median to be one of the running equipment


def forecast_due(database: Database, store: SeriesReader, desk: ForecastDesk) -> int:
    """All equipment whose forecasts of this day are not made yet; how many were.  Made again, nothing changes.

    What goes wrong with one is logged and takes the day from no other; it is due again with the next call.
    """
    with database.reading() as repositories:
        everything, done = repositories.equipment.monitored(), repositories.forecasts.done()
    today = desk.today()
    due = [
        one
        for one in everything
        if one.equipment.status is EquipmentStatus.IN_SERVICE
        and one.equipment.merged_into is None
        and done.get(one.equipment.code, date.min) < today
    ]
    return sum(_forecast_or_log(database, store, desk, one) for one in due)


def _forecast_or_log(database: Database, store: SeriesReader, desk: ForecastDesk, monitored: Monitored) -> bool:
    try:
        return forecast_equipment(database, store, desk, monitored)
    except StoreUnavailable:
        raise  # none of the others would fare better
    except Exception:
        # The edge of the loop: it comes to the same equipment first each time.
        log.exception("the forecasts of %s failed", monitored.equipment.code)
        return False


def forecast_equipment(database: Database, store: SeriesReader, desk: ForecastDesk, monitored: Monitored) -> bool:
    """Its forecasts of this day and what they mean for orders, in one transaction; false when another process did."""
    code, now, today = monitored.equipment.code, desk.clock.now(), desk.today()
    declared = desk.catalog.types.get(monitored.equipment.type)
    if declared is None:
        return False
    watched = watched_limits(declared, monitored)
    with database.reading() as repositories:
        if (repositories.forecasts.looked_at(code) or date.min) >= today:
            return False  # another process was faster
        standing = repositories.forecasts.standing(code)
        ordered = repositories.orders.fault_modes(code)
        restarts = _restarts(
            repositories, code, [declared.fault_modes[mode] for mode in watched], ordered, desk.site_zone
        )
    history = _read_history(store, declared, monitored, watched, now)
    prospects = foresee(declared, watched, history, code=code, day=today, now=now, standing=standing, restarts=restarts)
    with database.transaction() as repositories:
        if not repositories.forecasts.claim(code, today):
            return False
        for mode, prospect in prospects.items():
            if prospect.forecast is not None:
                repositories.forecasts.add(prospect.forecast)
            # Without a forecast only an order that is there can be withdrawn.
            if prospect.heard and (prospect.forecast is not None or mode in ordered):
                desk.follow(repositories, monitored.equipment, mode, prospect.forecast)
    return True


def last_repair(orders: WorkOrderRepository, code: str, fault_mode: str) -> datetime | None:
    """When the fault was last repaired under an order."""
    order = orders.latest(code, fault_mode)
    # Orders that were cancelled or closed unworked repaired nothing: the one that they follow may have.
    while order is not None:
        if (repaired_at := restarted_at(order)) is not None:
            return repaired_at
        order = None if order.previous is None else orders.get(order.previous)
    return None


def _restarts(
    repositories: Repositories, code: str, modes: Sequence[FaultMode], ordered: Collection[str], zone: ZoneInfo
) -> Mapping[str, datetime]:
    """By fault mode, when what had worn was last made good: by an order's repair, or by a part that was replaced."""
    parts = repositories.equipment.replacements(code)
    restarts: dict[str, datetime] = {}
    for mode in modes:
        found = [
            datetime.combine(one.replaced_on, datetime.min.time(), zone).astimezone(UTC)
            for one in parts
            if one.part in mode.spares
        ]
        if mode.code in ordered and (repaired := last_repair(repositories.orders, code, mode.code)) is not None:
            found.append(repaired)
        if found:
            restarts[mode.code] = max(found)
    return restarts


def _read_history(
    store: SeriesReader,
    declared: EquipmentType,
    monitored: Monitored,
    watched: Mapping[str, Sequence[ActiveRule]],
    now: datetime,
) -> Mapping[str, Floats]:
    """By metric (days, 24) medians of its hours; of gated ones only while the equipment ran."""
    gated = {rule.metric for rules in watched.values() for rule in rules if rule.gated}
    plain = {rule.metric for rules in watched.values() for rule in rules} - gated
    drivers = {driver for mode in watched for driver in declared.fault_modes[mode].drivers}
    hours = _Hours(store=store, measurement=declared.name, equipment=monitored.equipment.code, now=now)
    history = hours.medians(sorted(plain | (drivers - gated)))
    if not gated:
        return history
    running = hours.medians(sorted(gated), gate=RUNNING)
    # Where the running state comes in messages of its own, whole hours are taken by it instead of single readings.
    apart = sorted(metric for metric in gated if not np.isfinite(running[metric]).any())
    if apart:
        share = hours.means([RUNNING])[RUNNING]
        stands = np.isfinite(share) & (share < _RUNS)
        running |= {metric: np.where(stands, np.nan, table) for metric, table in hours.medians(apart).items()}
    return {**history, **running}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hours:
    """One piece of equipment's metrics by the hour, as the store sums them up."""

    store: SeriesReader
    measurement: str
    equipment: str
    now: datetime

    def medians(self, metrics: Sequence[str], gate: str | None = None) -> dict[str, Floats]:
        """By metric (days, 24)."""
        return self._read(metrics, Statistic.MEDIAN, gate)

    def means(self, metrics: Sequence[str]) -> dict[str, Floats]:
        """By metric (days, 24)."""
        return self._read(metrics, Statistic.MEAN, None)

    def _read(self, metrics: Sequence[str], statistic: Statistic, gate: str | None) -> dict[str, Floats]:
        now_ms = epoch_ms(self.now)
        query = SeriesQuery(
            measurement=self.measurement,
            equipment=self.equipment,
            metrics=metrics,
            start_ms=epoch_ms(self.now - timedelta(days=HISTORY_DAYS)),
            end_ms=now_ms,
            every=_HOUR,
            limit=HISTORY_DAYS * 24 + 1,
            statistic=statistic,
            gate=gate,
        )
        found: dict[str, tuple[list[int], list[float]]] = {metric: ([], []) for metric in metrics}
        for sample in self.store.read_series(query) if metrics else ():
            at_ms, values = found[sample.metric]
            at_ms.append(sample.at_ms)
            values.append(sample.value)
        return {
            metric: by_hour(
                Hourly(at_ms=np.array(at_ms, dtype=np.int64), values=np.array(values, dtype=np.float64)),
                now_ms,
                HISTORY_DAYS,
            )
            for metric, (at_ms, values) in found.items()
        }
