"""Register files: CSV as spreadsheets write it, or TOML with one `[[equipment]]` table a piece."""

import csv
import io
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from iot_maint.domain.errors import InvalidInput
from iot_maint.services.register.columns import SURPLUS
from iot_maint.services.tables import Cell, unguard_cell, write_row

TABLE = "equipment"
MAX_BYTES = 64 << 20
# utf-8-sig also takes UTF-8 without its mark; a Chinese Excel writes GBK, whose superset is GB 18030.
_ENCODINGS = ("utf-8-sig", "gb18030")

Row = tuple[int, dict[str, str]]


def read_register(path: Path) -> list[Row]:
    """(line, cells by column) of every row, with cells behind the last column under `SURPLUS`.

    `InvalidInput` names the file and what cannot be read in it.
    """
    text = _read_text(path)
    if path.suffix.lower() == ".toml":
        return _read_toml(path, text)
    return _read_csv(path, text)


def write_register(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    """Write by the file's suffix: `.toml`, else CSV."""
    text = register_toml(rows) if path.suffix.lower() == ".toml" else register_csv(columns, rows)
    try:
        path.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be written: {error.strerror}") from error


def register_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    """CSV in UTF-8 without a mark; texts that a spreadsheet would run are guarded."""
    lines = [write_row(columns), *(write_row([row.get(column) for column in columns]) for row in rows)]
    return "".join(lines)


def register_toml(rows: Iterable[Mapping[str, Cell]]) -> str:
    """One `[[equipment]]` table a row; dotted names are quoted keys."""
    tables = ("\n".join([f"[[{TABLE}]]", *(_pair(name, cell) for name, cell in row.items())]) for row in rows)
    return "\n\n".join(tables) + "\n"


def _pair(name: str, cell: Cell) -> str:
    # A JSON string is a TOML basic string, save that TOML has no escape for DEL, which no text here holds.
    key = name if name.replace("_", "").isalnum() and name.isascii() else json.dumps(name)
    return f"{key} = {json.dumps(cell, ensure_ascii=False)}"


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(str(path), f"is larger than {MAX_BYTES >> 20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be read: {error.strerror}") from error
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(str(path), "is neither UTF-8 nor GBK; save it as UTF-8")


def _read_csv(path: Path, text: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        _check_header(path, header)
        rows: list[Row] = []
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue  # spreadsheets leave empty rows behind
            row = {column: unguard_cell(cell) for column, cell in zip(header, cells, strict=False)}
            if any(surplus := [cell.strip() for cell in cells[len(header) :]]):
                row[SURPLUS] = ", ".join(surplus)
            rows.append((line, row))
    except csv.Error as error:
        raise InvalidInput(f"{path}: line {reader.line_num}", str(error)) from error
    return rows


def _check_header(path: Path, header: Sequence[str]) -> None:
    if not header or not any(header):
        raise InvalidInput(str(path), "is empty; its first line names the columns, code,name,type,site at least")
    for column in header:
        if not column:
            raise InvalidInput(f"{path}: line 1", "a column has no name")
        if header.count(column) > 1:
            raise InvalidInput(f"{path}: line 1", f"two columns are named {column}")
    if "code" not in header:
        raise InvalidInput(
            f"{path}: line 1", "no column is named code; it names code,name,type,site at least, with commas"
        )


def _read_toml(path: Path, text: str) -> list[Row]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(str(path), str(error)) from error
    tables = document.get(TABLE)
    if not isinstance(tables, list) or document.keys() != {TABLE}:
        raise InvalidInput(str(path), f"must hold [[{TABLE}]] tables and nothing else")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.split("#")[0].strip() == f"[[{TABLE}]]"]
    rows: list[Row] = []
    for place, table in enumerate(tables):
        line = lines[place] if len(lines) == len(tables) else place + 1
        if not isinstance(table, dict):
            raise InvalidInput(f"{path}: line {line}", f"{TABLE} must be a table")
        rows.append((line, dict(_flatten(f"{path}: line {line}", "", table))))
    return rows


def _flatten(place: str, prefix: str, table: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    """Nested tables become dotted names, values become the texts that a CSV would hold."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flatten(place, f"{name}.", value)
        elif isinstance(value, str):
            yield name, value
        elif isinstance(value, bool) or not isinstance(value, int | float | date):
            raise InvalidInput(place, f"{name} must be a text, a number or a day")
        else:
            yield name, value.isoformat() if isinstance(value, date) else repr(value)
