"""Rows of CSV that a spreadsheet shows and never executes."""

import csv
import io
from collections.abc import Sequence

Cell = str | int | float | bool | None
# What a spreadsheet takes for the start of a formula (OWASP, "CSV injection").
_FORMULA_STARTS = frozenset("=+-@\t\r")


def guard_cell(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{text}" if _is_formula(text) else text


def unguard_cell(text: str) -> str:
    """What `guard_cell` was given."""
    return text[1:] if text.startswith("'") and _is_formula(text[1:]) else text


def write_row(cells: Sequence[Cell]) -> str:
    """One line of CSV (RFC 4180); texts are guarded, numbers and truths are not."""
    line = io.StringIO()
    csv.writer(line).writerow([_write_cell(cell) for cell in cells])
    return line.getvalue()


def _write_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return guard_cell(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else str(cell)


def _is_formula(text: str) -> bool:
    """Apostrophes in front count as guards of a guard, so that guarding can be undone."""
    return text.lstrip("'")[:1] in _FORMULA_STARTS
