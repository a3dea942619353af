"""InfluxQL: how names are quoted, and how an answer is read.  Texts never stand in a statement: they are bound."""

import msgspec

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.storage.telemetry.line_protocol import stored_field, stored_measurement

Cell = float | bool | str | None

# The instants that InfluxDB can hold, in ms.
EARLIEST_MS = -9_223_372_036_854
LATEST_MS = 9_223_372_036_854

_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Series(msgspec.Struct):
    """One table of an answer."""

    columns: list[str]
    name: str = ""
    tags: dict[str, str] = {}
    values: list[list[Cell]] = []


class Result(msgspec.Struct):
    """The answer to one statement."""

    statement_id: int = 0
    series: list[Series] = []
    error: str = ""


class Answer(msgspec.Struct):
    """The answer to all statements of a request."""

    results: list[Result] = []
    error: str = ""


def quote(name: str) -> str:
    """A name as it rests in InfluxDB, as an identifier of a statement."""
    return f'"{name.translate(_QUOTED)}"'


def quote_measurement(name: str) -> str:
    """A measurement of the domain as an identifier."""
    return quote(stored_measurement(name))


def quote_metric(name: str) -> str:
    """A metric of the domain as an identifier of its field."""
    return quote(stored_field(name))


def select(what: str, *, source: str, where: str, tail: str = "") -> str:
    """One statement over a measurement of the domain; `what` holds quoted names, `where` bound values."""
    return " ".join(("SELECT", what, "FROM", quote_measurement(source), "WHERE", where, tail)).rstrip()


def time_range(start_ms: int, end_ms: int) -> str:
    """`start_ms <= time < end_ms`, within what InfluxDB can hold."""
    start, end = (min(max(at_ms, EARLIEST_MS), LATEST_MS) for at_ms in (start_ms, end_ms))
    return f"time >= {start}ms AND time < {end}ms"


def read_answer(body: bytes) -> list[list[Series]]:
    """The tables of each statement, in order.  An error inside the body is one, though the status was 200."""
    try:
        answer = msgspec.json.decode(body, type=Answer)
    except msgspec.MsgspecError as error:
        raise StoreUnavailable(f"InfluxDB's answer cannot be read: {error}") from error
    for complaint in (answer.error, *(result.error for result in answer.results)):
        if complaint:
            status = 404 if "not found" in complaint else 400
            raise StoreRefused(status, f"InfluxDB refused a query: {complaint}")
    return [result.series for result in answer.results]


def read_instant(row: list[Cell]) -> int:
    """The time of a row: always its first column."""
    at_ms = row[0]
    if not isinstance(at_ms, float):
        raise StoreUnavailable(f"InfluxDB's answer has no time in ms: {at_ms!r}")
    return int(at_ms)
