"""Where telemetry rests: the spool between the broker and everything else, and the telemetry store."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from iot_maint.domain.history import HistoryRows, HistorySpan
from iot_maint.domain.queries import (
    BinQuery,
    Bins,
    SeriesQuery,
    SeriesSample,
)
from iot_maint.domain.telemetry import Batch, DeadLetter, GatewayBirth, GatewayNotice, Point, Telemetry


class SeriesReader(Protocol):
    """The part of a telemetry store that answers for series."""

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        """Samples of the asked metrics in time order; empty when there is nothing."""
        ...


class TelemetryStore(SeriesReader, Protocol):
    """Where points rest.  Writing the same point again is harmless."""

    def write(self, points: Sequence[Point]) -> None:
        """Store all, durably; `StoreUnavailable` to try again later, `StoreRefused` when the store says no."""
        ...

    def read_bins(self, query: BinQuery) -> Bins:
        """Means over equal bins, made in the store or its adapter: years of history fit, as numbers, not as objects."""
        ...

    def read_last(self, measurement: str, equipment: str) -> dict[str, SeriesSample]:
        """The newest sample of each metric."""
        ...

    def read_points(self, measurement: str, site: str, equipment: str) -> Iterator[Sequence[Point]]:
        """All points of one piece of equipment, in chunks bounded in memory; for copying."""
        ...

    def read_events(self, measurement: str, since_ms: int, until_ms: int) -> list[Point]:
        """Event points (`work_order_event`, …) with their tags and texts."""
        ...

    def drop_before(self, at_ms: int) -> int:
        """Forget telemetry older than that; how many points went (0 where the store does it by itself)."""
        ...

    def check(self) -> None:
        """One real round trip with the store's credentials; raises what `write` raises."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


class HistoryStore(Protocol):
    """Stored telemetry in columns, for whoever goes through much of it."""

    def read_rows(
        self, measurement: str, site: str, equipment: str, metrics: Sequence[str], start_ms: int, end_ms: int
    ) -> HistoryRows:
        """The numbers of these metrics in [start_ms, end_ms), as they were stored; columns of those that have any."""
        ...

    def read_span(self, measurement: str, site: str, equipment: str, metrics: Sequence[str]) -> HistorySpan | None:
        """From when to when anything of these metrics rests; None where nothing does."""
        ...


class Spool(Protocol):
    """The durable log of received batches, numbered without reuse, with the dead letters beside it."""

    @property
    def id(self) -> str:
        """A random id, made with the file: checkpoints of another spool say nothing of this one."""
        ...

    def append(
        self,
        telemetry: Sequence[Telemetry],
        dead: Sequence[DeadLetter],
        received_at_ms: int,
        notices: Sequence[GatewayNotice] = (),
    ) -> int:
        """One durable commit; the batch's number (0 when there was no telemetry, only what stood beside it).

        Of the notices births are kept, and dropped by deaths and by later births.  `StoreUnavailable` while it is
        full: what is not kept is not acknowledged, and the broker keeps it.
        """
        ...

    def births(self) -> list[GatewayBirth]:
        """The births that are kept, in the order in which they came."""
        ...

    def read_after(self, number: int, limit: int) -> list[Batch]:
        """The next batches in order; `UnknownFormat` names the version of one it cannot read."""
        ...

    def last_number(self) -> int:
        """The newest batch's number, 0 when none ever was."""
        ...

    def delete_through(self, number: int) -> None:
        """Forget batches up to and with that number."""
        ...

    def add_dead_letters(self, dead: Sequence[DeadLetter]) -> None:
        """Keep messages that failed after decoding."""
        ...

    def drop_dead_letters_before(self, at_ms: int) -> int:
        """Forget those received before that; how many went."""
        ...

    def give_back_room(self) -> None:
        """Hand a little of what is no longer needed back to the disk."""
        ...

    def dead_letters(self, after_id: int, limit: int) -> list[DeadLetter]:
        """Dead letters by id."""
        ...

    def close(self) -> None:
        """Release the file and its lock."""
        ...
