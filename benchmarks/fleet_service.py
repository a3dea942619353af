"""The product over a simulated fleet's ninety days: register, decide path, and a crew that ends orders."""

import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.fleet_crew import BY_NUMBER, Crew
from benchmarks.fleet_store import FleetStore
from firmware_sim.fleet import DeviceRun, FleetRun
from iot_maint.clock import ReplayClock
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.columns import Floats, Integers, Origin, TelemetryColumns
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.instants import instant
from iot_maint.domain.maintenance_windows import parse_windows
from iot_maint.domain.queries import WorkOrderQuery
from iot_maint.domain.telemetry import Batch
from iot_maint.domain.work_orders import WorkOrder
from iot_maint.metering import PrometheusMeter
from iot_maint.services.follow_up import FollowUp
from iot_maint.services.forecast_orders import ForecastDesk
from iot_maint.services.forecasting import forecast_due
from iot_maint.services.monitoring import Monitor
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.paging import every_item
from iot_maint.services.roster import Roster
from iot_maint.services.scoring.live_models import LiveModels
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import RelationalDatabase, open_database

ZONE = ZoneInfo("Asia/Shanghai")
STEP = timedelta(minutes=5)
DAY_MS = 86_400_000
BATCH_MS = 3_600_000
_NEVER_LATE = timedelta(days=3650)
_MOST_FORECASTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the product did: its orders with their stories, its forecasts, over how many readings, in how many seconds
    of deciding."""

    orders: tuple[WorkOrder, ...]
    forecasts: tuple[Forecast, ...]
    readings: int
    seconds: float


class Messages(NamedTuple):
    """All that a fleet sent, in the order of time: a message a device and step in which it has any value."""

    origins: tuple[Origin, ...]
    origin_of: Integers
    at_ms: Integers
    starts: Integers
    values: Floats

    def batches(self, t0_ms: int) -> Iterator[TelemetryColumns]:
        """An hour each."""
        hours = (self.at_ms - t0_ms) // BATCH_MS
        edges = [*np.flatnonzero(np.append(True, np.diff(hours) != 0)).tolist(), len(self.at_ms)]
        for first, last in itertools.pairwise(edges):
            yield TelemetryColumns(
                origins=self.origins,
                origin_of=self.origin_of[first:last],
                at_ms=self.at_ms[first:last],
                received_at_ms=self.at_ms[first:last],
                values=self.values[self.starts[first] : self.starts[last]],
            )


def messages_of(run: FleetRun) -> Messages:
    """The devices' rows as messages; equal sets of metrics of one device are one origin."""
    numbers: dict[Origin, int] = {}
    at_ms, origin_of, sizes, values = [], [], [], []
    for device in run.devices:
        known = ~np.isnan(device.values)
        masks, mask_of = np.unique(known, axis=0, return_inverse=True)
        own = np.array([numbers.setdefault(_origin(device, mask), len(numbers)) for mask in masks], dtype=np.int64)
        sent = np.flatnonzero(known.any(axis=1))
        at_ms.append(device.at_ms[sent])
        origin_of.append(own[mask_of.reshape(-1)[sent]])
        sizes.append(known.sum(axis=1)[sent])
        values.append(device.values[sent][known[sent]])
    times, counts, all_values = np.concatenate(at_ms), np.concatenate(sizes), np.concatenate(values)
    begins = np.cumsum(counts) - counts
    order = np.argsort(times, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts[order])])
    places = np.repeat(begins[order] - starts[:-1], counts[order]) + np.arange(len(all_values))
    return Messages(tuple(numbers), np.concatenate(origin_of)[order], times[order], starts, all_values[places])


def equipment_of(device: DeviceRun, catalog: Catalog) -> Equipment:
    """The device's row of the register; what comes more slowly than its type usually does is said there."""
    profile, member = device.member.profile.base, device.member
    declared = catalog.types[profile.type].metrics
    intervals = {
        f"interval.{name}": STEP.total_seconds()
        for name in device.metrics
        if (interval := declared[name].interval) is not None and interval < STEP
    }
    return Equipment(
        code=device.code,
        name=device.code,
        type=profile.type,
        kind=profile.kind,
        site=member.site,
        parent=member.parent or None,
        gateway=member.gateway,
        parameters={**device.parameters, **intervals},
    )


def play(run: FleetRun, catalog: Catalog, models: LiveModels, *, foreseen: bool = True) -> Played:
    """The fleet's telemetry through the decide path, with the jobs of each hour and each day; `foreseen`: forecasts
    among them."""
    clock = ReplayClock(instant(run.t0_ms))
    with (
        tempfile.TemporaryDirectory(prefix="iot-maint-fleet-") as folder,
        open_database(f"sqlite:///{Path(folder) / 'fleet.db'}") as database,
    ):
        _register(database, [equipment_of(device, catalog) for device in run.devices])
        desk = OrderDesk(catalog=catalog, clock=clock, site_zone=ZONE, channels=())
        monitor = Monitor(
            database=database,
            roster=Roster(database, catalog, _NEVER_LATE, time.monotonic, ZONE),
            desk=desk,
            clock=clock,
            meter=PrometheusMeter(),
            worker="fleet",
            spool_id="fleet",
            models=models,
        )
        monitor.start()
        crew = Crew(database=database, clock=clock, faults=run.truth.faults)
        follow_up = FollowUp(database=database, desk=desk, heard=None)
        store, windows = FleetStore(run), parse_windows(Settings.model_fields["maintenance_windows"].default)
        forecasts = ForecastDesk(catalog=catalog, clock=clock, site_zone=ZONE, channels=(), windows=windows)
        messages = messages_of(run)
        seconds = 0.0
        day_ends = run.t0_ms + DAY_MS
        for number, batch in enumerate(messages.batches(run.t0_ms), start=1):
            newest = int(batch.at_ms[-1])
            clock.advance(instant(newest))
            began = time.process_time()
            monitor.handle(Batch(number=number, received_at_ms=newest, telemetry=batch))
            seconds += time.process_time() - began
            crew.work(newest)
            follow_up.run()
            if newest >= day_ends:
                day_ends += DAY_MS
                crew.tidy(newest)
                if foreseen:
                    forecast_due(database, store, forecasts)
        with database.reading() as repositories:
            return Played(
                orders=tuple(every_item(partial(repositories.orders.page, WorkOrderQuery()), BY_NUMBER)),
                forecasts=tuple(
                    forecast
                    for device in run.devices
                    for forecast in repositories.forecasts.history(device.code, None, _MOST_FORECASTS)
                ),
                readings=len(messages.values),
                seconds=seconds,
            )


def _origin(device: DeviceRun, mask: NDArray[np.bool_]) -> Origin:
    names = tuple(name for name, there in zip(device.metrics, mask, strict=True) if there)
    return Origin(device.member.site, device.code, names)


def _register(database: RelationalDatabase, equipment: Sequence[Equipment]) -> None:
    """Parents first: a row refers only to what is there."""
    with database.transaction() as repositories:
        for one in equipment:
            repositories.equipment.add(replace(one, parent=None))
        for one in equipment:
            repositories.equipment.update(one)
