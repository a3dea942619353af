"""Which readings of a batch go into which slots of the bins, worked out once for each origin."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from iot_maint.domain.columns import Floats, Integers, Origin, TelemetryColumns
from iot_maint.models.bins import Readings


class Cell(NamedTuple):
    """Where one metric of a message goes, and which of its values can be: from `lowest` to `highest`, none of
    `sentinels`."""

    offset: int
    slot: int
    column: int
    lowest: float
    highest: float
    sentinels: frozenset[float]


class Seats(NamedTuple):
    """Origins' cells, one after the other: those of origin n are `counts[n]` from `starts[n]` on."""

    starts: Integers
    counts: Integers
    offsets: Integers
    slots: Integers
    columns: Integers
    lowest: Floats
    highest: Floats
    sentinels: Mapping[int, frozenset[float]]


def seat(origins: Sequence[Origin], cells_of: Callable[[Origin], Sequence[Cell]]) -> Seats:
    """The cells of these origins; one that no model watches has none."""
    per_origin = [cells_of(origin) for origin in origins]
    cells = [cell for one in per_origin for cell in one]
    count = np.array([len(one) for one in per_origin], dtype=np.int64)
    return Seats(
        np.cumsum(count) - count,
        count,
        np.array([cell.offset for cell in cells], dtype=np.int64),
        np.array([cell.slot for cell in cells], dtype=np.int64),
        np.array([cell.column for cell in cells], dtype=np.int64),
        np.array([cell.lowest for cell in cells], dtype=np.float64),
        np.array([cell.highest for cell in cells], dtype=np.float64),
        {number: cell.sentinels for number, cell in enumerate(cells) if cell.sentinels},
    )


def readings_of(telemetry: TelemetryColumns, seats: Seats) -> Readings:
    """The batch's readings that models watch and that can be, in the order of arrival; retained messages are none."""
    count = seats.counts[telemetry.origin_of]
    if telemetry.retained:
        count = count.copy()
        count[sorted(telemetry.retained)] = 0
    message = np.repeat(np.arange(len(telemetry)), count)
    cell = seats.starts[telemetry.origin_of[message]] + (
        np.arange(len(message)) - np.repeat(np.cumsum(count) - count, count)
    )
    values = telemetry.values[telemetry.starts[message] + seats.offsets[cell]]
    possible = (values >= seats.lowest[cell]) & (values <= seats.highest[cell])
    if seats.sentinels:
        known = np.array(sorted(frozenset().union(*seats.sentinels.values())))
        for place in np.flatnonzero(np.isin(values, known)).tolist():
            if float(values[place]) in seats.sentinels.get(int(cell[place]), frozenset()):
                possible[place] = False
    return Readings(seats.slots[cell], seats.columns[cell], telemetry.at_ms[message], values, message).where(possible)
