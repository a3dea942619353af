"""Who takes the messages in: a process that subscribes and stores, `iot-maint ingest` as it is shipped among them."""

import csv
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.flood import SITE, equipment_codes
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.processes import ServerProcess

ROOT = Path(__file__).parents[1]
CATALOG = ROOT / "benchmarks" / "catalog"
EQUIPMENT = 1000
FILTER = "iot/v1/+/+/telemetry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """`finished` says whether it has nothing left to do."""

    name: str
    process: ServerProcess
    finished: Callable[[], bool]


Open = Callable[[Path, MosquittoServer, InfluxdbBucket], Subscriber]


def product(
    folder: Path,
    broker: MosquittoServer,
    bucket: InfluxdbBucket,
    *,
    module: str = "iot_maint",
    further: Mapping[str, str] | None = None,
) -> Subscriber:
    """`iot-maint ingest` with its spool and SQLite, all equipment registered, four rules running on each.

    `module` is run in its stead, with `further` environment, for who wants to look on from inside.
    """
    data_dir = folder / "data"
    settings = {
        "IOT_MAINT_MQTT_URL": broker.url,
        "IOT_MAINT_TELEMETRY_URL": bucket.telemetry_url,
        "IOT_MAINT_DATA_DIR": str(data_dir),
        "IOT_MAINT_CATALOG_DIR": str(CATALOG),
        # This tree, whichever is installed.
        "PYTHONPATH": str(ROOT),
        **(further or {}),
    }
    register = write_register(folder, ((code, "bench_pump") for code in equipment_codes(EQUIPMENT)))
    import_register(register, settings)
    assignments = [f"{name}={value}" for name, value in settings.items()]
    process = ServerProcess(
        command=["env", *assignments, sys.executable, "-m", module, "ingest"],
        is_ready=lambda: True,
        log=folder / "ingest.log",
    )
    spool = data_dir / "spool-1.db"
    return Subscriber(name="iot-maint ingest", process=process, finished=lambda: _batches_in(spool) == 0)


def write_register(folder: Path, equipment: Iterable[tuple[str, str]]) -> Path:
    """The register of (code, type), as `equipment import` takes it."""
    register = folder / "register.csv"
    with register.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "name", "type", "site"))
        writer.writerows((code, code, equipment_type, SITE) for code, equipment_type in equipment)
    return register


def import_register(register: Path, settings: Mapping[str, str]) -> None:
    """`iot-maint equipment import`, in the installation of these settings."""
    command = [sys.executable, "-m", "iot_maint", "equipment", "import", str(register)]
    subprocess.run(command, env={**os.environ, **settings}, check=True, stdout=subprocess.DEVNULL)


def _batches_in(spool: Path) -> int:
    # Read-only: a look must not make the file that the service is about to make.
    with closing(sqlite3.connect(f"{spool.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM batch").fetchone()
    return int(count)
