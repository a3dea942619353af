"""What the service keeps for itself, within one transaction: checkpoints, API keys, answers already given."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from iot_maint.domain.tokens import Token


class CheckpointRepository(Protocol):
    """How far a worker has come, and the rule state that belongs to it."""

    def load_states(self) -> dict[str, bytes]:
        """Rule state by equipment."""
        ...

    def load_state(self, equipment: str) -> bytes | None: ...

    def save_states(self, states: Mapping[str, bytes]) -> None: ...

    def decided(self, worker: str, spool_id: str) -> int:
        """The last batch number that the saved states cover; 0 for another spool."""
        ...

    def save_decided(self, worker: str, spool_id: str, number: int) -> None: ...

    def save_stored(self, worker: str, through: datetime) -> None:
        """All that this worker received up to then rests in the telemetry store."""
        ...

    def stored_through(self) -> dict[str, datetime]:
        """By worker: all received up to then is stored."""
        ...


class TokenRepository(Protocol):
    """API keys; only their hashes are known."""

    def add(self, token: Token, digest: bytes) -> None: ...

    def find(self, digest: bytes) -> Token | None:
        """The token of that hash; `None` when unknown or revoked."""
        ...

    def revoke(self, name: str, at: datetime) -> int:
        """Revoke all tokens of that name; how many."""
        ...

    def all(self) -> Sequence[Token]: ...


class IdempotencyRepository(Protocol):
    """Answers already given, by the caller's key."""

    def find(self, key: str) -> tuple[str, int, bytes] | None:
        """(request fingerprint, status code, body) given before."""
        ...

    def add(self, key: str, fingerprint: str, status: int, body: bytes, at: datetime) -> bool:
        """False when another request took the key meanwhile."""
        ...

    def drop_before(self, at: datetime) -> None: ...
