"""One contract, two databases: every test here runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.storage.relational.database import RelationalDatabase, open_database
from tests.migrated import a_database
from tests.servers.postgresql import PostgresqlDatabase


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/iot-maint.db"
    server: PostgresqlDatabase = request.getfixturevalue("postgresql")
    return server.url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the schema and nothing in it."""
    if request.param == "sqlite":
        return a_database(tmp_path)
    server: PostgresqlDatabase = request.getfixturevalue("migrated_postgresql")
    return server.url


@pytest.fixture
def database(migrated_url: str) -> Iterator[RelationalDatabase]:
    with open_database(migrated_url) as database:
        yield database
