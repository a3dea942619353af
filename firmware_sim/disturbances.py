"""Faults every device can have: a metric made to take any course, and the ways data itself goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from firmware_sim.acts import Act, Operation, Shape
from firmware_sim.fault_spec import ParamValue
from firmware_sim.quantities import parse_duration, parse_rate


class Kind(StrEnum):
    """What happens to a reading or a message."""

    FROZEN = "frozen"
    SPIKE = "spike"
    DROPOUT = "dropout"
    CLOCK_OFFSET = "clock_offset"
    DUPLICATES = "duplicates"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """`metric` None means all of them, or the whole message. `delay_s`: clock offset or lateness."""

    kind: Kind
    metric: str | None = None
    probability: float = 1.0
    factor: float = 10.0
    delay_s: float = 0.0


_DEFAULTS: Mapping[str, Mapping[str, ParamValue]] = {
    "override": {"metric": "", "to": "", "from": "", "per_hour": "", "doubling": "", "every": "", "width": "30m"},
    "drift": {"metric": "", "per_hour": 0.1},
    "unit_x10": {"metric": "", "factor": 10.0},
    "frozen": {"metric": ""},
    "spike": {"metric": "", "factor": 10.0, "probability": 0.01},
    "dropout": {"metric": "", "probability": 1.0},
    "clock_offset": {"offset": "8h"},
    "duplicates": {"probability": 0.2},
    "out_of_order": {"probability": 0.2, "delay": "30s"},
}
BUILT_IN = frozenset(_DEFAULTS)


def resolve_built_in(
    fault: str, overrides: Mapping[str, ParamValue], metrics: frozenset[str]
) -> tuple[tuple[Act, ...], Disturbance | None]:
    """The acts or the disturbance of a built-in fault; ValueError `key: what is wrong`."""
    for key in overrides:
        if key not in _DEFAULTS[fault]:
            known = ", ".join(_DEFAULTS[fault])
            raise ValueError(f"{key}: {fault} has no such parameter (it has {known})")
    params = {**_DEFAULTS[fault], **overrides}
    metric = str(params.get("metric", ""))
    if metric and metric not in metrics:
        raise ValueError(f"metric: the profile has no {metric!r}")
    if not metric and fault in ("override", "drift", "unit_x10"):
        raise ValueError(f"metric: {fault} needs one")
    if fault == "override":
        return (_override(metric, params),), None
    if fault == "drift":
        growth = _rate(params, "per_hour")
        return (Act(target=metric, operation=Operation.ADD, shape=Shape.RAMP, growth=growth),), None
    if fault == "unit_x10":
        return (Act(target=metric, operation=Operation.MULTIPLY, magnitude=_number(params, "factor")),), None
    delay = "offset" if fault == "clock_offset" else "delay"
    disturbance = Disturbance(
        kind=Kind(fault),
        metric=metric or None,
        probability=_number(params, "probability") if "probability" in params else 1.0,
        factor=_number(params, "factor") if "factor" in params else 10.0,
        delay_s=_seconds(params, delay) if delay in params else 0.0,
    )
    return (), disturbance


def _override(metric: str, params: Mapping[str, ParamValue]) -> Act:
    """`to` steps; `from` + `per_hour` ramps, without `from` on top of the healthy value; `from` + `doubling` grows."""
    if params["doubling"] != "":
        doubling = _seconds(params, "doubling") / 3600.0
        if doubling <= 0:
            raise ValueError("doubling: must be longer than nothing")
        start = _number(params, "from")
        return Act(target=metric, shape=Shape.EXPONENTIAL, magnitude=start, doubling=doubling)
    if params["per_hour"] != "":
        growth = _rate(params, "per_hour")
        limit = None if params["to"] == "" else _number(params, "to")
        if params["from"] == "":
            return Act(target=metric, operation=Operation.ADD, shape=Shape.RAMP, growth=growth, limit=limit)
        start = _number(params, "from")
        return Act(target=metric, shape=Shape.RAMP, magnitude=start, growth=growth, limit=limit)
    if params["to"] == "":
        raise ValueError("to: an override needs to, per_hour or doubling")
    to = _number(params, "to")
    if params["every"] == "":
        return Act(target=metric, magnitude=to)
    every, width = _seconds(params, "every") / 3600.0, _seconds(params, "width") / 3600.0
    if every <= 0:
        raise ValueError("every: must be longer than nothing")
    return Act(target=metric, shape=Shape.PULSES, magnitude=to, every=every, width=width)


def _number(params: Mapping[str, ParamValue], key: str) -> float:
    value = params[key]
    if isinstance(value, str):
        raise ValueError(f"{key}: {value!r} is not a number")
    return float(value)


def _rate(params: Mapping[str, ParamValue], key: str) -> float:
    try:
        return parse_rate(params[key])
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _seconds(params: Mapping[str, ParamValue], key: str) -> float:
    try:
        return parse_duration(params[key]).total_seconds()
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
