"""Pumps with histories, and a trainer over real stores; each test names only what matters to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from iot_maint.domain.catalog import DATA_QUALITY
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import TelemetryStore
from iot_maint.domain.telemetry import Point
from iot_maint.fan_out import fan_out
from iot_maint.services.training.asking import AUTO, TrainingOutcome, TrainingRequest
from iot_maint.services.training.trainer import Trainer
from iot_maint.storage.model_files import DiskModelFiles
from iot_maint.storage.relational.database import RelationalDatabase
from iot_maint.storage.telemetry import open_telemetry_store
from tests.api_builders import CATALOG, SHANGHAI, StandingClock
from tests.builders import T0, an_equipment
from tests.trained_models import KINDS

BIN = timedelta(minutes=5)
NOW = T0 + timedelta(days=60)
KEY = bytes(range(32))


@dataclass
class TrainingRig:
    """Stores of a test's own; the clock stands at `NOW`."""

    folder: Path
    database: RelationalDatabase
    store: TelemetryStore
    clock: StandingClock
    files: DiskModelFiles
    trainer: Trainer

    def pump(self, code: str, days: float, *, level: float = 2.0, seed: int = 0, kind: str | None = "booster") -> None:
        """A pump in the register that has run for so many days until now."""
        with self.database.transaction() as repositories:
            assert repositories.equipment.add(an_equipment(code, kind=kind))
        self.run(code, NOW - timedelta(days=days), NOW, level=level, seed=seed)

    def run(self, code: str, start: datetime, end: datetime, *, level: float = 2.0, seed: int = 0) -> None:
        """Healthy telemetry, a message a bin."""
        times = range(epoch_ms(start), epoch_ms(end), BIN // timedelta(milliseconds=1))
        noise = np.random.default_rng(seed).normal(size=(len(times), 2))
        self.write(
            code,
            [
                (at_ms, {"vib_rms": level + 0.1 * level * a, "bearing_temp": 45.0 + b, "running": 1.0})
                for at_ms, (a, b) in zip(times, noise.tolist(), strict=True)
            ],
        )

    def write(self, code: str, samples: Sequence[tuple[int, dict[str, float]]], measurement: str = "pump") -> None:
        tags = {"site": "s1", "equipment": code}
        self.store.write(
            [Point(measurement=measurement, tags=tags, at_ms=at_ms, fields=dict(fields)) for at_ms, fields in samples]
        )

    def report_quality(self, code: str, at: datetime, **figures: float) -> None:
        """A data-quality report; `vib_rms__frozen_s` for the figure `vib_rms.frozen_s`."""
        fields = {name.replace("__", "."): value for name, value in figures.items()}
        self.write(code, [(epoch_ms(at), fields)], DATA_QUALITY)

    def train(self, *codes: str, days: float = 60, shadow: bool = False) -> list[TrainingOutcome]:
        return list(self.trainer.train(a_request(*codes, days=days, shadow=shadow)))


def a_request(
    *codes: str, days: float = 60, shadow: bool = False, equipment_type: str | None = None, detector: str = AUTO
) -> TrainingRequest:
    return TrainingRequest(
        codes=codes,
        type=equipment_type,
        start=NOW - timedelta(days=days),
        until=NOW,
        by="trainer",
        shadow=shadow,
        detector=detector,
    )


def a_training_rig(folder: Path, database: RelationalDatabase) -> TrainingRig:
    clock = StandingClock(at=NOW)
    store = open_telemetry_store(f"sqlite:///{folder / 'telemetry.db'}")
    files = DiskModelFiles(folder / "models", lambda: KEY)
    trainer = Trainer(
        database=database,
        store=store,
        files=files,
        catalog=CATALOG,
        kinds=KINDS,
        default_kind="distance",
        clock=clock,
        zone=SHANGHAI,
        fan_out=partial(fan_out, processes=1),
    )
    return TrainingRig(folder=folder, database=database, store=store, clock=clock, files=files, trainer=trainer)
