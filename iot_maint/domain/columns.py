"""The telemetry of a batch in columns: read like a sequence of `Telemetry`, kept as a few arrays.

One object a message, let alone a reading, costs more than all that is done with it.  Whoever handles every message
works on the arrays; whoever handles few takes them out one by one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.telemetry import Telemetry, TimestampSource

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Texts = Mapping[int, Mapping[str, str]]

# A batch carries the whole table of origins while that is not much longer than itself; else only those that it names.
_MOST_SPARE = 2


_NO_TEXTS: Texts = {}
_From = TypeVar("_From")
_Made = TypeVar("_Made")


class Origin(NamedTuple):
    """Whose values, and of which metrics, in the order of the message."""

    site: str
    equipment: str
    metrics: tuple[str, ...]


class TelemetryColumns(Sequence[Telemetry]):
    """n messages in their order of arrival.

    `origin_of`, `at_ms`, `received_at_ms`: n each, the first an index into `origins`.  `values`: message by message, as
    many as the metrics of its origin.  By the message's position, what few have: `texts`; those `retained`; those
    `without_time`, dated at reception.
    """

    def __init__(
        self,
        *,
        origins: tuple[Origin, ...],
        origin_of: Integers,
        at_ms: Integers,
        received_at_ms: Integers,
        values: Floats,
        texts: Texts = _NO_TEXTS,
        retained: frozenset[int] = frozenset(),
        without_time: frozenset[int] = frozenset(),
    ) -> None:
        """`ValueError` where the columns do not fit each other."""
        self.origins = origins
        self.origin_of = origin_of
        self.at_ms = at_ms
        self.received_at_ms = received_at_ms
        self.values = values
        self.texts = texts
        self.retained = retained
        self.without_time = without_time
        if not len(origin_of) == len(at_ms) == len(received_at_ms):
            raise ValueError("the batch's columns are of different lengths")
        if len(origin_of) and not 0 <= int(origin_of.min()) <= int(origin_of.max()) < len(self.origins):
            raise ValueError("the batch names an origin that it does not have")
        if self.starts[-1] != len(values):
            raise ValueError("the batch holds more or fewer values than its messages")

    @classmethod
    def of(cls, telemetry: Iterable[Telemetry]) -> "TelemetryColumns":
        """The same messages, in columns."""
        if isinstance(telemetry, cls):
            return telemetry
        builder = ColumnsBuilder()
        for item in telemetry:
            builder.add(item)
        return builder.build()

    @classmethod
    def joined(cls, parts: Sequence["TelemetryColumns"]) -> "TelemetryColumns":
        """All of them, one after the other."""
        if len(parts) == 1:
            return parts[0]
        table = OriginTable()
        origins = parts[0].origins
        numbers = None
        if any(part.origins is not origins for part in parts):
            numbers = [np.array([table.number_of(one) for one in part.origins], dtype=np.int64) for part in parts]
            origins = table.all
        firsts = np.cumsum([0, *map(len, parts)]).tolist()
        placed = list(zip(firsts, parts, strict=False))
        return cls(
            origins=origins,
            origin_of=np.concatenate(
                [part.origin_of if numbers is None else numbers[n][part.origin_of] for n, part in enumerate(parts)]
            ),
            at_ms=np.concatenate([part.at_ms for part in parts]),
            received_at_ms=np.concatenate([part.received_at_ms for part in parts]),
            values=np.concatenate([part.values for part in parts]),
            texts={first + position: texts for first, part in placed for position, texts in part.texts.items()},
            retained=frozenset(first + position for first, part in placed for position in part.retained),
            without_time=frozenset(first + position for first, part in placed for position in part.without_time),
        )

    @cached_property
    def sizes(self) -> Integers:
        """How many values each message has."""
        per_origin = np.array([len(origin.metrics) for origin in self.origins], dtype=np.int64)
        return per_origin[self.origin_of] if len(self.origin_of) else np.zeros(0, dtype=np.int64)

    @cached_property
    def starts(self) -> Integers:
        """Where each message's values begin; one more entry for their end."""
        starts = np.zeros(len(self.origin_of) + 1, dtype=np.int64)
        np.cumsum(self.sizes, out=starts[1:])
        return starts

    def messages_with(self, codes: Floats) -> Integers:
        """Positions of the messages of which a value is among these, in order."""
        found = np.flatnonzero(np.isin(self.values, codes))
        return np.unique(np.searchsorted(self.starts, found, side="right") - 1)

    def select(self, kept: NDArray[np.bool_]) -> "TelemetryColumns":
        """Only the messages marked in `kept`; of one without texts and other rarities, which are not carried over."""
        return TelemetryColumns(
            origins=self.origins,
            origin_of=self.origin_of[kept],
            at_ms=self.at_ms[kept],
            received_at_ms=self.received_at_ms[kept],
            values=self.values[np.repeat(kept, self.sizes)],
        )

    def take(self, position: int) -> Telemetry:
        """One message, by itself."""
        origin = self.origins[self.origin_of[position]]
        values = self.values[self.starts[position] : self.starts[position + 1]].tolist()
        return Telemetry(
            site=origin.site,
            equipment=origin.equipment,
            at_ms=int(self.at_ms[position]),
            received_at_ms=int(self.received_at_ms[position]),
            values=dict(zip(origin.metrics, values, strict=True)),
            texts=self.texts.get(position, {}),
            retained=position in self.retained,
            ts_source=TimestampSource.RECEIVED if position in self.without_time else TimestampSource.DEVICE,
        )

    @overload
    def __getitem__(self, index: int) -> Telemetry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Telemetry]: ...
    def __getitem__(self, index: int | slice) -> Telemetry | Sequence[Telemetry]:
        if isinstance(index, slice):
            return tuple(self.take(position) for position in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.take(index % len(self))

    def __iter__(self) -> Iterator[Telemetry]:
        return map(self.take, range(len(self)))

    def __len__(self) -> int:
        return len(self.origin_of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Telemetry.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]


class OriginTable:
    """Origins by number, over many batches: whoever works on arrays by origin can keep them from batch to batch."""

    def __init__(self) -> None:
        self._numbers: dict[Origin, int] = {}
        self._all: tuple[Origin, ...] = ()

    def number_of(self, origin: Origin) -> int:
        """Its number, given at the first time."""
        return self._numbers.setdefault(origin, len(self._numbers))

    @property
    def all(self) -> tuple[Origin, ...]:
        """All so far, by number; the same object until another comes."""
        if len(self._all) != len(self._numbers):
            self._all = tuple(self._numbers)
        return self._all

    def __len__(self) -> int:
        return len(self._numbers)


class ColumnsBuilder:
    """Columns that grow message by message.  `origin_of` holds numbers of its table."""

    def __init__(self, table: OriginTable | None = None) -> None:
        self.table = OriginTable() if table is None else table
        self.origin_of: list[int] = []
        self.at_ms: list[int] = []
        self.received_at_ms: list[int] = []
        self.values: list[float] = []
        self._texts: dict[int, Mapping[str, str]] = {}
        self._retained: list[int] = []
        self._without_time: list[int] = []

    def add(self, telemetry: Telemetry) -> None:
        """One message more."""
        position = len(self.origin_of)
        origin = Origin(telemetry.site, telemetry.equipment, tuple(telemetry.values))
        self.origin_of.append(self.table.number_of(origin))
        self.at_ms.append(telemetry.at_ms)
        self.received_at_ms.append(telemetry.received_at_ms)
        self.values += telemetry.values.values()
        if telemetry.texts:
            self._texts[position] = dict(telemetry.texts)
        if telemetry.retained:
            self._retained.append(position)
        if telemetry.ts_source is TimestampSource.RECEIVED:
            self._without_time.append(position)

    def build(self) -> TelemetryColumns:
        """What was added so far."""
        origins, origin_of = self.table.all, np.array(self.origin_of, dtype=np.int64)
        if len(origins) > _MOST_SPARE * len(origin_of):
            used, origin_of = np.unique(origin_of, return_inverse=True)
            origins = tuple(origins[number] for number in used.tolist())
        return TelemetryColumns(
            origins=origins,
            origin_of=origin_of,
            at_ms=np.array(self.at_ms, dtype=np.int64),
            received_at_ms=np.array(self.received_at_ms, dtype=np.int64),
            values=np.array(self.values, dtype=np.float64),
            texts=self._texts,
            retained=frozenset(self._retained),
            without_time=frozenset(self._without_time),
        )

    def __len__(self) -> int:
        return len(self.origin_of)


class LastMade(Generic[_From, _Made]):
    """What was made of something, for as long as the very same object comes again."""

    def __init__(self, make: Callable[[_From], _Made]) -> None:
        self._make = make
        self._last: tuple[_From, _Made] | None = None

    def of(self, source: _From) -> _Made:
        """What `make` makes of it, or made of it the last time."""
        last = self._last
        if last is None or last[0] is not source:
            last = self._last = (source, self._make(source))
        return last[1]

    def forget(self) -> None:
        """Make it anew the next time: it depends on something else that has changed."""
        self._last = None
