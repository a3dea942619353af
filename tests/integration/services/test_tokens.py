import pytest

from iot_maint.domain.errors import InvalidInput, UnknownThing
from iot_maint.domain.tokens import Scope
from iot_maint.services.tokens import authenticate, issue_token, make_secret, revoke_tokens
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import StandingClock


def test_a_token_is_known_by_its_secret_until_it_is_revoked(database: RelationalDatabase, clock: StandingClock) -> None:
    with database.transaction() as repositories:
        secret, token = issue_token(repositories, "gateway", Scope.READ, clock)
        other, _ = issue_token(repositories, "panel", Scope.WRITE, clock)
        assert authenticate(repositories, secret) == token
        assert revoke_tokens(repositories, "gateway", clock) == 1
        assert authenticate(repositories, secret) is None
        assert authenticate(repositories, other) is not None


def test_secrets_are_long_random_and_recognisable() -> None:
    secrets = {make_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith("iotm_") and len(secret) >= 48 for secret in secrets)


def test_revoking_nothing_is_said(database: RelationalDatabase, clock: StandingClock) -> None:
    with pytest.raises(UnknownThing), database.transaction() as repositories:
        revoke_tokens(repositories, "nobody", clock)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 65])
def test_a_label_must_be_fit_to_be_shown(database: RelationalDatabase, clock: StandingClock, name: str) -> None:
    with pytest.raises(InvalidInput), database.transaction() as repositories:
        issue_token(repositories, name, Scope.READ, clock)
