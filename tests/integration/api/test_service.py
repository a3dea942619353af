from pathlib import Path

import pytest

from iot_maint.domain.errors import StoreUnavailable
from tests.api_builders import ApiUnderTest, an_api


def test_readiness_names_each_dependency(tmp_path: Path) -> None:
    def away() -> None:
        raise StoreUnavailable("no connection to the broker at mqtt://x:1883; trying on")

    api = an_api(tmp_path, checks={"database": lambda: None, "broker": away})
    answer = api.stranger.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "ok",
        "broker": "no connection to the broker at mqtt://x:1883; trying on",
    }


def test_readiness_shows_a_clock_that_is_not_the_systems(tmp_path: Path) -> None:
    setting = "accelerated:2026-01-01T00:00:00+08:00/2026-11-23T00:00:00+08:00/240"
    ready = an_api(tmp_path, clock_setting=setting).stranger.get("/readyz").json()
    assert ready["status"] == "ready"
    assert ready["clock"] == {"setting": setting, "now": "2026-01-01T09:00:00+08:00"}


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/nowhere", 404, None),
        ("GET", "/api/v1/work-orders/WO-1", 404, None),
        ("GET", "/api/v1/equipment/P-9", 404, None),
        ("DELETE", "/api/v1/work-orders", 405, None),
        ("GET", "/api/v1/work-orders?limit=501", 422, None),
        ("GET", "/api/v1/work-orders?cursor=%21", 422, None),
        ("GET", "/api/v1/work-orders?sort=colour", 422, None),
        ("GET", "/api/v1/work-orders?opened_from=2026-01-01T00:00:00", 422, None),
        ("GET", "/api/v1/work-orders?opened_from=0001-01-01T00:00:00%2B14:00", 422, None),
        ("GET", "/api/v1/work-orders.csv?opened_until=9999-12-31T23:00:00-14:00", 422, None),
        ("GET", "/api/v1/equipment/P-9/telemetry?metric=vib_rms&to=9999-12-31T23:59:59Z", 422, None),
        ("GET", "/api/v1/alarms/9223372036854775808", 422, None),
        ("GET", "/api/v1/equipment/a%00b", 422, None),
        ("POST", "/api/v1/equipment", 400, b"{"),
        ("POST", "/api/v1/equipment", 422, b"[]"),
        ("POST", "/api/v1/equipment", 400, b"\xff"),
        ("POST", "/api/v1/equipment", 400, b"[" * 100_000),
        ("POST", "/api/v1/equipment", 413, b" " * (1 << 20) + b"{}"),
        ("POST", "/api/v1/work-orders/WO-1/explode", 422, None),
    ],
)
def test_every_error_is_a_problem(api: ApiUnderTest, method: str, path: str, status: int, body: bytes | None) -> None:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    answer = api.writer.request(method, path, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:iot-maint:problem:")
    assert all(problem[member] for member in ("title", "detail", "instance"))


def test_a_failure_inside_says_nothing_of_the_inside(api: ApiUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret path /srv/x")

    monkeypatch.setattr("iot_maint.storage.relational.orders.SqlWorkOrders.page", fail)
    answer = api.reader.get("/api/v1/work-orders")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_store_that_is_away_is_503_with_a_wait(api: ApiUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr("iot_maint.storage.relational.orders.SqlWorkOrders.page", away)
    answer = api.reader.get("/api/v1/work-orders")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_problems_speak_the_readers_language(api: ApiUnderTest) -> None:
    path = "/api/v1/equipment/P-9"
    assert api.reader.get(path).json()["title"] == "没有这台设备"
    english = api.reader.get(path, headers={"Accept-Language": "en"})
    assert (english.json()["title"], english.headers["Content-Language"]) == ("No such equipment", "en")


def test_answers_are_neither_sniffed_cached_nor_framed(api: ApiUnderTest) -> None:
    for path in ("/api/v1/work-orders", "/nowhere", "/docs"):
        headers = api.reader.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_body_without_an_announced_length_is_bounded_too(api: ApiUnderTest) -> None:
    chunks = (b" " * 65_536 for _ in range(17))
    assert api.writer.post("/api/v1/equipment", content=chunks).status_code == 413


def test_the_document_names_every_operation_once_and_every_error(api: ApiUnderTest) -> None:
    document = api.stranger.get("/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    for operation in operations:
        assert operation.get("description"), operation["operationId"]
        for status in ("400", "422", "500"):
            assert "application/problem+json" in operation["responses"][status]["content"]
    assert "HTTPValidationError" not in str(document)


def test_the_bare_address_leads_to_the_documentation(api: ApiUnderTest) -> None:
    answer = api.stranger.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
