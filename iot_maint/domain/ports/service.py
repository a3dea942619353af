"""What the service keeps for itself, within one transaction: checkpoints, API keys, answers already given."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from iot_maint.domain.tokens import Token
from iot_maint.domain.workers import HeldState, IngestWorker


class CheckpointRepository(Protocol):
    """How far a worker has come, and the rule state that belongs to it."""

    def load_states(self) -> dict[str, bytes]:
        """Rule state by equipment."""
        ...

    def load_state(self, equipment: str) -> bytes | None: ...

    def save_states(self, states: Mapping[str, bytes], worker: str | None = None) -> None:
        """Replace the states of these; `worker` is who holds them from now on."""
        ...

    def states_held_by(self, worker: str) -> dict[str, bytes]:
        """Rule state of the equipment that this worker was the last to save."""
        ...

    def codes_held_by(self, worker: str) -> frozenset[str]: ...

    def held_states(self, equipment: Sequence[str]) -> dict[str, HeldState]:
        """Rule states of these, with who holds them; those that have none are left out."""
        ...

    def lock_workers(self, names: Iterable[str]) -> None:
        """Let no other transaction take rule states from these workers, or save theirs, until this one ends."""
        ...

    def takings_from(self, worker: str) -> int:
        """How often others have taken rule states over from this worker."""
        ...

    def note_taking(self, worker: str) -> None:
        """Rule states were taken over from this worker."""
        ...

    def progress_of(self, names: Sequence[str]) -> dict[str, int]:
        """The last batch number that each has saved; it moves with every checkpoint."""
        ...

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


class WorkerRepository(Protocol):
    """What ingest workers have taken on, each by its own word."""

    def all(self) -> list[IngestWorker]:
        """Every worker's record, without its sites."""
        ...

    def sites_of(self, worker: str) -> dict[str, datetime]:
        """The sites that it has, and since when."""
        ...

    def put(self, record: IngestWorker) -> None:
        """Replace the worker's record, sites included."""
        ...

    def beat(self, record: IngestWorker) -> None:
        """Replace the worker's record, but leave its sites as they are."""
        ...

    def drop(self, worker: str) -> None:
        """The worker has taken on nothing any more."""
        ...


class SilenceRepository(Protocol):
    """What was ever heard of equipment, and which silences stand there."""

    def load(self, worker: str) -> dict[str, bytes]:
        """By equipment, of those that this worker was the last to hear."""
        ...

    def load_of(self, equipment: Sequence[str]) -> dict[str, bytes]:
        """By equipment, whoever heard it last."""
        ...

    def save(self, worker: str, states: Mapping[str, bytes]) -> None:
        """Replace the states of these, which this worker hears now; the others stay."""
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
