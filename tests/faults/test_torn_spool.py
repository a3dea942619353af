"""The spool's file is torn after a kill: the service recovers or says what to do, and what can be read is not lost."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from iot_maint.domain.errors import MaintError
from iot_maint.storage.spool_format import decode_telemetry
from tests.e2e.service import wait_until
from tests.faults.oracle import Oracle
from tests.faults.publisher import publish_all
from tests.faults.tcp_proxy import TcpProxy
from tests.faults.traffic import Key, Traffic
from tests.faults.worker import CONNECTED, Worker
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.processes import HOST, free_port

pytestmark = pytest.mark.slow

MESSAGES = 4_000
NEW = 400
PAGE = 4096
WHAT_TO_DO = "is damaged"
CHANCE = random.SystemRandom()


@pytest.fixture
def killed(worker: Worker, mosquitto: MosquittoServer, influxdb: InfluxdbBucket, traffic: Traffic) -> Iterator[Worker]:
    """A worker that died with a spool full of what it had acknowledged, none of it stored."""
    nobody = influxdb.telemetry_url.replace(f"{influxdb.server.host}:{influxdb.server.port}", f"{HOST}:{free_port()}")
    with TcpProxy(mosquitto.port) as wire:
        worker.environment |= {"IOT_MAINT_MQTT_URL": wire.url, "IOT_MAINT_TELEMETRY_URL": nobody}
        worker.start()
        publish_all(mosquitto.port, traffic.take(MESSAGES))
        wait_until(lambda: wire.acknowledged == MESSAGES, 60, "all to be acknowledged")
        worker.kill()
    worker.environment |= {"IOT_MAINT_MQTT_URL": mosquitto.url, "IOT_MAINT_TELEMETRY_URL": influxdb.telemetry_url}
    assert readable(worker.spool) == traffic.keys()
    yield worker
    worker.stop()


def truncate_log(spool: Path) -> None:
    log = spool.with_name(spool.name + "-wal")
    size = log.stat().st_size
    assert size > PAGE
    cut(log, CHANCE.randrange(size))


def truncate_file(spool: Path) -> None:
    write_back(spool)
    cut(spool, CHANCE.randrange(2 * PAGE, spool.stat().st_size))


def overwrite_page(spool: Path) -> None:
    write_back(spool)
    overwrite(spool, CHANCE.randrange(2 * PAGE, spool.stat().st_size - PAGE), PAGE)


def overwrite_bytes(spool: Path) -> None:
    """In the middle of a batch, where SQLite itself notices nothing."""
    write_back(spool)
    with closing(sqlite3.connect(spool)) as connection:
        batches = connection.execute("SELECT number, telemetry FROM batch ORDER BY length(telemetry) DESC").fetchall()
        number, telemetry = batches[0]
        start = CHANCE.randrange(len(telemetry) // 4, len(telemetry) // 2)
        torn = telemetry[:start] + b"\xc1" * 64 + telemetry[start + 64 :]  # a byte that msgpack never uses
        connection.execute("UPDATE batch SET telemetry = ? WHERE number = ?", (torn, number))
        connection.commit()


def overwrite_header(spool: Path) -> None:
    write_back(spool)
    overwrite(spool, 0, 100)


@pytest.mark.parametrize("tear", [truncate_log, truncate_file, overwrite_page, overwrite_bytes, overwrite_header])
def test_a_torn_spool_is_recovered_or_named_and_loses_nothing_that_can_be_read(
    tear: Callable[[Path], None], killed: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    tear(killed.spool)
    before = readable(killed.spool)
    print(f"{len(before)} of {MESSAGES} messages can still be read")

    killed.start(wait=False)
    wait_until(
        lambda: (
            not killed.running
            or WHAT_TO_DO in killed.log
            or (CONNECTED in killed.log and before <= oracle.stored().keys())
        ),
        60,
        "the service to recover, or to say what is wrong",
    )
    if WHAT_TO_DO in killed.log:
        assert f"spool {killed.spool}" in killed.log
        assert "move it and its -wal file away and start again" in killed.log
    else:
        assert killed.running, killed.log
    killed.stop()
    assert before <= oracle.stored().keys() | readable(killed.spool)

    if WHAT_TO_DO in killed.log:
        for path in killed.data_dir.glob("spool-1.db*"):
            path.rename(killed.folder / path.name)
    killed.start()
    earlier = traffic.keys()
    publish_all(mosquitto.port, traffic.take(NEW))
    wait_until(lambda: traffic.keys() - earlier <= oracle.stored().keys(), 60, "new messages to be stored")


def readable(spool: Path) -> set[Key]:
    """What a patient reader gets out of a copy of the file, batch by batch."""
    copies = [shutil.copy(path, path.with_name(f"copy-of-{path.name}")) for path in spool.parent.glob("spool-1.db*")]
    found: set[Key] = set()
    try:
        with closing(sqlite3.connect(spool.with_name(f"copy-of-{spool.name}"))) as connection:
            try:
                row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'batch'").fetchone()
                last = 0 if row is None else row[0]
            except sqlite3.DatabaseError:
                return found
            for number in range(1, last + 1):
                found |= read_batch(connection, number)
    finally:
        for copy in copies:
            Path(copy).unlink(missing_ok=True)
        for rest in spool.parent.glob("copy-of-*"):
            rest.unlink()
    return found


def read_batch(connection: sqlite3.Connection, number: int) -> set[Key]:
    try:
        row = connection.execute("SELECT format, telemetry FROM batch WHERE number = ?", (number,)).fetchone()
        telemetry = decode_telemetry(*row) if row is not None else ()
    except (sqlite3.DatabaseError, MaintError):
        return set()
    return {(item.equipment, int(item.values["seq"])) for item in telemetry}


def write_back(spool: Path) -> None:
    """The write-ahead log into the file itself, as SQLite does from time to time."""
    with closing(sqlite3.connect(spool)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def overwrite(path: Path, start: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(CHANCE.randbytes(size))


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
