"""Real servers as fixtures. They start when a test first asks, so the unit tests start nothing.

`mosquitto`   a fresh broker for each test: url, host, port, publish(), stop(), start(), kill()
`influxdb`    a fresh bucket for each test: telemetry_url, url, org, bucket, token, write(), query(), server
`postgresql`  a fresh, empty database for each test: url, server
`migrated_postgresql`  the same with the schema of this release
`chromium`    the path of a browser for Playwright's `executable_path`
"""

import gc
import secrets
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iot_maint.storage.relational.migrate import migrate
from tests.servers.absence import without
from tests.servers.influxdb import InfluxdbBucket, InfluxdbServer
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlDatabase, PostgresqlServer
from tests.servers.programs import (
    find_chromium,
    find_influxd,
    find_mosquitto,
    find_mosquitto_pub,
    find_postgresql,
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is there once all tests are known stays to the end, and is not searched for garbage over and over: that
    search would take a third of the time of the whole run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MosquittoServer]:
    program = find_mosquitto()
    if program is None or find_mosquitto_pub() is None:
        without("Mosquitto")
    # It starts in 20 ms: a broker of its own spares every test the sessions and retained messages of others.
    broker = MosquittoServer(program=program, folder=tmp_path_factory.mktemp("mosquitto"))
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="session")
def influxdb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxdbServer]:
    program = find_influxd()
    if program is None:
        without("InfluxDB")
    server = InfluxdbServer(program=program, folder=tmp_path_factory.mktemp("influxdb"))
    try:
        server.start()
        server.set_up()
        yield server
    finally:
        server.stop()


@pytest.fixture
def influxdb(influxdb_server: InfluxdbServer) -> Iterator[InfluxdbBucket]:
    bucket = influxdb_server.create_bucket(f"test-{secrets.token_hex(4)}")
    yield bucket
    # The next test finds it running, whatever this one did to it.
    influxdb_server.process.resume()
    influxdb_server.start()
    influxdb_server.delete_bucket(bucket.bucket)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    programs = find_postgresql()
    if programs is None:
        without("PostgreSQL")
    # Not pytest's folder: that one is closed to every other user, and PostgreSQL refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="iot-maint-postgresql-", ignore_cleanup_errors=True) as folder:
        server = PostgresqlServer(programs=programs, folder=Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgresql(postgresql_server: PostgresqlServer) -> Iterator[PostgresqlDatabase]:
    with _a_database(postgresql_server) as database:
        yield database


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: PostgresqlServer) -> str:
    """The name of a migrated database to be copied, which is three times as fast as to migrate."""
    database = postgresql_server.create_database("migrated")
    migrate(database.url)
    return database.name


@pytest.fixture
def migrated_postgresql(postgresql_server: PostgresqlServer, postgresql_template: str) -> Iterator[PostgresqlDatabase]:
    with _a_database(postgresql_server, postgresql_template) as database:
        yield database


@contextmanager
def _a_database(server: PostgresqlServer, template: str = "template1") -> Iterator[PostgresqlDatabase]:
    database = server.create_database(f"test_{secrets.token_hex(4)}", template)
    yield database
    # The next test finds it running, whatever this one did to it.
    server.process.resume()
    server.start()
    server.drop_database(database.name)


@pytest.fixture(scope="session")
def chromium() -> Path:
    browser = find_chromium()
    if browser is None:
        without("Chromium")
    return browser
