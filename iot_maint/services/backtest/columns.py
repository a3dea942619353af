"""Tables of stored history as a batch of telemetry: what the live path takes, in the order of time."""

from collections.abc import Iterator, Sequence

import numpy as np

from iot_maint.domain.columns import Floats, Integers, Origin, OriginTable, TelemetryColumns
from iot_maint.domain.history import HistoryRows

_FEW = 62  # metrics whose presence fits into one integer


def telemetry_of(parts: Sequence[tuple[str, str, HistoryRows]], table: OriginTable) -> TelemetryColumns:
    """Each (site, equipment, rows) row a message; of one instant in the order of the parts.

    `table` is kept from call to call, so that the origins stay the very same.  Nothing is late in a history.
    """
    origin_of: list[Integers] = []
    at_ms: list[Integers] = []
    sizes: list[Integers] = []
    values: list[Floats] = []
    for site, equipment, rows in parts:
        present = ~np.isnan(rows.values)
        some = present.any(axis=1)
        present = present[some]
        origin_of.append(_origins(site, equipment, rows.metrics, present, table))
        at_ms.append(rows.at_ms[some])
        sizes.append(present.sum(axis=1))
        values.append(rows.values[some][present])
    times = np.concatenate(at_ms)
    order = np.argsort(times, kind="stable")
    size = np.concatenate(sizes)
    start = np.cumsum(size) - size
    ordered = size[order]
    within = np.arange(int(ordered.sum())) - np.repeat(np.cumsum(ordered) - ordered, ordered)
    return TelemetryColumns(
        origins=table.all,
        origin_of=np.concatenate(origin_of)[order],
        at_ms=times[order],
        received_at_ms=times[order],
        values=np.concatenate(values)[np.repeat(start[order], ordered) + within],
    )


def pieces(telemetry: TelemetryColumns, messages: int) -> Iterator[TelemetryColumns]:
    """At most that many messages each, in order; of telemetry without texts and other rarities."""
    for first in range(0, len(telemetry), messages):
        last = min(first + messages, len(telemetry))
        yield TelemetryColumns(
            origins=telemetry.origins,
            origin_of=telemetry.origin_of[first:last],
            at_ms=telemetry.at_ms[first:last],
            received_at_ms=telemetry.received_at_ms[first:last],
            values=telemetry.values[telemetry.starts[first] : telemetry.starts[last]],
        )


def _origins(
    site: str,
    equipment: str,
    metrics: tuple[str, ...],
    present: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    table: OriginTable,
) -> Integers:
    """The origin of each row: which of the metrics have a value there."""
    if present.all():
        number = table.number_of(Origin(site, equipment, metrics))
        return np.full(len(present), number, dtype=np.int64)
    if len(metrics) <= _FEW:
        key = present @ (1 << np.arange(len(metrics), dtype=np.int64))
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
    else:
        _, first, which = np.unique(present, axis=0, return_index=True, return_inverse=True)
    numbers = [
        table.number_of(Origin(site, equipment, tuple(name for name, there in zip(metrics, row, strict=True) if there)))
        for row in present[first].tolist()
    ]
    return np.array(numbers, dtype=np.int64)[which.reshape(-1)]
