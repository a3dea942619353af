"""`iot-maint backtest all` over a season of two sites: stored telemetry through every rule, with its figures."""

import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.results import Figure, Result, Row
from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.equipment import Equipment
from iot_maint.storage.relational.database import open_database
from iot_maint.storage.telemetry import open_telemetry_store
from iot_maint.storage.telemetry.sqlite_statements import ADD_SERIES, FIND_SERIES, PUT_POINT

DAYS, DEVICES, SITES = 90, 60, 2
START = "2026-03-01T00:00:00+08:00"
START_MS = 1_772_294_400_000
MINUTE_MS = 60_000
SEED = 20_260_301
NIGHT_OFF = 3  # every third pump rests from one to five
FAILING = 10  # every tenth pump's bearing goes, over the last three weeks
BAR_S, AIM_S = 240.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """How much history."""

    days: int = DAYS
    devices: int = DEVICES

    @property
    def readings(self) -> int:
        return self.days * 1440 * self.devices * 6


def run(rounds: int, fleet: Fleet | None = None) -> Result:
    """The whole command, in processes of its own, from its start to its exit."""
    fleet = fleet or Fleet()
    with a_season(fleet) as folder:
        measured = [_measure(folder, fleet) for _ in range(rounds)]
    row = Row(subject="iot-maint backtest all", rounds=measured)
    size = f"{fleet.devices} pumps of {SITES} sites, {fleet.days} days at 1 min, 6 metrics"
    return Result(
        benchmark="backtest",
        method=f"Stored telemetry ({size}, SQLite: {fleet.readings / 1e6:.1f} million readings) through every rule.",
        rows=[row],
        figures=[
            Figure(
                name="`backtest` of 90 days × 60 devices × 6 metrics at 1 min",
                value=row.median("s"),
                unit="s",
                bar=BAR_S,
                aim=AIM_S,
                more_is_better=False,
            )
        ],
    )


@contextmanager
def a_season(fleet: Fleet) -> Iterator[Path]:
    """The data directory of an installation with that history."""
    folder = Path(tempfile.mkdtemp(prefix="iot-maint-bench-backtest-"))
    try:
        store_season(folder, fleet)
        yield folder
    finally:
        shutil.rmtree(folder)


def store_season(folder: Path, fleet: Fleet) -> None:
    """Series after series, as they lie in the file: in a tenth of the time that it takes message by message."""
    with open_database(f"sqlite:///{folder / 'iot-maint.db'}") as database, database.transaction() as repositories:
        for number in range(fleet.devices):
            repositories.equipment.add(_pump(number))
    path = folder / "telemetry.db"
    store = open_telemetry_store(f"sqlite:///{path}")
    store.check()  # the file and its schema
    store.close()
    at_ms = START_MS + MINUTE_MS * np.arange(fleet.days * 1440, dtype=np.int64)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    for number in range(fleet.devices):
        one = _pump(number)
        connection.execute("BEGIN")
        for metric, values in pump_season(number, at_ms).items():
            key = ("pump", one.site, one.code, "{}", metric)
            connection.execute(ADD_SERIES, key)
            [series] = connection.execute(FIND_SERIES, key).fetchone()
            points = zip(at_ms.tolist(), values.tolist(), strict=True)
            connection.executemany(PUT_POINT, ((series, at, value) for at, value in points))
        connection.execute("COMMIT")
    connection.close()


def pump_season(number: int, at_ms: Integers) -> dict[str, Floats]:
    """One pump's minutes: load by the hour, noise, and for some a bearing that goes."""
    rng = np.random.default_rng([SEED, number])
    minute = (at_ms - START_MS) // MINUTE_MS
    hour = minute / 60 % 24
    load = 0.6 + 0.2 * np.sin((hour - 7) / 24 * 2 * np.pi) ** 2 + rng.normal(0, 0.02, len(at_ms))
    running = np.ones(len(at_ms))
    if number % NIGHT_OFF == 0:
        running[(hour >= 1) & (hour < 5)] = 0.0
    wear = np.zeros(len(at_ms))
    if number % FAILING == 0:
        wear = np.exp((minute - minute[-1]) / (4 * 1440)) * 6
    return {
        "running": running,
        "vib_rms": np.round(running * (1.4 + 0.8 * load + wear + rng.normal(0, 0.08, len(at_ms))), 2),
        "bearing_temp": np.round(25 + running * (25 * load + 3 * wear) + rng.normal(0, 0.4, len(at_ms)), 1),
        "motor_current_ratio": np.round(running * load, 3),
        "discharge_pressure": np.round(0.36 + 0.02 * running + rng.normal(0, 0.003, len(at_ms)), 3),
        "tank_level": np.round(2.0 + 0.3 * np.sin(hour / 24 * 2 * np.pi) + rng.normal(0, 0.01, len(at_ms)), 2),
    }


def _pump(number: int) -> Equipment:
    site = f"site-{number % SITES + 1}"
    parameters = {"setpoint": 0.38, "site.tank_level_low": 1.2, "site.tank_level_high": 2.6}
    return Equipment(
        code=f"P-{number:02}", name=f"P-{number:02}", type="pump", site=site, kind="booster", parameters=parameters
    )


def _measure(folder: Path, fleet: Fleet) -> dict[str, float]:
    end_ms = START_MS + fleet.days * 86_400_000
    until = np.datetime64(end_ms, "ms").item().isoformat() + "+00:00"
    command = [sys.executable, "-m", "iot_maint", "backtest", "pump.*", "--from", START, "--to", until, "--json"]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["env", f"IOT_MAINT_DATA_DIR={folder}", *command],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[1],
    )
    took_s, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    [setting] = msgspec.json.decode(done.stdout)["settings"]
    messages = sum(one["messages"] for one in setting["equipment"])
    if messages != fleet.days * 1440 * fleet.devices:
        raise AssertionError(f"{messages} messages were read")
    return {
        "s": took_s,
        "CPU s": cpu_s,
        "CPU µs/reading": cpu_s * 1e6 / fleet.readings,
        "alarms": float(setting["figures"]["alarms"]),
    }
