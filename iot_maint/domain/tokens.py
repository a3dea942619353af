"""API keys: a label, scopes, and (elsewhere) a hash."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a token may do; `write` includes `read`."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API key without its secret.  `name` is a label, not unique."""

    name: str
    scope: Scope
    created_at: datetime
    revoked_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the token's scope covers the asked one."""
        return scope is Scope.READ or self.scope is Scope.WRITE
