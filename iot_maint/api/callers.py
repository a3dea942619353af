"""Who asks: a bearer token, looked up by its hash, and whether its scope covers the request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from iot_maint.api.context import Context
from iot_maint.api.problem_kinds import Forbidden, Unauthenticated
from iot_maint.domain.tokens import Scope
from iot_maint.services.tokens import authenticate, digest_of

_BEARER = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token from `iot-maint token add NAME --scope read|write`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The token behind a request: its label, which every write keeps, and a fingerprint of its secret."""

    name: str
    fingerprint: str


def require(scope: Scope) -> Callable[..., Caller]:
    """A dependency that lets through only tokens of that scope."""

    def caller(
        context: Context, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> Caller:
        if credentials is None:
            raise Unauthenticated("send `Authorization: Bearer TOKEN`; `iot-maint token add` makes one")
        with context.database.reading() as repositories:
            token = authenticate(repositories, credentials.credentials)
        if token is None:
            raise Unauthenticated("the token is unknown or revoked")
        if not token.may(scope):
            raise Forbidden(f"the token {token.name} may only {token.scope}; this needs the scope {scope}")
        return Caller(name=token.name, fingerprint=digest_of(credentials.credentials).hex())

    return caller


Reader = Annotated[Caller, Depends(require(Scope.READ))]
Writer = Annotated[Caller, Depends(require(Scope.WRITE))]
