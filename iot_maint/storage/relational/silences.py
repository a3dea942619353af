"""What was ever heard of equipment, and the silences that stand there."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from iot_maint.storage.relational.statements import chunks, upsert
from iot_maint.storage.relational.tables.service import silence_states


class SqlSilences:
    """`SilenceRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, worker: str) -> dict[str, bytes]:
        """By equipment, of those that this worker was the last to hear."""
        statement = select(silence_states.c.equipment, silence_states.c.state).where(silence_states.c.worker == worker)
        return {row.equipment: row.state for row in self._connection.execute(statement)}

    def load_of(self, equipment: Sequence[str]) -> dict[str, bytes]:
        """By equipment, whoever heard it last."""
        states: dict[str, bytes] = {}
        for some in chunks(equipment):
            statement = select(silence_states.c.equipment, silence_states.c.state)
            rows = self._connection.execute(statement.where(silence_states.c.equipment.in_(some)))
            states |= {row.equipment: row.state for row in rows}
        return states

    def save(self, worker: str, states: Mapping[str, bytes]) -> None:
        """Replace the states of these, which this worker hears now; the others stay."""
        # Sorted: two transactions that save the same ones lock them in the same order.
        rows = [{"equipment": code, "worker": worker, "state": states[code]} for code in sorted(states)]
        upsert(self._connection, silence_states, rows, key=("equipment",))
