"""History out of the store, slice by slice: as much as fits into memory whatever the pace of the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from iot_maint.domain.columns import OriginTable, TelemetryColumns
from iot_maint.domain.history import HistoryRows
from iot_maint.domain.ports import HistoryStore
from iot_maint.services.backtest.columns import telemetry_of

CELLS = 2_000_000  # wanted in a slice: some 50 MB while it is put in order
_FIRST_MS = 3_600_000
_LONGEST_MS = 7 * 86_400_000
_GROWTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose history is read, and which metrics of it."""

    site: str
    equipment: str
    measurement: str
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """[start_ms, end_ms) of the history: by equipment, and all of it as telemetry in the order of time."""

    start_ms: int
    end_ms: int
    rows: dict[str, HistoryRows]
    telemetry: TelemetryColumns


def read_slices(
    store: HistoryStore, subjects: Sequence[Subject], start_ms: int, end_ms: int, cells: int = CELLS
) -> Iterator[Slice]:
    """All of [start_ms, end_ms); each slice as long as its predecessor's pace allows, at most a week."""
    table = OriginTable()
    length_ms = _FIRST_MS
    while start_ms < end_ms:
        until_ms = min(start_ms + length_ms, end_ms)
        rows = {
            one.equipment: store.read_rows(one.measurement, one.site, one.equipment, one.metrics, start_ms, until_ms)
            for one in subjects
        }
        parts = [(one.site, one.equipment, rows[one.equipment]) for one in subjects]
        yield Slice(start_ms=start_ms, end_ms=until_ms, rows=rows, telemetry=telemetry_of(parts, table))
        found = sum(one.values.size for one in rows.values())
        factor = _GROWTH if found == 0 else min(cells / found, _GROWTH)
        length_ms = max(1_000, min(round(length_ms * factor), _LONGEST_MS))
        start_ms = until_ms
