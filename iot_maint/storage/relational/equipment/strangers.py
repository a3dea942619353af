"""What telemetry brought that the register or the catalog did not know: codes, metrics, and their transfers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update

from iot_maint.domain.equipment import EquipmentStatus, Transfer
from iot_maint.storage.relational.equipment.revisions import Revisions
from iot_maint.storage.relational.rows import from_row, to_row
from iot_maint.storage.relational.statements import insert_all_new
from iot_maint.storage.relational.tables.register import equipment, transfers
from iot_maint.storage.relational.tables.register import unknown_metrics as metrics_table


class Strangers(Revisions):
    """The part of `EquipmentRepository` that concerns the unregistered."""

    def count_unregistered(self) -> int:
        """How many codes only their telemetry made known."""
        unregistered = equipment.c.status == EquipmentStatus.UNREGISTERED.value
        return self._connection.execute(select(func.count()).select_from(equipment).where(unregistered)).scalar_one()

    def note_unknown_metrics(self, code: str, metrics: Sequence[str], at: datetime) -> None:
        """Remember which undeclared metrics a code has sent, and when it first did."""
        # Sorted: two transactions that note the same ones wait for each other in the same order.
        rows = [{"code": code, "metric": metric, "first_seen_at": at} for metric in sorted(set(metrics))]
        insert_all_new(self._connection, metrics_table, rows, unique=("code", "metric"))

    def unknown_metrics(self, code: str) -> list[str]:
        """By name."""
        statement = select(metrics_table.c.metric).where(metrics_table.c.code == code).order_by(metrics_table.c.metric)
        return list(self._connection.execute(statement).scalars())

    def add_transfer(self, transfer: Transfer) -> Transfer:
        """Stored, with its id."""
        statement = insert(transfers).values(to_row(transfer, without=("id",))).returning(*transfers.columns)
        return from_row(self._connection.execute(statement).mappings().one(), Transfer)

    def pending_transfers(self) -> list[Transfer]:
        """Those not finished, oldest first."""
        statement = select(transfers).where(transfers.c.finished_at.is_(None)).order_by(transfers.c.id)
        return [from_row(row, Transfer) for row in self._connection.execute(statement).mappings()]

    def update_transfer(self, transfer: Transfer) -> None:
        """Store how far it came."""
        values = to_row(transfer, without=("id",))
        self._connection.execute(update(transfers).where(transfers.c.id == transfer.id).values(values))

    def transfer(self, transfer_id: int) -> Transfer | None:
        """The transfer of that id."""
        row = self._connection.execute(select(transfers).where(transfers.c.id == transfer_id)).mappings().first()
        return None if row is None else from_row(row, Transfer)
