"""API keys: a secret that is shown once, and the hash that is kept of it."""

import hashlib
import secrets
from collections.abc import Callable

from iot_maint.domain.errors import InvalidInput, UnknownThing
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.tokens import Scope, Token

PREFIX = "iotm_"
SECRET_BYTES = 32
MAX_NAME = 64  # characters


def make_secret() -> str:
    """256 random bits behind a prefix by which a leaked key is recognised."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret.  A plain hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def issue_token(
    repositories: Repositories, name: str, scope: Scope, clock: Clock, new_secret: Callable[[], str] = make_secret
) -> tuple[str, Token]:
    """(secret, token).  The secret cannot be read again; `InvalidInput` for a label that cannot be shown."""
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name.isspace():
        raise InvalidInput("name", f"1 to {MAX_NAME} printable characters")
    secret = new_secret()
    token = Token(name=name, scope=scope, created_at=clock.now())
    repositories.tokens.add(token, digest_of(secret))
    return secret, token


def authenticate(repositories: Repositories, secret: str) -> Token | None:
    """The token of that secret; None when there is none, or it was revoked."""
    if not secret.startswith(PREFIX):
        return None
    return repositories.tokens.find(digest_of(secret))


def revoke_tokens(repositories: Repositories, name: str, clock: Clock) -> int:
    """Revoke all tokens of that label; how many.  `UnknownThing` when none of them stood."""
    revoked = repositories.tokens.revoke(name, clock.now())
    if revoked == 0:
        raise UnknownThing(f"no token named {name} that is not revoked")
    return revoked
