"""A query as Grafana's InfluxQL data source sends it: variables and macros filled in, in its way."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_NAMES = re.compile(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+?)(?::\w+)?\]\]")
_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_NICE_INTERVALS_MS = [
    step * unit
    for unit, steps in (
        (1, (1, 5, 10, 50, 100, 500)),
        (1_000, (1, 5, 10, 15, 20, 30)),
        (60_000, (1, 2, 5, 10, 15, 20, 30)),
        (3_600_000, (1, 2, 3, 6, 12)),
        (86_400_000, (1, 7, 30, 365)),
    )
    for step in steps
]
_PIXELS = 800


class UnknownMacro(Exception):
    """The query has a `$name` that nothing fills in: InfluxDB would get it as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """Both ends belong to it, in epoch ms."""

    start_ms: int
    end_ms: int

    def last(self, span: str | None) -> "TimeRange":
        """As a panel's own `timeFrom` narrows or widens it."""
        return self if span is None else TimeRange(start_ms=self.end_ms - parse_span(span), end_ms=self.end_ms)


def parse_span(span: str) -> int:
    """`15m` in ms."""
    return int(span[:-1]) * _UNITS_MS[span[-1]]


def interval_ms(time_range: TimeRange, min_interval: str | None) -> int:
    """`$__interval`: a point a pixel at most, never shorter than the panel's least."""
    wanted = (time_range.end_ms - time_range.start_ms) / _PIXELS
    nice = next(interval for interval in _NICE_INTERVALS_MS if interval >= wanted)
    return max(nice, parse_span(min_interval) if min_interval else 0)


def fill_in(query: str, *, time_range: TimeRange, interval: int, variables: Mapping[str, Sequence[str]]) -> str:
    """`variables` hold the chosen values, all of them for All.  UnknownMacro names what nobody fills in."""
    macros = {
        "timeFilter": f"time >= {time_range.start_ms}ms and time <= {time_range.end_ms}ms",
        "__interval": f"{interval}ms",
        "__interval_ms": str(interval),
    }

    def value_of(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        if name in variables:
            return _as_regular_expression(variables[name])
        if name in macros:
            return macros[name]
        raise UnknownMacro(f"{match[0]} in {query}")

    return _NAMES.sub(value_of, query)


def _as_regular_expression(values: Sequence[str]) -> str:
    escaped = [_SPECIAL.sub(r"\\\g<0>", value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
