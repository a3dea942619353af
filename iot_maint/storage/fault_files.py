"""Known faults of a backtest as CSV: `equipment,fault_mode,onset,failure`."""

import csv
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.instants import sayable
from iot_maint.services.feedback.faults import FILE, KnownFault

COLUMNS = ("equipment", "fault_mode", "onset", "failure")


def read_faults(path: Path, zone: ZoneInfo) -> tuple[KnownFault, ...]:
    """CSV Known faults; times without an offset are the site's.  `InvalidInput` names the line."""
    if not path.is_file():
        raise InvalidInput(str(path), "no such file")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise InvalidInput(f"{path}:1", f"no column {', '.join(missing)}; known faults are {','.join(COLUMNS)}")
        try:
            return tuple(_fault(f"{path}:{rows.line_num}", row, zone) for row in rows)
        except (csv.Error, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path}:{rows.line_num}", str(error)) from None


def _fault(place: str, row: dict[str, str | None], zone: ZoneInfo) -> KnownFault:
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    for name in ("equipment", "onset", "failure"):
        if not cells[name]:
            raise InvalidInput(f"{place}: {name}", "is empty")
    onset, failure = (_instant(f"{place}: {name}", cells[name], zone) for name in ("onset", "failure"))
    if failure < onset:
        raise InvalidInput(f"{place}: failure", "is before the onset")
    return KnownFault(
        equipment=cells["equipment"], fault_mode=cells["fault_mode"], onset=onset, failure=failure, source=FILE
    )


def _instant(place: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(place, f"{text!r} is no time such as 2026-03-01T08:00+08:00") from None
    try:
        sayable(at)
    except ValueError as error:
        raise InvalidInput(place, f"{text!r} {error}") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
