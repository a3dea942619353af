"""The whole decide path over a thousand booster pumps: what a reading costs with all rules and the detector."""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.fleet_models import FleetModels
from benchmarks.results import Figure, Result, Row
from iot_maint.catalog import load_catalog
from iot_maint.clock import ReplayClock
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.columns import Floats, Origin, TelemetryColumns
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.telemetry import Batch
from iot_maint.metering import PrometheusMeter
from iot_maint.models.detector import Rows
from iot_maint.models.kinds import DEFAULT, KINDS
from iot_maint.services.monitoring import Monitor
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.roster import Roster
from iot_maint.services.scoring.live_models import NO_MODELS, LiveModel, LiveModels
from iot_maint.services.training.recipes import recipe_for
from iot_maint.storage.relational.database import open_database

PUMPS = 1_000
EVERY = timedelta(seconds=10)
MINUTES = 30
_T0 = datetime(2026, 11, 1, tzinfo=UTC)
_ZONE = ZoneInfo("Asia/Shanghai")
# Healthy values and their scatter.
_METRICS = {
    "running": (1.0, 0.0),
    "vib_rms": (2.0, 0.05),
    "motor_vib_rms": (1.3, 0.03),
    "bearing_temp": (45.0, 0.3),
    "motor_current_ratio": (0.75, 0.01),
    "current_unbalance": (2.0, 0.2),
    "discharge_pressure": (0.38, 0.003),
    "suction_pressure": (0.2, 0.002),
}
_PARAMETERS = {"setpoint": 0.38, "site.suction_pressure": 0.2}


def run(rounds: int) -> Result:
    """Rules alone, and rules with a model on every pump, in turns."""
    catalog = load_catalog()
    models = _models(catalog)
    rows = [
        Row(subject=subject, rounds=[_play(catalog, which) for _ in range(rounds)])
        for subject, which in (("rules alone", NO_MODELS), ("rules and detector", models))
    ]
    return Result(
        benchmark="deciding_models",
        method=f"{PUMPS:,} booster pumps, {len(_METRICS)} readings a message each {EVERY.seconds} s, in batches of "
        f"{PUMPS:,} messages through the whole decide path with its checkpoints; rows of 5 min for `{DEFAULT}`",
        rows=rows,
        figures=[
            Figure(
                name="all rules and the default detector, a reading",
                value=rows[1].median("CPU µs/reading"),
                unit="µs",
                bar=8,
                aim=2,
                more_is_better=False,
            )
        ],
    )


def _play(catalog: Catalog, models: LiveModels) -> dict[str, float]:
    clock = ReplayClock(_T0)
    with (
        tempfile.TemporaryDirectory(prefix="iot-maint-deciding-") as folder,
        open_database(f"sqlite:///{Path(folder) / 'deciding.db'}") as database,
    ):
        with database.transaction() as repositories:
            for code in _codes():
                repositories.equipment.add(
                    Equipment(code=code, name=code, type="pump", kind="booster", site="tower", parameters=_PARAMETERS)
                )
        monitor = Monitor(
            database=database,
            roster=Roster(database, catalog, timedelta(hours=1), time.monotonic, _ZONE),
            desk=OrderDesk(catalog=catalog, clock=clock, site_zone=_ZONE, channels=()),
            clock=clock,
            meter=PrometheusMeter(),
            worker="1",
            spool_id="deciding",
            models=models,
        )
        monitor.start()
        batches = list(_batches())
        # The first minutes are the start: every piece of equipment is met, every model takes its slot.
        for batch in batches[: len(batches) // 10]:
            monitor.handle(batch)
        rest = batches[len(batches) // 10 :]
        began = time.process_time()
        for batch in rest:
            monitor.handle(batch)
        decided = time.process_time() - began
        monitor.checkpoint(rest[-1].number)
        saved = time.process_time() - began - decided
    readings = len(rest) * PUMPS * len(_METRICS)
    return {"CPU µs/reading": decided / readings * 1e6, "a checkpoint s": saved}


def _codes() -> list[str]:
    return [f"P-{number}" for number in range(PUMPS)]


def _values(chance: np.random.Generator, count: int) -> Floats:
    """(count, metrics)."""
    usual, scatter = np.array(list(_METRICS.values())).T
    values: Floats = usual + scatter * chance.normal(size=(count, len(_METRICS)))
    return values


def _batches() -> Iterator[Batch]:
    origins = tuple(Origin("tower", code, tuple(_METRICS)) for code in _codes())
    chance = np.random.default_rng(1)
    t0_ms, step_ms = round(_T0.timestamp() * 1000), EVERY // timedelta(milliseconds=1)
    for number in range(1, timedelta(minutes=MINUTES) // EVERY + 1):
        at_ms = np.full(PUMPS, t0_ms + number * step_ms, dtype=np.int64)
        telemetry = TelemetryColumns(
            origins=origins,
            origin_of=np.arange(PUMPS, dtype=np.int64),
            at_ms=at_ms,
            received_at_ms=at_ms + 50,
            values=_values(chance, PUMPS).reshape(-1),
        )
        yield Batch(number=number, received_at_ms=int(at_ms[0]) + 50, telemetry=telemetry)


def _models(catalog: Catalog) -> FleetModels:
    """A model of three healthy weeks, one for each pump."""
    recipe = recipe_for(catalog.types["pump"], "booster")
    if recipe is None:
        raise AssertionError("pumps have no detector")
    columns = recipe.columns
    rows, chance = 21 * 288, np.random.default_rng(2)
    sent, values = list(_METRICS), np.full((rows, len(columns)), np.nan)
    drawn = _values(chance, rows)
    for column, name in enumerate(columns):
        if name in sent:
            values[:, column] = drawn[:, sent.index(name)]
    step_ms = round(recipe.bin_s * 1000)
    healthy = Rows(metrics=columns, at_ms=np.arange(1, rows + 1, dtype=np.int64) * step_ms, values=values)
    detector = KINDS[DEFAULT].fit(healthy, recipe)
    return FleetModels(
        by_code={
            code: (
                LiveModel(id=code, kind=KINDS[DEFAULT], detector=detector, limit=5.0, clear_limit=3.0, dwell_rows=12),
            )
            for code in _codes()
        }
    )
