"""Throwaway SQLite databases, copied from one that is migrated once."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from iot_maint.storage.relational.database import RelationalDatabase, open_database


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema and nothing else, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "iot-maint.db"
    with open_database(f"sqlite:///{path}") as database:
        database.check()
    return path


@pytest.fixture
def empty_databases(migrated: Path, tmp_path: Path) -> Iterator[Callable[[], RelationalDatabase]]:
    """Opens a fresh one at each call."""
    numbers = itertools.count(1)
    with ExitStack() as opened:

        def open_one() -> RelationalDatabase:
            path = shutil.copyfile(migrated, tmp_path / f"{next(numbers)}.db")
            return opened.enter_context(open_database(f"sqlite:///{path}"))

        yield open_one
