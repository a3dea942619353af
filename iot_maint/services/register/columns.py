"""The register's columns, and what a cell of each may hold."""

import math
import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches

from iot_maint.domain.catalog import Catalog, EquipmentType
from iot_maint.domain.equipment import EquipmentStatus

REQUIRED = ("code", "name", "type", "site")
TEXTS = (
    "code",
    "name",
    "type",
    "site",
    "kind",
    "building",
    "floor",
    "room",
    "maker",
    "model",
    "serial",
    "contractor",
    "contractor_licence",
    "contractor_phone",
    "parent",
    "gateway",
    "gateway_device",
)
DAYS = ("commissioned_on", "warranty_until")
FIXED = (
    *REQUIRED,
    "kind",
    "status",
    "building",
    "floor",
    "room",
    "maker",
    "model",
    "serial",
    "commissioned_on",
    "warranty_until",
    "contractor",
    "contractor_licence",
    "contractor_phone",
    "parent",
    "gateway",
    "gateway_device",
)
LIMIT = "limit."
SURPLUS = ""  # the cells of a row behind the last column: they belong to nothing, and the row is refused
OF_A_METRIC = ("interval.", "max_gap.", "no_data.", "stuck.")
NAMEPLATE = "nameplate."

MAX_CODE, MAX_TEXT = 128, 200  # characters
_NAMEPLATE_COLUMN = re.compile(r"nameplate\.[a-z][a-z0-9_]{0,60}")
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
# A code is a level of an MQTT topic, and a text that every store can hold.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_A_TOPIC = frozenset("/+#")


def known_columns(catalog: Catalog) -> frozenset[str]:
    """Every column that some type has a use for; beside them any `nameplate.<name>`."""
    types = catalog.types.values()
    metrics = {metric for equipment_type in types for metric in equipment_type.metrics}
    return frozenset(
        (
            *FIXED,
            *(name for equipment_type in types for name in equipment_type.parameters),
            *(prefix + metric for prefix in OF_A_METRIC for metric in metrics),
            *(LIMIT + key for equipment_type in types for key in equipment_type.rules),
        )
    )


def check_column(column: str, known: frozenset[str]) -> str | None:
    """What is wrong with a column's name; the nearest known one is named."""
    if column == SURPLUS or column in known or _NAMEPLATE_COLUMN.fullmatch(column):
        return None
    return f"unknown column {column!r}{nearest(column, known)}"


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing where no known word is near."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def parameter_problem(name: str, value: float, equipment_type: EquipmentType) -> str | None:
    """What is wrong with a parameter of that type."""
    if not math.isfinite(value):
        return "must be a finite number"
    prefix = next((prefix for prefix in OF_A_METRIC if name.startswith(prefix)), None)
    if prefix is not None:
        metric = name.removeprefix(prefix)
        if metric not in equipment_type.metrics:
            return f"{equipment_type.name} has no metric {metric}{nearest(metric, equipment_type.metrics)}"
        return None if value > 0 else "must be above 0 (seconds)"
    if name in equipment_type.parameters or _NAMEPLATE_COLUMN.fullmatch(name):
        return None
    return f"{equipment_type.name} has no parameter {name}{nearest(name, equipment_type.parameters)}"


def code_problem(code: str) -> str | None:
    """What is wrong with the code of equipment or of a site."""
    if not 0 < len(code) <= MAX_CODE or code != code.strip():
        return f"1 to {MAX_CODE} characters, no space at either end"
    if _UNPRINTABLE.search(code) or not _NOT_IN_A_TOPIC.isdisjoint(code):
        return "no control characters and none of / + #: it is a level of an MQTT topic"
    return None


def text_problem(text: str) -> str | None:
    """What is wrong with a free text."""
    if len(text) > MAX_TEXT:
        return f"longer than {MAX_TEXT} characters"
    return "has control characters" if _UNPRINTABLE.search(text) else None


def read_number(text: str) -> float:
    """A number; `ValueError` says what was there."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def read_day(text: str) -> date:
    """A day, as ISO 8601 or as spreadsheets write it: 2026-01-31, 2026/1/31."""
    match = _DAY.fullmatch(text)
    try:
        if match is not None:
            return date(*map(int, match.groups()))
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a day such as 2026-01-31")


def read_status(text: str) -> EquipmentStatus:
    """A status that a person may give; equipment becomes unregistered only by its telemetry."""
    if text in _STATUSES:
        return EquipmentStatus(text)
    raise ValueError(f"{text!r} is none of {', '.join(_STATUSES)}")


_STATUSES = [status.value for status in EquipmentStatus if status is not EquipmentStatus.UNREGISTERED]
