"""The API over SQLite stores of each test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_builders import ApiUnderTest, an_api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiUnderTest]:
    under_test = an_api(tmp_path)
    yield under_test
    under_test.context.telemetry.close()
    under_test.database.close()
