"""Batches of a thousand messages of five values, over a thousand pumps in random turn, heard for their quality."""

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.measure import Measurement, measure
from iot_maint.catalog import load_catalog
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.telemetry import Telemetry
from iot_maint.metering import PrometheusMeter
from iot_maint.services.quality.listener import Listener
from iot_maint.services.roster import Roster
from iot_maint.storage.relational.database import open_database

PUMPS, BATCH, ROUNDS, SITE = 1000, 1000, 4, "yard"
T0_MS = 1_767_225_600_000


def run(messages: int = 50_000) -> Measurement:
    with tempfile.TemporaryDirectory(prefix="iot-maint-bench-") as folder:
        roster = _roster(Path(folder))
        rounds = iter([[TelemetryColumns.of(batch) for batch in _traffic(messages, part)] for part in range(ROUNDS)])
        listener = Listener(roster, PrometheusMeter())
        for batch in next(rounds):  # every pump is found for the first time once
            listener.observe(batch)

        def work() -> int:
            for batch in next(rounds):
                listener.observe(batch)
            return messages

        return measure("listening", "messages", work, rounds=ROUNDS - 1)


def _roster(folder: Path) -> Roster:
    pumps = [
        Equipment(code=f"P-{number}", name="泵", type="pump", site=SITE, kind="booster") for number in range(PUMPS)
    ]
    with open_database(f"sqlite:///{folder / 'iot-maint.db'}") as database:
        with database.transaction() as repositories:
            for pump in pumps:
                repositories.equipment.add(pump)
        roster = Roster(database, load_catalog(), timedelta(hours=1), time.monotonic)
        roster.refresh()
    return roster


def _traffic(messages: int, part: int = 0) -> list[list[Telemetry]]:
    readings = list(_readings(messages, part * messages))
    return [readings[start : start + BATCH] for start in range(0, messages, BATCH)]


def _readings(messages: int, after: int) -> Iterator[Telemetry]:
    chance = np.random.default_rng(1)
    pumps, noise, delay = (
        chance.integers(PUMPS, size=messages),
        chance.standard_normal((messages, 4)),
        chance.integers(200, size=messages),
    )
    for number in range(messages):
        at_ms = T0_MS + (after + number) * 5
        pressure, vibration, temperature, current = noise[number].tolist()
        yield Telemetry(
            site=SITE,
            equipment=f"P-{pumps[number]}",
            at_ms=at_ms,
            received_at_ms=at_ms + int(delay[number]),
            values={
                "running": 1.0,
                "discharge_pressure": round(0.62 + 0.005 * pressure, 3),
                "vib_rms": round(2.0 + 0.1 * vibration, 2),
                "bearing_temp": round(55 + 0.5 * temperature, 1),
                "motor_current_ratio": round(0.8 + 0.02 * current, 2),
            },
        )
