"""A fault as a profile declares it: its mode, its parameters with defaults, what it moves."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import Field

from firmware_sim.acts import Act, Operation, Shape
from firmware_sim.quantities import parse_duration, parse_rate
from firmware_sim.strict import Strict

ParamValue = float | bool | str
WordT = TypeVar("WordT", Shape, Operation)


class ActSpec(Strict):
    """An act whose figures may be the name of one of the fault's parameters."""

    target: str
    operation: str = "set"
    shape: str = "step"
    magnitude: ParamValue = 0.0
    growth: float | str = 0.0
    doubling: str = "1d"
    limit: float | str | None = None
    after: str = "0s"
    every: str = "1h"
    width: str = "30m"


class FaultSpec(Strict):
    """Without a `fault_mode` the fault is a benign event: it must not lead to an order."""

    fault_mode: str | None = None
    params: dict[str, ParamValue] = Field(default_factory=dict)
    acts: list[ActSpec]

    def resolve(self, overrides: Mapping[str, ParamValue]) -> tuple[Act, ...]:
        """The acts with `overrides` in place; ValueError `key: what is wrong` for an unknown or bad one."""
        for key in overrides:
            if key not in self.params:
                known = ", ".join(self.params) or "none"
                raise ValueError(f"{key}: the fault has no such parameter (it has {known})")
        params = {**self.params, **overrides}
        return tuple(_resolve(act, params) for act in self.acts)


def _resolve(act: ActSpec, params: Mapping[str, ParamValue]) -> Act:
    def figure(value: ParamValue) -> ParamValue:
        return params[value] if isinstance(value, str) and value in params else value

    def number(key: str, value: ParamValue) -> float:
        found = figure(value)
        if isinstance(found, str):
            raise ValueError(f"{_named(key, value)}: {found!r} is not a number")
        return float(found)

    def hours(key: str, value: str) -> float:
        try:
            return parse_duration(figure(value)).total_seconds() / 3600.0
        except ValueError as error:
            raise ValueError(f"{_named(key, value)}: {error}") from error

    try:
        growth = parse_rate(figure(act.growth))
    except ValueError as error:
        raise ValueError(f"{_named('growth', act.growth)}: {error}") from error
    doubling, every = hours("doubling", act.doubling), hours("every", act.every)
    if doubling <= 0 or every <= 0:
        raise ValueError(f"{'doubling' if doubling <= 0 else 'every'}: must be longer than nothing")
    return Act(
        target=act.target,
        operation=_word(Operation, "operation", act.operation),
        shape=_word(Shape, "shape", act.shape),
        magnitude=number("magnitude", act.magnitude),
        growth=growth,
        doubling=doubling,
        limit=None if act.limit is None else number("limit", act.limit),
        after=hours("after", act.after),
        every=every,
        width=hours("width", act.width),
    )


def _named(key: str, value: ParamValue) -> str:
    """The key a reader looks for: the fault's parameter where the act refers to one."""
    return value if isinstance(value, str) and value.isidentifier() else key


def _word(kind: type[WordT], key: str, text: str) -> WordT:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{key}: {text!r} is none of {', '.join(kind)}") from None
