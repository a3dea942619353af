"""A throwaway database for each story, copied from one that is migrated once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.storage.relational.database import RelationalDatabase, open_database


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "iot-maint.db"
    with open_database(f"sqlite:///{path}") as database:
        database.check()
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[RelationalDatabase]:
    path = tmp_path / "iot-maint.db"
    shutil.copyfile(empty_database, path)
    with open_database(f"sqlite:///{path}") as database:
        yield database
