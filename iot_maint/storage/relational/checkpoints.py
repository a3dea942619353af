"""Checkpoints: rule states by equipment, and how far each worker's decisions and stored points reach."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from iot_maint.domain.workers import HeldState
from iot_maint.storage.relational.statements import chunks, upsert
from iot_maint.storage.relational.tables.service import rule_states, workers

_SAVE_ON_SQLITE = """
INSERT INTO rule_states (equipment, state, worker) VALUES (?, ?, ?)
ON CONFLICT (equipment) DO UPDATE SET state = excluded.state, worker = excluded.worker
"""
_SAVE_ON_POSTGRESQL = """
INSERT INTO rule_states (equipment, state, worker)
SELECT code, state, %s FROM unnest(%s::text[], %s::bytea[]) AS given (code, state)
ON CONFLICT (equipment) DO UPDATE SET state = excluded.state, worker = excluded.worker
"""


class SqlCheckpoints:
    """`CheckpointRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load_states(self) -> dict[str, bytes]:
        """Rule state by equipment."""
        rows = self._connection.execute(select(rule_states.c.equipment, rule_states.c.state))
        return {row.equipment: row.state for row in rows}

    def load_state(self, equipment: str) -> bytes | None:
        """One equipment's rule state."""
        statement = select(rule_states.c.state).where(rule_states.c.equipment == equipment)
        return self._connection.execute(statement).scalar_one_or_none()

    def save_states(self, states: Mapping[str, bytes], worker: str | None = None) -> None:
        """Replace the states of these, which `worker` holds from now on; the others stay."""
        # Sorted: two transactions that save the same ones lock them in the same order.
        codes = sorted(states)
        if not codes:
            return
        # In the driver's own words: of a million devices each message changes a state, and this is what that costs.
        if self._connection.dialect.name == "postgresql":
            values = (worker, codes, [states[code] for code in codes])
            self._connection.exec_driver_sql(_SAVE_ON_POSTGRESQL, values)
        else:
            self._connection.exec_driver_sql(_SAVE_ON_SQLITE, [(code, states[code], worker) for code in codes])

    def states_held_by(self, worker: str) -> dict[str, bytes]:
        """Rule state of the equipment that this worker was the last to save."""
        statement = select(rule_states.c.equipment, rule_states.c.state).where(rule_states.c.worker == worker)
        return {row.equipment: row.state for row in self._connection.execute(statement)}

    def codes_held_by(self, worker: str) -> frozenset[str]:
        """The equipment whose state this worker was the last to save."""
        statement = select(rule_states.c.equipment).where(rule_states.c.worker == worker)
        return frozenset(self._connection.execute(statement).scalars())

    def held_states(self, equipment: Sequence[str]) -> dict[str, HeldState]:
        """Rule states of these, with who holds them; those that have none are left out."""
        found: dict[str, HeldState] = {}
        for codes in chunks(equipment):
            for row in self._connection.execute(select(rule_states).where(rule_states.c.equipment.in_(codes))):
                found[row.equipment] = HeldState(state=row.state, worker=row.worker)
        return found

    def lock_workers(self, names: Iterable[str]) -> None:
        """Let no other transaction take rule states from these workers, or save theirs, until this one ends.

        In the order of their names, so that two that take from each other wait instead of failing; SQLite has one
        writer at a time anyway.
        """
        statement = select(workers.c.worker).where(workers.c.worker.in_(sorted(names))).order_by(workers.c.worker)
        self._connection.execute(statement.with_for_update()).all()

    def takings_from(self, worker: str) -> int:
        """How often others have taken rule states over from this worker."""
        statement = select(workers.c.taken).where(workers.c.worker == worker)
        return self._connection.execute(statement).scalar_one_or_none() or 0

    def note_taking(self, worker: str) -> None:
        """Rule states were taken over from this worker."""
        grown = func.coalesce(workers.c.taken, 0) + 1
        self._connection.execute(update(workers).where(workers.c.worker == worker).values(taken=grown))

    def progress_of(self, names: Sequence[str]) -> dict[str, int]:
        """The last batch number that each has saved; it moves with every checkpoint."""
        statement = select(workers.c.worker, workers.c.decided).where(workers.c.worker.in_(names))
        return {row.worker: row.decided or 0 for row in self._connection.execute(statement)}

    def decided(self, worker: str, spool_id: str) -> int:
        """The last batch number that the saved states cover; 0 for another spool."""
        statement = select(workers.c.decided).where(workers.c.worker == worker, workers.c.spool_id == spool_id)
        return self._connection.execute(statement).scalar_one_or_none() or 0

    def save_decided(self, worker: str, spool_id: str, number: int) -> None:
        """The saved states cover that spool up to and with that batch."""
        row = {"worker": worker, "spool_id": spool_id, "decided": number}
        upsert(self._connection, workers, [row], key=("worker",))

    def save_stored(self, worker: str, through: datetime) -> None:
        """All that this worker received up to then rests in the telemetry store."""
        upsert(self._connection, workers, [{"worker": worker, "stored_through": through}], key=("worker",))

    def stored_through(self) -> dict[str, datetime]:
        """By worker: all received up to then is stored."""
        statement = select(workers.c.worker, workers.c.stored_through).where(workers.c.stored_through.is_not(None))
        return {row.worker: row.stored_through for row in self._connection.execute(statement)}
