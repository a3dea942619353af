"""From a batch's origins to the slots of its series and equipment, and what it takes when one of them comes twice."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from iot_maint.domain.columns import Floats, Integers, Origin, TelemetryColumns

Numbers = TypeVar("Numbers", Integers, Floats)
AddRow = Callable[[Origin], tuple[int, list[int]]]
_FIRST = 64
_MAX_ORIGINS = 200_000  # a device that sends other metrics each time must not fill the memory
# Longer than any epoch in ms, so that groups of a batch stay apart in one running maximum.
_APART = 1 << 42


class Rows:
    """Each origin has a number; by it, the slot of its equipment and, one after the other, those of its series."""

    def __init__(self) -> None:
        self._numbers: dict[Origin, int] = {}
        self._begin()

    def _begin(self) -> None:
        self._numbers.clear()
        self._count = 0
        self._flat_end = 0
        self.equipment: Integers = np.zeros(_FIRST, dtype=np.int64)
        self._starts: Integers = np.zeros(_FIRST + 1, dtype=np.int64)
        self._flat: Integers = np.zeros(_FIRST, dtype=np.int64)
        self._counting: Integers = np.arange(_FIRST, dtype=np.int64)

    def numbers_of(self, origins: Sequence[Origin], add: AddRow) -> Integers:
        """The numbers of a batch's origins; `add` gives (equipment, series) of a new one."""
        if self._count + len(origins) > _MAX_ORIGINS:
            self._begin()
        numbers = list(map(self._numbers.get, origins))
        if None in numbers:
            numbers = [self.number_of(origin, add) for origin in origins]
        return np.array(numbers, dtype=np.int64)

    def number_of(self, origin: Origin, add: AddRow) -> int:
        """The number of one origin."""
        number = self._numbers.get(origin)
        if number is None:
            equipment, series = add(origin)
            number = self._numbers[origin] = self._count
            self._count += 1
            self.equipment = _with_room(self.equipment, self._count)
            self._starts = _with_room(self._starts, self._count + 1)
            self._flat = _with_room(self._flat, self._flat_end + len(series))
            self.equipment[number] = equipment
            self._starts[number] = self._flat_end
            self._flat[self._flat_end : self._flat_end + len(series)] = series
            self._flat_end += len(series)
            self._starts[number + 1] = self._flat_end
        return number

    def known(self, origin: Origin) -> int:
        """The number of an origin that has one."""
        return self._numbers[origin]

    def row(self, number: int) -> Integers:
        """The slots of one origin's series."""
        return self._flat[self._starts[number] : self._starts[number + 1]]

    def slots_of(self, numbers: Integers, columns: TelemetryColumns) -> tuple[Integers, Integers]:
        """The slot of every value of the batch, and how many values each message has."""
        sizes = columns.sizes
        begin = self._starts[numbers] - columns.starts[:-1]
        return self._flat[np.repeat(begin, sizes) + self.counting(len(columns.values))], sizes

    def counting(self, length: int) -> Integers:
        """0, 1, 2 …"""
        if length > len(self._counting):
            self._counting = np.arange(2 * length, dtype=np.int64)
        return self._counting[:length]

    def forget(self, stale: Callable[[Origin], bool]) -> None:
        """Look these up anew when they come again."""
        for origin in [origin for origin in self._numbers if stale(origin)]:
            del self._numbers[origin]


def rank_of_each(keys: Integers) -> Integers | None:
    """How many equals came before each; None where none comes twice.  0 is nobody's and may come twice."""
    order = _grouping(keys)
    ordered = keys[order]
    first = _firsts(ordered)
    if (first | (ordered == 0)).all():
        return None
    counting = np.arange(len(keys), dtype=np.int64)
    rank = np.empty_like(counting)
    rank[order] = counting - np.maximum.accumulate(np.where(first, counting, 0))
    return rank


def newer_than_before(
    slots: Integers, values: Floats, at_ms: Integers, before_at: Integers, before: Floats
) -> tuple[Integers, Floats, Integers, Integers, Floats]:
    """Of series that come several times: the readings newer than all before them, each with the one before it.

    Grouped by series; within one, in the order of arrival.
    """
    order = _grouping(slots)
    slots, values, at_ms, before = slots[order], values[order], at_ms[order], before[order]
    first = _firsts(slots)
    group = (np.cumsum(first) - 1) * _APART
    # Nobody's newest is the end of time, which leaves no room for a group beside it.
    newest = np.minimum(before_at[order], _APART - 1)
    running = np.maximum.accumulate(np.where(first, np.maximum(at_ms, newest), at_ms) + group) - group
    newest[1:] = np.where(first[1:], newest[1:], running[:-1])
    newer = at_ms > newest
    slots, values, at_ms, newest, before = slots[newer], values[newer], at_ms[newer], newest[newer], before[newer]
    return slots, values, at_ms, newest, one_before(slots, values, before)


def one_before(slots: Integers, values: Numbers, stored: Numbers) -> Numbers:
    """Of each the value before it in its group, of the first the stored one."""
    before = stored.copy()
    before[1:] = np.where(_firsts(slots)[1:], stored[1:], values[:-1])
    return before


def _grouping(keys: Integers) -> Integers:
    """The order that brings equals together and keeps theirs; of 16 bits numpy sorts several times as fast."""
    small = len(keys) and int(keys.max()) < 1 << 16
    return np.argsort(keys.astype(np.uint16) if small else keys, kind="stable")


def _firsts(grouped: Integers) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    first = np.empty(len(grouped), dtype=np.bool_)
    first[:1] = True
    np.not_equal(grouped[1:], grouped[:-1], out=first[1:])
    return first


def _with_room(array: Integers, length: int) -> Integers:
    if length <= len(array):
        return array
    return np.concatenate([array, np.zeros(max(len(array), length - len(array)), dtype=np.int64)])
