"""Known faults as people write them down."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from iot_maint.domain.errors import InvalidInput
from iot_maint.storage.fault_files import read_faults

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADER = "equipment,fault_mode,onset,failure\n"


def a_file(folder: Path, *rows: str) -> Path:
    path = folder / "faults.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_times_without_an_offset_are_the_site_s(tmp_path: Path) -> None:
    [fault] = read_faults(a_file(tmp_path, "P-1,PMP-BEAR,2026-03-01T08:00,2026-03-09T00:00Z"), SHANGHAI)

    assert (fault.onset, fault.failure) == (
        datetime.fromisoformat("2026-03-01T08:00:00+08:00"),
        datetime.fromisoformat("2026-03-09T00:00:00Z"),
    )


@pytest.mark.parametrize(
    ("row", "place", "reason"),
    [
        ("P-1,PMP-BEAR,soon,2026-03-09", "onset", "no time such as"),
        ("P-1,PMP-BEAR,2026-03-10,2026-03-09", "failure", "before the onset"),
        ("P-1,PMP-BEAR,0001-01-01,2026-03-09", "onset", "1970 to 9998"),
        ("P-1,PMP-BEAR,2026-03-01,9999-12-31T23:59-12:00", "failure", "1970 to 9998"),
        (",PMP-BEAR,2026-03-01,2026-03-09", "equipment", "is empty"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_line(tmp_path: Path, row: str, place: str, reason: str) -> None:
    path = a_file(tmp_path, "P-0,PMP-BEAR,2026-03-01,2026-03-09", row)
    with pytest.raises(InvalidInput) as refused:
        read_faults(path, SHANGHAI)
    assert f"{path}:3: {place}" in str(refused.value)
    assert reason in str(refused.value)
