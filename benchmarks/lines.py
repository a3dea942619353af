"""Decoded telemetry into InfluxDB: by the product's own way from what the drain is given, and by `Point`."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from zoneinfo import ZoneInfo

from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from pydantic import SecretStr

from benchmarks.flood import backlog, equipment_codes
from benchmarks.results import Figure, Result, Row, ratio
from benchmarks.servers import bench_folder, running_influxdb
from benchmarks.subscribers import CATALOG, EQUIPMENT, ROOT, import_register, write_register
from benchmarks.traffic import T0_MS
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.domain.columns import ColumnsBuilder, OriginTable, TelemetryColumns
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.decoders.canonical import decode
from iot_maint.services.points import PointMaker
from iot_maint.settings import Settings
from tests.servers.influxdb import InfluxdbBucket

BATCH = 5_000
UTC_ZONE = ZoneInfo("UTC")
LINES, PEER_SHARE = 200_000, 5
RATE, CPU = "lines/s", "CPU µs/line"

T = TypeVar("T")


def run(lines: int = LINES, rounds: int = 3) -> Result:
    """The peer is slow enough to be measured with a fifth of the lines; all of them in whole batches."""
    lines = max(lines // (BATCH * PEER_SHARE), 1) * BATCH * PEER_SHARE
    batches = list(in_batches(decoded(lines)))
    columns = list(in_columns(batches))
    measured: list[list[dict[str, float]]] = [[], [], []]
    with running_influxdb() as server:
        for number in range(rounds):
            with (
                product_writes(server.create_bucket(f"product-{number}")) as product,
                client_writes(server.create_bucket(f"client-{number}")) as client,
            ):
                measured[0].append(_time(product, columns, lines))
                measured[1].append(_time(client, batches[: len(batches) // PEER_SHARE], lines // PEER_SHARE))
            measured[2].append(_time_rendered(server.create_bucket(f"rendered-{number}"), batches, lines))
    ours = Row(subject="iot-maint drain", rounds=measured[0])
    peers = Row(subject="influxdb-client, Point", rounds=measured[1])
    ceiling = Row(subject="lines that were there already", rounds=measured[2])
    return Result(
        benchmark="lines",
        method=f"lines of 5 fields built and written in batches of {BATCH:,}, by one thread",
        rows=[ours, peers, ceiling],
        figures=[
            Figure(
                name="Lines built and written against WriteApi and Point",
                value=ratio(ours, peers, RATE),
                unit="×",
                bar=8,
                aim=12,
            )
        ],
        notes=[
            f"CPU of a line: {ratio(ours, peers, CPU):.2f} × that of a Point; no way of building can be faster than "
            f"InfluxDB takes lines, {ratio(ceiling, peers, RATE):.2f} × the rate of Points"
        ],
    )


@contextmanager
def product_writes(bucket: InfluxdbBucket) -> Iterator[Callable[[TelemetryColumns], None]]:
    """The seam that the drain stands at: points of telemetry, then the store's `write`."""
    with bench_folder() as folder:
        settings = {
            "IOT_MAINT_TELEMETRY_URL": bucket.telemetry_url,
            "IOT_MAINT_DATA_DIR": str(folder / "data"),
            "IOT_MAINT_CATALOG_DIR": str(CATALOG),
            "PYTHONPATH": str(ROOT),
        }
        import_register(write_register(folder, ((code, "bench_pump") for code in equipment_codes(EQUIPMENT))), settings)
        with open_installation(
            Settings(telemetry_url=SecretStr(bucket.telemetry_url), data_dir=folder / "data", catalog_dir=CATALOG)
        ) as installation:
            yield drain_write(installation)


def drain_write(installation: Installation) -> Callable[[TelemetryColumns], None]:
    """What the drain does with what it is given; all that is to be changed here when the drain changes."""
    points_of = PointMaker(installation.roster, installation.meter).points_of
    store = installation.telemetry

    def write(telemetry: TelemetryColumns) -> None:
        for points in points_of(telemetry):
            store.write(points)

    return write


@contextmanager
def client_writes(bucket: InfluxdbBucket) -> Iterator[Callable[[Sequence[Telemetry]], None]]:
    """A `Point` for each, handed to the synchronous `WriteApi`, as the client's documentation does it."""
    with InfluxDBClient(url=bucket.url, token=bucket.token, org=bucket.org, timeout=60_000) as client:
        api = client.write_api(write_options=SYNCHRONOUS)

        def write(telemetry: Sequence[Telemetry]) -> None:
            api.write(bucket.bucket, record=[_point_of(item) for item in telemetry])

        yield write


def _point_of(telemetry: Telemetry) -> Point:
    point: Point = Point("bench_pump").tag("site", telemetry.site).tag("equipment", telemetry.equipment)
    for name, value in telemetry.values.items():
        point.field(name, value)
    point.time(telemetry.at_ms, WritePrecision.MS)
    return point


def decoded(lines: int) -> list[Telemetry]:
    """The traffic of the other comparisons, as the decoder leaves it."""
    telemetry: list[Telemetry] = []
    for topic, payload in backlog(lines, EQUIPMENT, T0_MS):
        telemetry += decode(topic, payload, T0_MS, UTC_ZONE).telemetry
    return telemetry


def in_batches(telemetry: Sequence[Telemetry]) -> Iterator[Sequence[Telemetry]]:
    for start in range(0, len(telemetry), BATCH):
        yield telemetry[start : start + BATCH]


def in_columns(batches: Iterable[Sequence[Telemetry]]) -> Iterator[TelemetryColumns]:
    """As the receiver hands them on."""
    table = OriginTable()
    for batch in batches:
        builder = ColumnsBuilder(table)
        for item in batch:
            builder.add(item)
        yield builder.build()


def _time_rendered(bucket: InfluxdbBucket, batches: Sequence[Sequence[Telemetry]], lines: int) -> dict[str, float]:
    """What InfluxDB itself takes, one batch after the other: as much as any building could reach."""
    bodies = ["\n".join(_point_of(item).to_line_protocol() for item in batch).encode() for batch in batches]
    with InfluxDBClient(url=bucket.url, token=bucket.token, org=bucket.org, timeout=60_000) as client:
        api = client.write_api(write_options=SYNCHRONOUS)

        def write(body: bytes) -> None:
            api.write(bucket.bucket, record=body, write_precision=WritePrecision.MS)

        return _time(write, bodies, lines)


def _time(write: Callable[[T], None], batches: Sequence[T], lines: int) -> dict[str, float]:
    # The first batch once before, so that connections stand and the register is read.
    write(batches[0])
    began, cpu_began = time.perf_counter(), time.process_time()
    for batch in batches:
        write(batch)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    return {RATE: lines / seconds, CPU: cpu_seconds / lines * 1e6}
