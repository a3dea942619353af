"""A database for each story."""

from collections.abc import Callable

import pytest

from iot_maint.storage.relational.database import RelationalDatabase


@pytest.fixture
def database(empty_databases: Callable[[], RelationalDatabase]) -> RelationalDatabase:
    return empty_databases()
