"""Checkpoints: rule states by equipment, and how far each worker's decisions and stored points reach."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from iot_maint.storage.relational.statements import upsert
from iot_maint.storage.relational.tables.service import rule_states, workers


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

    def save_states(self, states: Mapping[str, bytes]) -> None:
        """Replace the states of these; the others stay."""
        # Sorted: two transactions that save the same ones lock them in the same order.
        rows = [{"equipment": equipment, "state": states[equipment]} for equipment in sorted(states)]
        upsert(self._connection, rule_states, rows, key=("equipment",))

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
