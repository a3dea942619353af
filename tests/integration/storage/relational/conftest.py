"""One contract, two databases: every test here runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.relational.migrate import migrate
from tests.servers.postgresql import PostgresqlDatabase


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/iot-maint.db"
    server: PostgresqlDatabase = request.getfixturevalue("postgresql")
    return server.url


@pytest.fixture
def database(empty_url: str) -> Iterator[RelationalDatabase]:
    migrate(empty_url)
    with open_database(empty_url) as database:
        yield database
