"""Who drains the backlog: `iot-maint ingest` as it is shipped, and Telegraf, configured for throughput."""

import csv
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.flood import SITE, equipment_codes
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.processes import ServerProcess

ROOT = Path(__file__).parents[1]
CATALOG = ROOT / "benchmarks" / "catalog"
FILTER = "iot/v1/+/+/telemetry"
TELEGRAF_VERSION = "1.39.3"

# For throughput: json_v2 reading the fields off one object, few large writes, no limit on what is not yet delivered
# that would stall the broker.  The one configuration tried here; others may be faster.
_TELEGRAF = """
[agent]
  omit_hostname = true
  flush_interval = "200ms"
  flush_jitter = "0s"
  metric_batch_size = 10000
  metric_buffer_limit = 1000000
  quiet = true

[[inputs.mqtt_consumer]]
  servers = ["tcp://{host}:{port}"]
  topics = ["{topic_filter}"]
  qos = 1
  persistent_session = true
  client_id = "telegraf-benchmark"
  max_undelivered_messages = 60000
  topic_tag = ""
  data_format = "json_v2"
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "{topic_filter}"
    tags = "_/_/site/equipment/_"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "bench_pump"
    timestamp_path = "ts"
    timestamp_format = "unix_ms"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "values"

[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "{token}"
  organization = "{org}"
  bucket = "{bucket}"
  content_encoding = "identity"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A process that subscribes and stores; `finished` says whether it has nothing left to do."""

    name: str
    process: ServerProcess
    finished: Callable[[], bool]


def cached_telegraf() -> Path:
    """Where Telegraf's binary is looked for; benchmarks/README.md says how it is built."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "iot-maint" / f"telegraf-{TELEGRAF_VERSION}" / "telegraf"


def product(folder: Path, broker: MosquittoServer, bucket: InfluxdbBucket, equipment: int) -> Subscriber:
    """`iot-maint ingest` with its spool and SQLite, all equipment registered, four rules running on each."""
    data_dir = folder / "data"
    settings = {
        "IOT_MAINT_MQTT_URL": broker.url,
        "IOT_MAINT_TELEMETRY_URL": bucket.telemetry_url,
        "IOT_MAINT_DATA_DIR": str(data_dir),
        "IOT_MAINT_CATALOG_DIR": str(CATALOG),
    }
    register = folder / "register.csv"
    with register.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "name", "type", "site"))
        writer.writerows((code, code, "bench_pump", SITE) for code in equipment_codes(equipment))
    _run(folder, settings, "equipment", "import", str(register))
    spool = data_dir / "spool-1.db"
    return Subscriber(
        name="iot-maint ingest",
        process=_process(folder, settings, "ingest"),
        finished=lambda: _batches_in(spool) == 0,
    )


def telegraf(folder: Path, broker: MosquittoServer, bucket: InfluxdbBucket) -> Subscriber:
    """Telegraf, which acknowledges from memory and runs no rules."""
    configuration = folder / "telegraf.conf"
    configuration.write_text(
        _TELEGRAF.format(
            host=broker.host,
            port=broker.port,
            topic_filter=FILTER,
            url=bucket.url,
            token=bucket.token,
            org=bucket.org,
            bucket=bucket.bucket,
        )
    )
    process = ServerProcess(
        command=[str(cached_telegraf()), "--config", str(configuration)],
        is_ready=lambda: True,
        log=folder / "telegraf.log",
    )
    return Subscriber(name=f"Telegraf {TELEGRAF_VERSION}", process=process, finished=lambda: True)


def _process(folder: Path, settings: Mapping[str, str], *arguments: str) -> ServerProcess:
    assignments = [f"{name}={value}" for name, value in settings.items()]
    return ServerProcess(
        command=["env", *assignments, sys.executable, "-m", "iot_maint", *arguments],
        is_ready=lambda: True,
        log=folder / f"{arguments[0]}.log",
    )


def _run(folder: Path, settings: Mapping[str, str], *arguments: str) -> None:
    """A command of the product, to its end."""
    process = _process(folder, settings, *arguments)
    process.start()
    while process.running:
        time.sleep(0.05)


def _batches_in(spool: Path) -> int:
    with closing(sqlite3.connect(spool, timeout=10)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM batch").fetchone()
    return int(count)
