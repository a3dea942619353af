import pytest

from iot_maint.domain.tokens import Scope
from iot_maint.services.tokens import issue_token, revoke_tokens
from tests.api_builders import ApiUnderTest
from tests.builders import an_equipment

LIST = "/api/v1/work-orders"


def paths_of(api: ApiUnderTest) -> list[tuple[str, str]]:
    document = api.stranger.get("/openapi.json").json()
    return [(method, path) for path, operations in document["paths"].items() for method in operations]


def test_everything_under_v1_asks_for_a_token(api: ApiUnderTest) -> None:
    guarded = [(method, path) for method, path in paths_of(api) if path.startswith("/api/v1")]
    assert len(guarded) > 20
    for method, path in guarded:
        answer = api.stranger.request(method, path.replace("{alarm_id}", "1").replace("{transition}", "close"))
        assert answer.status_code == 401, (method, path)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_reader_reads_and_never_writes(api: ApiUnderTest) -> None:
    for method, path in paths_of(api):
        if method == "get" or not path.startswith("/api/v1"):
            continue
        answer = api.reader.request(method, path.replace("{alarm_id}", "1").replace("{transition}", "close"))
        assert answer.status_code == 403, (method, path)
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
    assert api.reader.get(LIST).status_code == 200
    assert api.writer.get(LIST).status_code == 200


@pytest.mark.parametrize("header", ["Bearer iotm_wrong", "Bearer ", "Basic eDp5", "iotm_x"])
def test_a_wrong_token_is_no_token(api: ApiUnderTest, header: str) -> None:
    assert api.stranger.get(LIST, headers={"Authorization": header}).status_code == 401


def test_a_revoked_token_opens_nothing_any_more(api: ApiUnderTest) -> None:
    with api.database.transaction() as repositories:
        secret, _ = issue_token(repositories, "guest", Scope.READ, api.clock)
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.stranger.get(LIST, headers=headers).status_code == 200
    with api.database.transaction() as repositories:
        revoke_tokens(repositories, "guest", api.clock)
    assert api.stranger.get(LIST, headers=headers).status_code == 401


def test_the_secret_is_stored_nowhere(api: ApiUnderTest) -> None:
    with api.database.transaction() as repositories:
        secret, _ = issue_token(repositories, "guest", Scope.READ, api.clock)
    stored = b"".join(path.read_bytes() for path in api.folder.iterdir())
    assert b"guest" in stored
    assert secret.removeprefix("iotm_").encode() not in stored


def test_health_readiness_metrics_and_documentation_ask_for_none(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    assert api.stranger.get("/healthz").json() == {"status": "alive"}
    for path in ("/readyz", "/metrics", "/openapi.json", "/docs", "/docs/assets/swagger-ui.css"):
        assert api.stranger.get(path).status_code == 200, path
    assert "P-1" not in api.stranger.get("/metrics").text
