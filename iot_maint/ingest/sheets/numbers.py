"""Which columns hold numbers, whatever the decimal sign, and which hold text."""

from dataclasses import dataclass

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import InvalidInput
from iot_maint.ingest.decoders.names import printable
from iot_maint.ingest.sheets.records import Records

# No sensor measures that: a logger writes its largest number for none, and squares of it are none at all.
LARGEST = 1e100
MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "-", "--", "—", "\\n", "#n/a", "无", "缺失"})
_WORDS = {
    **dict.fromkeys(("true", "on", "yes", "是", "开", "运行", "启动"), 1.0),
    **dict.fromkeys(("false", "off", "no", "否", "关", "停止", "停机"), 0.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`values` (n,), or None where the column is no metric; then `kind` is `text` or `empty`."""

    kind: str
    values: Floats | None = None
    decimal_comma: bool = False


def read_column(records: Records, number: int) -> Column:
    """`InvalidInput` at the first cell that is no number in a column of numbers."""
    values = np.full(len(records.rows), np.nan)
    wrong: list[int] = []
    right = 0
    comma = False
    for place, record in enumerate(records.rows):
        cell = record.cells[number].strip()
        if cell.casefold() in MISSING:
            continue
        try:
            value = read_number(cell)
        except ValueError:
            wrong.append(place)
            continue
        right += 1
        comma = comma or ("," in cell and cell.rfind(",") > cell.rfind("."))
        if abs(value) <= LARGEST:
            values[place] = value
    if not right and not wrong:
        return Column(kind="empty")
    if right <= len(wrong):
        return Column(kind="text")
    if wrong:
        record = records.rows[wrong[0]]
        where = f"{records.path}:{record.line}: {printable(records.header[number])}"
        raise InvalidInput(where, f"{printable(record.cells[number][:40])!r} is no number, where the other cells are")
    return Column(kind="number", values=values, decimal_comma=comma)


def read_number(cell: str) -> float:
    """Also with a comma for the decimal sign, with separated thousands, or a word for on and off."""
    word = _WORDS.get(cell.casefold())
    if word is not None:
        return word
    if "," in cell:
        # Of two kinds of signs the last is the decimal one; of one kind that comes twice, none is.
        if "." in cell:
            thousands = "," if cell.rfind(",") < cell.rfind(".") else "."
            cell = cell.replace(thousands, "").replace(",", ".")
        else:
            cell = cell.replace(",", "." if cell.count(",") == 1 else "")
    if "_" in cell:
        raise ValueError(cell)
    return float(cell.replace("\u00a0", "").replace(" ", ""))
