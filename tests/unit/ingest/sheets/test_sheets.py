"""A user's own CSV: read whatever its dialect, refused with file, line and column, written back as it was."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.errors import InvalidInput
from iot_maint.ingest.sheets import read_sheet
from iot_maint.ingest.sheets.numbers import read_number
from iot_maint.ingest.sheets.records import read_records, write_records
from iot_maint.ingest.sheets.times import read_time

EIGHT = 1_767_254_400_000  # 2026-01-01 08:00 UTC


def sheet_of(folder: Path, text: str | bytes) -> Path:
    path = folder / "own.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    "cell",
    [
        "1767254400",
        "1767254400000",
        "1767254400.0",
        "1767254400,0",
        "2026-01-01 08:00:00",
        "2026-01-01T08:00:00Z",
        "2026-01-01T16:00:00+08:00",
        "2026-01-01 08:00",
        "2026/1/1 8:00",
        "2026/01/01 08:00:00.000",
        "2026.1.1 8:00",
        "01.01.2026 08:00",
        "1.1.2026 8:00:00,0",
        "2026年1月1日 8:00",
        "2026年1月1日 8时0分0秒",
        "20260101080000",
        " 2026-1-1 8:00:00 ",
    ],
)
def test_a_time_is_read_however_it_is_written(cell: str) -> None:
    assert read_time(cell) == EIGHT


def test_with_dots_the_day_is_first() -> None:
    assert read_time("31.12.2025 08:00") == read_time("2025-12-31 08:00")
    assert read_time("01.03.2026") == read_time("2026-03-01 00:00")


@pytest.mark.parametrize("cell", ["01/03/2026 08:00", "31.13.2026 08:00", "1.3.26 8:00", "soon"])
def test_who_wrote_no_time_is_told_what_is_one(cell: str) -> None:
    with pytest.raises(ValueError, match=r"is no time; times are epoch, 2026-01-31 08:00:00, .*31\.01\.2026 08:00"):
        read_time(cell)


@pytest.mark.parametrize("cell", ["", "yesterday", "2026-13-01 08:00", "2026/2/30 8:00", "8:00", "-5", "nan"])
def test_what_is_no_time_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="time"):
        read_time(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "0001-01-01 00:00:00",
        "0001-01-01T00:00:00+14:00",
        "1969-12-31",
        "9999-12-31 23:59:59",
        "9999-12-31T23:00:00-12:00",
    ],
)
def test_a_time_that_not_every_zone_can_say_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="outside of the years 1970 to 9998"):
        read_time(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("-1e3", -1000.0),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567.0),
        ("on", 1.0),
        ("停止", 0.0),
    ],
)
def test_a_number_is_read_however_it_is_written(cell: str, value: float) -> None:
    assert read_number(cell) == value


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_will_do(tmp_path: Path, separator: str) -> None:
    lines = ["ts,vib,temp", "1767254400,1.5,40", "1767254460,1.6,41"]
    sheet = read_sheet(sheet_of(tmp_path, "\n".join(lines).replace(",", separator)))
    assert sheet.metrics == ("vib", "temp")
    assert sheet.at_ms.tolist() == [EIGHT, EIGHT + 60_000]
    assert sheet.values.tolist() == [[1.5, 40.0], [1.6, 41.0]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_files_are_read_in_their_encoding(tmp_path: Path, encoding: str) -> None:
    text = "采集时间,振动,备注\r\n2026/1/1 8:00,1.5,正常\r\n2026/1/1 8:01,1.6,正常\r\n"
    sheet = read_sheet(sheet_of(tmp_path, text.encode(encoding)))
    assert sheet.time_column == "采集时间"
    assert sheet.metrics == ("振动",)
    assert sheet.left_out == (("备注", "text"),)


def test_decimal_commas_are_numbers_and_are_remembered(tmp_path: Path) -> None:
    sheet = read_sheet(sheet_of(tmp_path, "time;a\n1767254400;1,5\n1767254401;2\n"))
    assert sheet.values.tolist() == [[1.5], [2.0]]
    assert sheet.decimal_comma


def test_empty_cells_are_gaps(tmp_path: Path) -> None:
    text = "time,a,b\n1767254400,,1\n1767254401,NaN,2\n1767254402,3,inf\n1767254403,--,null\n"
    values = read_sheet(sheet_of(tmp_path, text)).values
    assert np.isnan(values).tolist() == [[True, False], [True, False], [False, True], [True, True]]


@pytest.mark.parametrize("cell", ["inf", "-1e999", "1.7976931348623157e308", "-1e101"])
def test_a_number_beyond_any_scale_is_a_gap(tmp_path: Path, cell: str) -> None:
    sheet = read_sheet(sheet_of(tmp_path, f"ts,vib\n1767254400,1.5\n1767254460,{cell}\n"))
    assert np.isnan(sheet.values[1, 0])


def test_labels_and_empty_columns_are_left_out(tmp_path: Path) -> None:
    text = "time,a,anomaly,none\n1767254400,1,0,\n1767254401,2,1,\n"
    sheet = read_sheet(sheet_of(tmp_path, text))
    assert sheet.metrics == ("a",)
    assert sheet.left_out == (("anomaly", "label"), ("none", "empty"))
    assert read_sheet(sheet.path, metrics=("anomaly",)).metrics == ("anomaly",)


def test_the_time_column_is_found_by_its_name_or_by_what_it_holds(tmp_path: Path) -> None:
    assert read_sheet(sheet_of(tmp_path, "a,Timestamp\n1,1767254400\n2,1767254401\n")).time_column == "Timestamp"
    assert read_sheet(sheet_of(tmp_path, "a,wann\n1,2026-01-01 08:00\n2,2026-01-01 08:01\n")).time_column == "wann"
    assert read_sheet(sheet_of(tmp_path, "a,b\n1,1767254400\n2,1767254401\n"), "b").time_column == "b"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ": the file is empty"),
        ("\n\n", ": no rows"),
        ("time,a\n", ":1: only a header"),
        ("1767254400,1\n1767254401,2\n", ":1: the first line holds values"),
        ("time,a,a\n1767254400,1,2\n", ":1: a: two columns have this name"),
        ("time\n1767254400\n", ":1: only one column"),
        ("time,a\n1767254400,1\n1767254401,1,2\n", ":3: 3 cells, but the first line has 2 columns"),
        ("time,a\n1767254400,1\n\n1767254401\n", ":4: 1 cells, but the first line has 2 columns"),
        ("time,a\n1767254400,1\n1767254401,broken\n1767254402,3\n", ":3: a: 'broken' is no number"),
        ("time,a\n1767254400,1\nlater,2\n", ":3: time: 'later' is no time"),
        ("time,a\n1767254400,1\n,2\n", ":3: time: the time is missing"),
        ("time,a\n1767254401,1\n1767254400,2\n", ":3: time: 1767254400 is before line 2"),
        ("a,b\n1,2\n3,4\n", ":2: no column holds a time"),
        ("time,a\n1767254400,x\n1767254401,y\n", ":1: no column of numbers"),
        (b"time,a\n1767254400,1\n\xff\xff,2\n", ":3: neither UTF-8 nor GBK"),
        (b"time,a\n17\x0067254400,1\n", ": it holds bytes of 0"),
    ],
)
def test_a_bad_file_is_refused_by_line_column_and_reason(tmp_path: Path, text: str | bytes, reason: str) -> None:
    path = sheet_of(tmp_path, text)
    with pytest.raises(InvalidInput) as refused:
        read_sheet(path)
    assert str(refused.value).startswith(f"{path}{reason}")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_and_a_column_that_is_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        read_sheet(tmp_path / "none.csv")
    path = sheet_of(tmp_path, "time,a,note\n1767254400,1,x\n")
    with pytest.raises(InvalidInput, match="no column b; there are time, a, note"):
        read_sheet(path, metrics=("b",))
    with pytest.raises(InvalidInput, match="note: it holds no numbers"):
        read_sheet(path, metrics=("note",))


def test_the_file_stays_as_it_was_but_for_the_columns_added(tmp_path: Path) -> None:
    text = '\ufefftime; a ;"note; long"\r\n\r\n1767254400;1,50;"two\r\nlines"\r\n\r\n1767254401;2; x \r\n\r\n'
    records = read_records(sheet_of(tmp_path, text))
    assert [record.line for record in records.rows] == [3, 6]
    added = write_records(records, ("score", "who"), [("0,5", "a;b"), ("1", "")]).decode("utf-8")
    assert added == (
        '\ufefftime; a ;"note; long";score;who\r\n\r\n1767254400;1,50;"two\r\nlines";0,5;"a;b"\r\n\r\n'
        "1767254401;2; x ;1;\r\n\r\n"
    )


@given(
    cells=st.lists(st.tuples(st.text("ab\"\n;, '|"), st.text('xy"\n;,\t')), min_size=1, max_size=8),
    separator=st.sampled_from([",", ";"]),
)
def test_whatever_stands_in_the_cells_comes_back_unchanged(
    cells: list[tuple[str, str]], separator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    quoted = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in (("t", "v"), *cells)]
    text = "\n".join(quoted) + "\n"
    try:
        records = read_records(sheet_of(tmp_path_factory.mktemp("sheet"), text))
    except InvalidInput:
        return  # nothing but blanks, or a separator that fits better
    assert write_records(records, (), [()] * len(records.rows)).decode(records.encoding) == text
