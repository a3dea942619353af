"""The rows of a CSV with their own text, so that they can be written back as they were."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iot_maint.domain.errors import InvalidInput

SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 50  # rows, to tell the separator
# A file without a mark is UTF-8 where that fits; else what Chinese systems write.
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_UNMARKED = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row: where it begins, what stands there without the line's end, and that end; no cells in an empty line."""

    line: int
    text: str
    end: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The first line, and all others; `rows` are those with cells, `lines` all, in the order of the file."""

    path: Path
    encoding: str
    mark: bytes
    separator: str
    first: Record
    lines: Sequence[Record]
    rows: Sequence[Record]

    @property
    def header(self) -> tuple[str, ...]:
        return self.first.cells


def read_records(path: Path) -> Records:
    """`InvalidInput` names the file, and the line where there is one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(str(path), error.strerror or "cannot be read") from None
    mark, encoding, text = _decode(path, content)
    if "\x00" in text:
        raise InvalidInput(str(path), "it holds bytes of 0: no text file; export it as CSV")
    # Cut only where lines of a file end: other separators of Unicode may stand within a cell.
    lines = io.StringIO(text, newline="").readlines()
    if not any(line.strip() for line in lines):
        raise InvalidInput(
            str(path), "no rows: a header and rows of values are needed" if text else "the file is empty"
        )
    separator = _separator(lines)
    first, *rest = _parse(path, lines, separator)
    header = tuple(cell.strip() for cell in first.cells)
    _check_header(path, first.line, header)
    rows = [record for record in rest if record.cells]
    if not rows:
        raise InvalidInput(f"{path}:{first.line}", "only a header: there are no rows")
    for record in rows:
        if len(record.cells) != len(header):
            reason = f"{len(record.cells)} cells, but the first line has {len(header)} columns"
            raise InvalidInput(f"{path}:{record.line}", reason)
    first = Record(line=first.line, text=first.text, end=first.end, cells=header)
    return Records(path=path, encoding=encoding, mark=mark, separator=separator, first=first, lines=rest, rows=rows)


def _decode(path: Path, content: bytes) -> tuple[bytes, str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return mark, encoding, content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise InvalidInput(str(path), f"byte {error.start} is no {encoding}") from None
    for encoding in _UNMARKED:
        try:
            return b"", encoding, content.decode(encoding)
        except UnicodeDecodeError:
            continue
    broken = content[: _first_bad(content)].count(b"\n") + 1
    raise InvalidInput(f"{path}:{broken}", "neither UTF-8 nor GBK: save it as UTF-8")


def _first_bad(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return len(content)


def _separator(lines: Sequence[str]) -> str:
    """The one that cuts the first rows into the same number of cells, the most of them."""
    sample = [line for line in lines[: _LOOKED_AT + 1] if line.strip()]
    best, most = ",", (False, 1)
    for separator in SEPARATORS:
        try:
            sizes = [len(cells) for cells in csv.reader(sample, delimiter=separator)]
        except csv.Error:
            continue
        found = (len(set(sizes)) == 1 and sizes[0] > 1, sizes[0])
        if found > most:
            best, most = separator, found
    return best


def _parse(path: Path, lines: Sequence[str], separator: str) -> list[Record]:
    reader = csv.reader(lines, delimiter=separator)
    records: list[Record] = []
    begin = 0
    try:
        for cells in reader:
            text = "".join(lines[begin : reader.line_num])
            body = text.rstrip("\r\n")
            filled = tuple(cells) if any(cell.strip() for cell in cells) else ()
            records.append(Record(line=begin + 1, text=body, end=text[len(body) :], cells=filled))
            begin = reader.line_num
    except csv.Error as error:
        raise InvalidInput(f"{path}:{reader.line_num}", str(error)) from None
    while records and not records[0].cells:
        records.pop(0)
    return records


def is_number(cell: str) -> bool:
    """A bare number, which is no column's name and by itself no time."""
    return cell.strip().replace(".", "", 1).replace(",", "", 1).lstrip("-").isdecimal()


def _check_header(path: Path, line: int, header: Sequence[str]) -> None:
    where = f"{path}:{line}"
    if sum(map(is_number, header)) * 2 > len(header):
        raise InvalidInput(where, "the first line holds values: a line with the columns' names is needed")
    twice = {name for name in header if name and header.count(name) > 1}
    if twice:
        raise InvalidInput(f"{where}: {min(twice)}", "two columns have this name")
    if len(header) < 2:
        raise InvalidInput(where, "only one column: a time and at least one metric are needed")


def write_records(records: Records, names: Sequence[str], added: Sequence[Sequence[str]]) -> bytes:
    """The file as it was with further columns: one sequence of cells for each of `records.rows`."""
    separator = records.separator
    parts = [records.first.text, *(separator + name for name in names), records.first.end or "\n"]
    more = iter(added)
    for record in records.lines:
        parts.append(record.text)
        if record.cells:
            parts += [separator + _quoted(cell, separator) for cell in next(more)]
        parts.append(record.end)
    return records.mark + "".join(parts).encode(records.encoding)


def _quoted(cell: str, separator: str) -> str:
    if separator in cell or '"' in cell or "\n" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell
