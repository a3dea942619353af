"""The single home of stand-ins: wrappers that make a real thing fail on demand, and a rule engine that only notes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from iot_maint.domain.ports import Database, Repositories, Spool, TelemetryStore
from iot_maint.domain.queries import BinQuery, Bins, SeriesQuery, SeriesSample
from iot_maint.domain.telemetry import Batch, DeadLetter, GatewayBirth, GatewayNotice, Point, Telemetry

Fault = Exception | None


@dataclass(slots=True, kw_only=True)
class FaultyStore:
    """A real telemetry store that asks `fault(points)` before each write what to raise instead."""

    inner: TelemetryStore
    fault: Callable[[Sequence[Point]], Fault] = lambda _points: None
    writes: list[int] = field(default_factory=list)

    def write(self, points: Sequence[Point]) -> None:
        fault = self.fault(points)
        if fault is not None:
            raise fault
        self.inner.write(points)
        self.writes.append(len(points))

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        return self.inner.read_series(query)

    def read_bins(self, query: BinQuery) -> Bins:
        return self.inner.read_bins(query)

    def read_last(self, measurement: str, equipment: str) -> dict[str, SeriesSample]:
        return self.inner.read_last(measurement, equipment)

    def read_points(self, measurement: str, site: str, equipment: str) -> Iterator[Sequence[Point]]:
        return self.inner.read_points(measurement, site, equipment)

    def read_events(self, measurement: str, since_ms: int, until_ms: int) -> list[Point]:
        return self.inner.read_events(measurement, since_ms, until_ms)

    def drop_before(self, at_ms: int) -> int:
        return self.inner.drop_before(at_ms)

    def check(self) -> None:
        self.inner.check()

    def close(self) -> None:
        self.inner.close()


@dataclass(slots=True, kw_only=True)
class FaultySpool:
    """A real spool that asks `fault(telemetry)` before each append what to raise instead."""

    inner: Spool
    fault: Callable[[Sequence[Telemetry]], Fault] = lambda _telemetry: None

    @property
    def id(self) -> str:
        return self.inner.id

    def append(
        self,
        telemetry: Sequence[Telemetry],
        dead: Sequence[DeadLetter],
        received_at_ms: int,
        notices: Sequence[GatewayNotice] = (),
    ) -> int:
        fault = self.fault(telemetry)
        if fault is not None:
            raise fault
        return self.inner.append(telemetry, dead, received_at_ms, notices)

    def births(self) -> list[GatewayBirth]:
        return self.inner.births()

    def read_after(self, number: int, limit: int) -> list[Batch]:
        return self.inner.read_after(number, limit)

    def last_number(self) -> int:
        return self.inner.last_number()

    def delete_through(self, number: int) -> None:
        self.inner.delete_through(number)

    def add_dead_letters(self, dead: Sequence[DeadLetter]) -> None:
        self.inner.add_dead_letters(dead)

    def drop_dead_letters_before(self, at_ms: int) -> int:
        return self.inner.drop_dead_letters_before(at_ms)

    def give_back_room(self) -> None:
        self.inner.give_back_room()

    def dead_letters(self, after_id: int, limit: int) -> list[DeadLetter]:
        return self.inner.dead_letters(after_id, limit)

    def close(self) -> None:
        self.inner.close()


@dataclass(slots=True, kw_only=True)
class FaultyDatabase:
    """A real database that calls `before()` ahead of each transaction: it may wait there, or raise."""

    inner: Database
    before: Callable[[], None] = lambda: None

    def transaction(self) -> AbstractContextManager[Repositories]:
        self.before()
        return self.inner.transaction()

    def reading(self) -> AbstractContextManager[Repositories]:
        self.before()
        return self.inner.reading()

    def check(self) -> None:
        self.before()
        self.inner.check()


@dataclass(slots=True, kw_only=True)
class NotingMonitor:
    """Stands where the rules stand: notes what it was given, and asks `fault(batch)` first what to raise instead."""

    covered: int = 0
    fault: Callable[[Batch], Fault] = lambda _batch: None
    start_faults: list[Exception] = field(default_factory=list)
    checkpoint_faults: list[Exception] = field(default_factory=list)
    handled: list[Batch] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)

    def start(self) -> int:
        if self.start_faults:
            raise self.start_faults.pop(0)
        return self.covered

    def handle(self, batch: Batch) -> None:
        fault = self.fault(batch)
        if fault is not None:
            raise fault
        self.handled.append(batch)

    def checkpoint(self, number: int) -> None:
        if self.checkpoint_faults:
            raise self.checkpoint_faults.pop(0)
        self.checkpoints.append(number)
