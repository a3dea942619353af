"""From readings as they come to rows at the ends of equal bins of event time, for all equipment at once.

A bin of a slot (the metrics that one model watches) holds the mean of each metric's readings.  It ends with the slot's
first reading of a later bin: event time alone moves it, so that any cut of the stream gives the same rows.  A reading
that is not newer than the last of its metric, or whose bin has ended, enters none.
"""

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats, Integers

_NEVER = np.iinfo(np.int64).min


class SlotState(msgspec.Struct, frozen=True):
    """What a slot remembers: the number of its open bin (None: none yet); by metric the time of the newest reading
    (None: none yet), and sum and count of the open bin's."""

    bin: int | None
    last_at_ms: tuple[int | None, ...]
    totals: tuple[float, ...]
    counts: tuple[int, ...]


class Readings(NamedTuple):
    """k readings in the order of their arrival: slot, column of the slot's metrics, time, value, and the position of
    the message each came with, ascending."""

    slots: Integers
    columns: Integers
    at_ms: Integers
    values: Floats
    positions: Integers

    def where(self, kept: NDArray[np.bool_]) -> "Readings":
        """Only those marked."""
        return Readings(self.slots[kept], self.columns[kept], self.at_ms[kept], self.values[kept], self.positions[kept])


class Taken(NamedTuple):
    """Bins that have ended, by slot and time: `slots`, their ends `at_ms`, means `values` (n, widest slot; NaN where
    nothing came), the `positions` of the messages that ended them.  The rest is for `apply`."""

    slots: Integers
    at_ms: Integers
    values: Floats
    positions: Integers
    touched: Integers
    last: Integers
    opened: Integers
    totals: Floats
    counts: Integers


class Bins:
    """Slots by number, each with a bin length and a number of metrics."""

    def __init__(self) -> None:
        self._bin_ms = np.zeros(0, dtype=np.int64)
        self._widths: list[int] = []
        self._opened = np.zeros(0, dtype=np.int64)
        self._last = np.zeros((0, 1), dtype=np.int64)
        self._totals = np.zeros((0, 1))
        self._counts = np.zeros((0, 1), dtype=np.int64)

    def add(self, metrics: int, bin_ms: int) -> int:
        """One more slot, which remembers nothing yet; its number."""
        slot = len(self._widths)
        self._widths.append(metrics)
        rows, columns = self._last.shape
        if slot >= rows or metrics > columns:
            more = (max(rows, 2 * slot + 8) - rows, max(columns, metrics) - columns)
            self._bin_ms, self._opened = np.pad(self._bin_ms, (0, more[0])), np.pad(self._opened, (0, more[0]))
            ends = ((0, more[0]), (0, more[1]))
            self._last, self._totals = np.pad(self._last, ends), np.pad(self._totals, ends)
            self._counts = np.pad(self._counts, ends)
        self._bin_ms[slot] = bin_ms
        self.put(slot, None)
        return slot

    def put(self, slot: int, state: SlotState | None) -> None:
        """Let the slot remember this, or nothing."""
        self._opened[slot], self._last[slot], self._totals[slot], self._counts[slot] = _NEVER, _NEVER, 0.0, 0
        if state is not None:
            width = self._widths[slot]
            self._opened[slot] = _NEVER if state.bin is None else state.bin
            self._last[slot, :width] = [_NEVER if at_ms is None else at_ms for at_ms in state.last_at_ms]
            self._totals[slot, :width], self._counts[slot, :width] = state.totals, state.counts

    def state_of(self, slot: int) -> SlotState:
        """What the slot remembers."""
        own, opened = (slot, slice(self._widths[slot])), int(self._opened[slot])
        return SlotState(
            None if opened == _NEVER else opened,
            tuple(None if at_ms == _NEVER else at_ms for at_ms in self._last[own].tolist()),
            tuple(self._totals[own].tolist()),
            tuple(self._counts[own].tolist()),
        )

    def take(self, readings: Readings) -> Taken:
        """What these readings lead to; nothing is remembered before `apply`."""
        widest = self._last.shape[1]
        cells = readings.slots * widest + readings.columns
        readings = readings.where(readings.at_ms > _highest_before(cells, readings.at_ms, self._last.reshape(-1)))
        touched = np.unique(readings.slots)
        last = self._last[touched]
        np.maximum.at(last, (np.searchsorted(touched, readings.slots), readings.columns), readings.at_ms)

        bins = np.floor_divide(readings.at_ms, self._bin_ms[readings.slots])
        in_time = bins >= _highest_before(readings.slots, bins, self._opened)
        readings, bins = readings.where(in_time), bins[in_time]

        # The bins that are open already stand before those of the readings.
        going_on = touched[self._opened[touched] != _NEVER]
        slots = np.concatenate([going_on, readings.slots])
        numbers = np.concatenate([self._opened[going_on], bins])
        order = np.lexsort((numbers, slots))
        begins = np.ones(len(order), dtype=np.bool_)
        begins[1:] = (np.diff(slots[order]) != 0) | (np.diff(numbers[order]) != 0)
        group_of = np.empty(len(order), dtype=np.int64)
        group_of[order] = np.cumsum(begins) - 1
        group_slots, group_bins = slots[order][begins], numbers[order][begins]

        totals = np.zeros((len(group_slots), widest))
        counts = np.zeros((len(group_slots), widest), dtype=np.int64)
        old, new = group_of[: len(going_on)], group_of[len(going_on) :]
        totals[old], counts[old] = self._totals[going_on], self._counts[going_on]
        np.add.at(totals, (new, readings.columns), readings.values)  # one by one: the same sum whatever the cut
        np.add.at(counts, (new, readings.columns), 1)
        begun_by = np.full(len(group_slots), np.iinfo(np.int64).max)
        np.minimum.at(begun_by, new, readings.positions)

        newest = np.ones(len(group_slots), dtype=np.bool_)
        newest[:-1] = np.diff(group_slots) != 0
        ended = np.flatnonzero(~newest)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = totals[ended] / np.where(counts[ended] > 0, counts[ended], np.nan)
        return Taken(
            slots=group_slots[ended],
            at_ms=(group_bins[ended] + 1) * self._bin_ms[group_slots[ended]],
            values=means,
            positions=begun_by[ended + 1],
            touched=touched,
            last=last,
            opened=group_bins[newest],
            totals=totals[newest],
            counts=counts[newest],
        )

    def apply(self, taken: Taken) -> None:
        """Remember what `take` came to."""
        self._last[taken.touched], self._opened[taken.touched] = taken.last, taken.opened
        self._totals[taken.touched], self._counts[taken.touched] = taken.totals, taken.counts


def _highest_before(keys: Integers, values: Integers, known: Integers) -> Integers:
    """For each entry the highest value of its key before it: among earlier entries, and `known` by key."""
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    starts = np.ones(len(order), dtype=np.bool_)
    starts[1:] = sorted_keys[1:] != sorted_keys[:-1]
    before = np.empty(len(order), dtype=np.int64)
    if len(order):
        # Each key's values are lifted above those of the keys before it, so that one running maximum serves them all.
        low = values.min()
        lift = (np.cumsum(starts) - 1) * (values.max() - low + 1)
        highest = np.maximum.accumulate(values[order] - low + lift)
        before[1:] = highest[:-1] - lift[1:] + low
        before[starts] = _NEVER
    unsorted = np.empty_like(before)
    unsorted[order] = before
    return np.maximum(unsorted, known[keys])
