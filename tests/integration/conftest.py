"""Throwaway SQLite databases."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from iot_maint.storage.relational.database import RelationalDatabase, open_database
from tests.migrated import a_database


@pytest.fixture
def empty_databases(tmp_path: Path) -> Iterator[Callable[[], RelationalDatabase]]:
    """Opens a fresh one at each call."""
    numbers = itertools.count(1)
    with ExitStack() as opened:

        def open_one() -> RelationalDatabase:
            return opened.enter_context(open_database(a_database(tmp_path, f"{next(numbers)}.db")))

        yield open_one
