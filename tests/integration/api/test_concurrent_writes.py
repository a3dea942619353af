"""Writes that meet: on SQLite they queue, on PostgreSQL they really run side by side."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.api_builders import ApiUnderTest, an_api
from tests.builders import an_equipment

ORDERS = "/api/v1/work-orders"
AT_ONCE = 8


@pytest.fixture(params=["sqlite", "postgresql"])
def busy_api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ApiUnderTest]:
    url: str | None = None
    if request.param == "postgresql":
        url = request.getfixturevalue("migrated_postgresql").url
    under_test = an_api(tmp_path, database_url=url)
    under_test.register(an_equipment("P-1"))
    yield under_test
    under_test.context.telemetry.close()
    under_test.database.close()


def at_once(ask: Callable[[int], tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, range(AT_ONCE)))


def test_one_write_sent_many_times_at_once_happens_once(busy_api: ApiUnderTest) -> None:
    number = busy_api.happen().number

    def ask(_: int) -> tuple[int, bytes]:
        headers = {"Idempotency-Key": "the-same"}
        answer = busy_api.writer.post(f"{ORDERS}/{number}/dispatch", headers=headers)
        return answer.status_code, answer.content

    answers = at_once(ask)
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1
    assert len(busy_api.reader.get(f"{ORDERS}/{number}").json()["timeline"]) == 2


def test_of_many_people_who_take_one_step_at_once_one_succeeds(busy_api: ApiUnderTest) -> None:
    number = busy_api.happen().number

    def ask(_: int) -> tuple[int, bytes]:
        answer = busy_api.writer.post(f"{ORDERS}/{number}/dispatch")
        return answer.status_code, answer.content

    assert sorted(status for status, _ in at_once(ask)) == [200] + [409] * (AT_ONCE - 1)
    assert len(busy_api.reader.get(f"{ORDERS}/{number}").json()["timeline"]) == 2
