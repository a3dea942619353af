"""Requested backtests, within one transaction."""

from datetime import datetime
from typing import Protocol

from iot_maint.domain.backtests import BacktestOutput, BacktestRequest, StoredBacktest


class BacktestRepository(Protocol):
    """A short queue, and the last results."""

    def add(self, request: BacktestRequest, at: datetime, by: str) -> StoredBacktest: ...

    def waiting(self) -> int:
        """How many are queued."""
        ...

    def get(self, backtest_id: int) -> StoredBacktest | None: ...

    def all(self) -> list[StoredBacktest]:
        """The newest first."""
        ...

    def output(self, backtest_id: int) -> BacktestOutput | None:
        """Of one that is done."""
        ...

    def take(self, at: datetime, stale_before: datetime) -> StoredBacktest | None:
        """The oldest that waits, now running; None while another runs.

        One whose process has not been heard since `stale_before` waits again, or has failed when that was its second
        start.  Times are real ones.
        """
        ...

    def beat(self, backtest_id: int, progress: float, at: datetime) -> None:
        """It runs, and has come so far."""
        ...

    def put_back(self, backtest_id: int) -> None:
        """Whoever ran it has to stop: it waits again, as if it had not been started."""
        ...

    def finish(self, backtest_id: int, output: BacktestOutput, at: datetime) -> None: ...

    def fail(self, backtest_id: int, error: str, at: datetime) -> None: ...

    def drop(self, backtest_id: int) -> bool:
        """Forget it; false while it runs."""
        ...

    def keep_last(self, number: int) -> None:
        """Forget those that have ended before the last so many."""
        ...
