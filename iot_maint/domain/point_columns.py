"""The points of many messages in columns: read like a sequence of `Point`, kept as the telemetry's arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.telemetry import Point


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """What the points of one origin have in common; `fields` in the order of their values.  Equal to itself alone, so
    that what was made of one is quickly found again."""

    measurement: str
    tags: Mapping[str, str]
    fields: tuple[str, ...]


class PointColumns(Sequence[Point]):
    """A point a message, from `start` to before `stop`; `heads` are by the origin's index."""

    def __init__(
        self, telemetry: TelemetryColumns, heads: tuple[Head, ...], start: int = 0, stop: int | None = None
    ) -> None:
        self.telemetry = telemetry
        self.heads = heads
        self.start = start
        self.stop = len(telemetry) if stop is None else stop

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Point]: ...
    def __getitem__(self, index: int | slice) -> Point | Sequence[Point]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return tuple(self._take(position) for position in range(start, stop, step))
            return PointColumns(self.telemetry, self.heads, self.start + start, self.start + max(start, stop))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._take(index % len(self))

    def __len__(self) -> int:
        return self.stop - self.start

    def _take(self, index: int) -> Point:
        position = self.start + index
        head = self.heads[self.telemetry.origin_of[position]]
        item = self.telemetry.take(position)
        return Point(measurement=head.measurement, tags=head.tags, at_ms=item.at_ms, fields=item.values)
