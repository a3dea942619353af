"""Requested backtests in the database, which itself lets only one run at a time."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from iot_maint.domain.backtests import BacktestOutput, BacktestRequest, BacktestStatus, StoredBacktest
from iot_maint.storage.relational.rows import from_json, from_row, to_json
from iot_maint.storage.relational.tables.backtests import backtests

_STARTS = 2  # one that has brought its process down twice is not tried again
_LOST = "the process that ran it was lost twice"
_ENDED = (BacktestStatus.DONE.value, BacktestStatus.FAILED.value)
_SHOWN = [column for column in backtests.c if column.name not in {"documents", "picture", "beat_at"}]


class SqlBacktests:
    """`BacktestRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, request: BacktestRequest, at: datetime, by: str) -> StoredBacktest:
        """Queued."""
        values = {
            "request": to_json(request),
            "status": BacktestStatus.QUEUED.value,
            "asked_at": at,
            "asked_by": by,
            "progress": 0.0,
            "attempts": 0,
        }
        row = self._connection.execute(insert(backtests).values(values).returning(*_SHOWN)).mappings().one()
        return _stored(row)

    def waiting(self) -> int:
        """How many are queued."""
        queued = backtests.c.status == BacktestStatus.QUEUED.value
        return int(self._connection.execute(select(func.count()).select_from(backtests).where(queued)).scalar_one())

    def get(self, backtest_id: int) -> StoredBacktest | None:
        """The one of that id."""
        row = self._connection.execute(select(*_SHOWN).where(backtests.c.id == backtest_id)).mappings().first()
        return None if row is None else _stored(row)

    def all(self) -> list[StoredBacktest]:
        """The newest first."""
        rows = self._connection.execute(select(*_SHOWN).order_by(backtests.c.id.desc())).mappings()
        return [_stored(row) for row in rows]

    def output(self, backtest_id: int) -> BacktestOutput | None:
        """Of one that is done."""
        columns = (backtests.c.documents, backtests.c.picture)
        row = self._connection.execute(select(*columns).where(backtests.c.id == backtest_id)).mappings().first()
        if row is None or row["documents"] is None:
            return None
        documents = msgspec.json.decode(row["documents"], type=dict[str, str])
        return BacktestOutput(documents=documents, picture=bytes(row["picture"]))

    def take(self, at: datetime, stale_before: datetime) -> StoredBacktest | None:
        """The oldest that waits, now running; None while another runs."""
        self._give_up_lost(at, stale_before)
        oldest = (
            select(backtests.c.id)
            .where(backtests.c.status == BacktestStatus.QUEUED.value)
            .order_by(backtests.c.id)
            .limit(1)
            .scalar_subquery()
        )
        statement = (
            update(backtests)
            .where(backtests.c.id == oldest, backtests.c.status == BacktestStatus.QUEUED.value)
            .values(
                status=BacktestStatus.RUNNING.value,
                started_at=at,
                beat_at=at,
                progress=0.0,
                attempts=backtests.c.attempts + 1,
            )
            .returning(*_SHOWN)
        )
        try:
            # A savepoint, so that the conflict costs only this statement, not the transaction.
            with self._connection.begin_nested():
                row = self._connection.execute(statement).mappings().first()
        except IntegrityError:
            return None
        return None if row is None else _stored(row)

    def beat(self, backtest_id: int, progress: float, at: datetime) -> None:
        """It runs, and has come so far."""
        self._change(backtest_id, progress=progress, beat_at=at)

    def put_back(self, backtest_id: int) -> None:
        """Whoever ran it has to stop: it waits again, as if it had not been started."""
        self._change(backtest_id, status=BacktestStatus.QUEUED.value, attempts=backtests.c.attempts - 1)

    def finish(self, backtest_id: int, output: BacktestOutput, at: datetime) -> None:
        """Done."""
        self._change(
            backtest_id,
            status=BacktestStatus.DONE.value,
            progress=1.0,
            finished_at=at,
            documents=to_json(output.documents),
            picture=output.picture,
        )

    def fail(self, backtest_id: int, error: str, at: datetime) -> None:
        """It came to nothing, and why."""
        self._change(backtest_id, status=BacktestStatus.FAILED.value, finished_at=at, error=error)

    def drop(self, backtest_id: int) -> bool:
        """Forget it; false while it runs."""
        that = (backtests.c.id == backtest_id, backtests.c.status != BacktestStatus.RUNNING.value)
        return self._connection.execute(delete(backtests).where(*that).returning(backtests.c.id)).first() is not None

    def keep_last(self, number: int) -> None:
        """Forget those that have ended before the last so many."""
        ended = backtests.c.status.in_(_ENDED)
        kept = select(backtests.c.id).where(ended).order_by(backtests.c.id.desc()).limit(number)
        self._connection.execute(delete(backtests).where(ended, backtests.c.id.not_in(kept.scalar_subquery())))

    def _give_up_lost(self, at: datetime, stale_before: datetime) -> None:
        lost = (backtests.c.status == BacktestStatus.RUNNING.value, backtests.c.beat_at < stale_before)
        failed = {"status": BacktestStatus.FAILED.value, "finished_at": at, "error": _LOST}
        self._connection.execute(update(backtests).where(*lost, backtests.c.attempts >= _STARTS).values(failed))
        self._connection.execute(update(backtests).where(*lost).values(status=BacktestStatus.QUEUED.value))

    def _change(self, backtest_id: int, **values: object) -> None:
        """Of one that runs: it may have been taken for lost meanwhile, and is another's then."""
        that = (backtests.c.id == backtest_id, backtests.c.status == BacktestStatus.RUNNING.value)
        self._connection.execute(update(backtests).where(*that).values(values))


def _stored(row: RowMapping) -> StoredBacktest:
    return from_row(row, StoredBacktest, request=from_json(row["request"], BacktestRequest))
