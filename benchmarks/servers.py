"""The real servers of a benchmark: loopback, free ports, folders that go with it."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.influxdb import InfluxdbServer
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlServer
from tests.servers.programs import find_influxd, find_mosquitto, find_postgresql

WITHIN_S = 300.0
# The broker's own work must not be what is measured: it saves its sessions at its end alone.
_BROKER = "autosave_interval 0\nmax_queued_bytes 0\nlog_type error\nlog_type subscribe\n"


@contextmanager
def bench_folder() -> Iterator[Path]:
    """A temporary folder; beside it others may have one."""
    with tempfile.TemporaryDirectory(prefix="iot-maint-bench-") as name:
        yield Path(name)


@contextmanager
def running_influxdb() -> Iterator[InfluxdbServer]:
    """An InfluxDB that was set up."""
    with bench_folder() as folder:
        server = InfluxdbServer(program=installed(find_influxd(), "InfluxDB"), folder=folder)
        server.start()
        try:
            server.set_up()
            yield server
        finally:
            server.stop()


@contextmanager
def running_mosquitto(folder: Path) -> Iterator[MosquittoServer]:
    """A broker that queues without limit; `folder` is there already."""
    program = installed(find_mosquitto(), "Mosquitto")
    broker = MosquittoServer(program=program, folder=folder, extra_configuration=_BROKER)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def running_postgresql() -> Iterator[PostgresqlServer]:
    """Without fsync, as the tests run it."""
    programs = installed(find_postgresql(), "PostgreSQL")
    # Its own account must be able to enter the folder, which others' folders do not let it.
    with tempfile.TemporaryDirectory(prefix="iot-maint-bench-", ignore_cleanup_errors=True) as name:
        server = PostgresqlServer(programs=programs, folder=Path(name))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def installed(program: Path | None, name: str) -> Path:
    if program is None:
        raise FileNotFoundError(f"{name} is not on this machine: run `make services`")
    return program


def wait_until(condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {within_s:g} s for {what}")
        time.sleep(0.1)
