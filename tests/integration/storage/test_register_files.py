from collections.abc import Mapping
from pathlib import Path

import pytest

from iot_maint.domain.errors import InvalidInput
from iot_maint.services.register.columns import SURPLUS
from iot_maint.services.tables import Cell
from iot_maint.storage.register_files import read_register, write_register

HEADER = "code,name,type,site"
ROWS: list[Mapping[str, Cell]] = [
    {"code": "P-1", "name": "=一号泵", "setpoint": -0.45},
    {"code": "P-2", "name": '\'+2 "x"\\'},
]
COLUMNS = ("code", "name", "setpoint")


def a_file(folder: Path, content: str | bytes, name: str = "register.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_spreadsheets_of_every_kind_are_read(tmp_path: Path, encoding: str) -> None:
    path = a_file(tmp_path, f"{HEADER}\r\nP-1,一号泵,pump,yard\r\n,,,\r\n".encode(encoding))
    assert read_register(path) == [(2, {"code": "P-1", "name": "一号泵", "type": "pump", "site": "yard"})]


def test_rows_are_counted_in_lines_also_behind_a_cell_of_two(tmp_path: Path) -> None:
    path = a_file(tmp_path, f'{HEADER}\nP-1,"一\n号",pump,yard\nP-2,二号,pump,yard\n')
    assert [line for line, _ in read_register(path)] == [2, 4]


def test_cells_behind_the_last_column_are_read_as_such_so_that_only_their_row_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, "code\nP-1,,x\nP-2,,\nP-3\n")
    assert read_register(path) == [(2, {"code": "P-1", SURPLUS: ", x"}), (3, {"code": "P-2"}), (4, {"code": "P-3"})]


def test_toml_tables_are_rows_and_nested_names_are_dotted(tmp_path: Path) -> None:
    text = """
# pumps
[[equipment]]
code = "P-1"
commissioned_on = 2020-03-01
nameplate = { power_kw = 15 }
"interval.vib_rms" = 10.5

[[equipment]]
code = "P-2"
"""
    assert read_register(a_file(tmp_path, text, "register.toml")) == [
        (
            3,
            {
                "code": "P-1",
                "commissioned_on": "2020-03-01",
                "nameplate.power_kw": "15",
                "interval.vib_rms": "10.5",
            },
        ),
        (9, {"code": "P-2"}),
    ]


@pytest.mark.parametrize("name", ["register.csv", "register.toml"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    write_register(tmp_path / name, COLUMNS, ROWS)
    read = [{column: cell for column, cell in cells.items() if cell} for _, cells in read_register(tmp_path / name)]
    assert read == [{"code": "P-1", "name": "=一号泵", "setpoint": "-0.45"}, {"code": "P-2", "name": '\'+2 "x"\\'}]


def test_a_spreadsheet_runs_nothing_of_what_is_written(tmp_path: Path) -> None:
    write_register(tmp_path / "register.csv", COLUMNS, ROWS)
    assert (tmp_path / "register.csv").read_text("utf-8").splitlines()[1:] == [
        "P-1,'=一号泵,-0.45",
        'P-2,"\'\'+2 ""x""\\",',
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("register.csv", "", "is empty"),
        ("register.csv", "code,code\n", "two columns are named code"),
        ("register.csv", "code,\n", "a column has no name"),
        ("register.csv", "code;name;type;site\nP-1;x;pump;yard\n", "line 1: no column is named code"),
        ("register.xlsx", b"PK\x03\x04", "line 1: no column is named code"),
        ("register.csv", b"code\n\xff\xff\xff\n", "neither UTF-8 nor GBK"),
        ("register.toml", "[[equipment]]\ncode = ", "register.toml"),
        ("register.toml", "[[pump]]\ncode = 'x'", "must hold [[equipment]] tables"),
        ("register.toml", "[[equipment]]\ncode = [1]", "code must be a text, a number or a day"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(
    tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_register(a_file(tmp_path, content, name))
    assert reason in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        read_register(tmp_path / "nowhere.csv")
