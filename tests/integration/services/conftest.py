"""Services over a SQLite database of each test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.storage.relational.database import RelationalDatabase, open_database
from tests.api_builders import StandingClock
from tests.migrated import a_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[RelationalDatabase]:
    with open_database(a_database(tmp_path)) as database:
        yield database


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()
