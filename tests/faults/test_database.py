"""The relational database is locked: acknowledging and storing go on, deciding waits, and each fault has one order."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from psycopg import sql

from tests.e2e.service import wait_until
from tests.faults.oracle import Oracle
from tests.faults.publisher import Publisher
from tests.faults.tcp_proxy import TcpProxy
from tests.faults.traffic import FAULT_MODE, PUMPS, REGISTER, Traffic
from tests.faults.worker import Worker
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlDatabase

pytestmark = pytest.mark.slow

PER_S = 400
SQLITE_LOCKED_S = 60
POSTGRESQL_LOCKED_S = 12  # longer than the product waits for a lock

SOON_AGAIN = ["--set", "iot_maint.bootstrap.ingesting:LONGEST_RETRY=1"]

Lock = Callable[[], AbstractContextManager[None]]


def test_a_sqlite_database_locked_for_a_minute_delays_the_order_and_nothing_else(
    worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    @contextmanager
    def lock() -> Iterator[None]:
        connection = sqlite3.connect(worker.data_dir / "iot-maint.db", timeout=30, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.close()

    check_lock(lock, SQLITE_LOCKED_S, worker, mosquitto, traffic, oracle)


def test_locked_tables_in_postgresql_delay_the_order_and_nothing_else(
    worker: Worker, mosquitto: MosquittoServer, postgresql: PostgresqlDatabase, traffic: Traffic, oracle: Oracle
) -> None:
    worker.environment["IOT_MAINT_DATABASE_URL"] = postgresql.url
    register = worker.folder / "register.csv"
    register.write_text(REGISTER, "utf-8")
    worker.run("migrate")
    worker.run("equipment", "import", str(register))

    @contextmanager
    def lock() -> Iterator[None]:
        with psycopg.connect(postgresql.url.replace("+psycopg", "")) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = sql.SQL(", ").join(sql.Identifier(str(name)) for (name,) in tables)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
            yield
            connection.rollback()

    check_lock(lock, POSTGRESQL_LOCKED_S, worker, mosquitto, traffic, oracle)
    worker.stop()


def check_lock(
    lock: Lock, locked_s: float, worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    with TcpProxy(mosquitto.port) as wire:
        worker.environment["IOT_MAINT_MQTT_URL"] = wire.url
        worker.start(SOON_AGAIN)
        with Publisher(mosquitto.port, traffic, per_s=PER_S):
            oracle.wait_stored(PER_S)
            with lock():
                until = time.monotonic() + locked_s
                # A fault that crosses while nobody can be told of it.
                traffic.hot_from = {"F-07": traffic.made // len(PUMPS) + 5}
                worker.wait_logged("waits: the database")
                acknowledged = wire.acknowledged
                oracle.wait_stored(oracle.count_stored() + PER_S)
                wait_until(lambda: time.monotonic() > until, locked_s, "the lock to have stood")
                assert wire.acknowledged >= acknowledged + PER_S
            wait_until(lambda: bool(worker.orders()), 60, "the order")
        oracle.wait_all_accounted_for()
        worker.stop()
    assert worker.orders() == [("F-07", FAULT_MODE)]
