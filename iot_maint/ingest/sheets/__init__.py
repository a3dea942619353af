"""A user's own CSV, as it comes out of a spreadsheet, a SCADA export or a logger: read for `detect`, and written back.

Whatever the separator, the decimal sign, the encoding and the way of writing times are; what cannot be read is refused
with file, line and column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.errors import InvalidInput
from iot_maint.ingest.decoders.names import printable
from iot_maint.ingest.sheets.numbers import read_column
from iot_maint.ingest.sheets.records import Record, Records, is_number, read_records
from iot_maint.ingest.sheets.times import READ_TIMES, TIME_NAMES, read_time

# What other people found out about the rows is no telemetry of theirs: a detector that reads it looks at the answer.
LABELS = frozenset(
    {"anomaly", "is_anomaly", "changepoint", "label", "labels", "target", "class", "fault", "alarm", "score", "标签"}
    | {"异常", "故障", "报警", "告警", "是否异常", "变点"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """n rows: `at_ms` (n,) never going back, `values` (n, m) of the number columns, NaN where a cell is empty.

    `left_out`: columns that are no metrics, by name, with the reason: `text`, `label` or `empty`.
    """

    path: Path
    records: Records
    time_column: str
    metrics: tuple[str, ...]
    at_ms: Integers
    values: Floats
    left_out: tuple[tuple[str, str], ...]
    decimal_comma: bool


def read_sheet(path: Path, time_column: str | None = None, metrics: Sequence[str] = ()) -> Sheet:
    """The whole file; `metrics` names the only columns to read. `InvalidInput` says file:line: column and reason."""
    records = read_records(path)
    header = records.header
    for name in metrics:
        _column_named(name, records)
    at = _time_column(records, time_column)
    times = _times(records, at)
    columns: list[Floats] = []
    names: list[str] = []
    left_out: list[tuple[str, str]] = []
    comma = False
    for number, name in enumerate(header):
        if number == at or (metrics and name not in metrics):
            continue
        if not metrics and name.strip().casefold() in LABELS:
            left_out.append((name, "label"))
            continue
        column = read_column(records, number)
        if column.values is None:
            if metrics:
                raise InvalidInput(f"{path}:{records.rows[0].line}: {printable(name)}", "it holds no numbers")
            left_out.append((name, column.kind))
            continue
        columns.append(column.values)
        names.append(name)
        comma = comma or column.decimal_comma
    if not names:
        raise InvalidInput(f"{path}:1", "no column of numbers beside the time: there is nothing to watch")
    return Sheet(
        path=path,
        records=records,
        time_column=header[at],
        metrics=tuple(names),
        at_ms=times,
        values=np.column_stack(columns),
        left_out=tuple(left_out),
        decimal_comma=comma,
    )


def _column_named(name: str, records: Records) -> int:
    for number, one in enumerate(records.header):
        if one == name:
            return number
    known = ", ".join(printable(one) for one in records.header)
    raise InvalidInput(f"{records.path}:1", f"no column {printable(name)}; there are {known}")


def _time_column(records: Records, wished: str | None) -> int:
    if wished is not None:
        return _column_named(wished, records)
    names = [name.strip().casefold() for name in records.header]
    exact = [number for number, name in enumerate(names) if name in TIME_NAMES]
    like = [number for number, name in enumerate(names) if "time" in name or "时间" in name or "date" in name]
    first = records.rows[0]
    candidates: list[int] = [*exact, *like, *range(len(names))]
    for number in candidates:
        named = number in exact or number in like
        cell = first.cells[number]
        # A bare number is a time only where the column says so.
        if (named or not is_number(cell)) and _readable(cell):
            return number
    if exact:
        return exact[0]
    raise InvalidInput(
        f"{records.path}:{first.line}",
        f"no column holds a time ({READ_TIMES}); name it with --time-column",
    )


def _readable(cell: str) -> bool:
    try:
        read_time(cell)
    except ValueError:
        return False
    return True


def _times(records: Records, column: int) -> Integers:
    times = np.empty(len(records.rows), dtype=np.int64)
    before: Record | None = None
    for number, record in enumerate(records.rows):
        where = f"{records.path}:{record.line}: {printable(records.header[column])}"
        try:
            times[number] = read_time(record.cells[column])
        except ValueError as error:
            raise InvalidInput(where, str(error)) from None
        if before is not None and times[number] < times[number - 1]:
            reason = f"{printable(record.cells[column])} is before line {before.line}: sort the rows by time"
            raise InvalidInput(where, reason)
        before = record
    return times
