"""A limit as one cell of a table: `80`, or relative to a parameter: `setpoint*0.8+0.05`."""

import math
import re

from iot_maint.domain.catalog import Limit
from iot_maint.domain.json_value import JsonObject

_NUMBER = r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_RELATIVE = re.compile(rf"(?P<parameter>[A-Za-z_][A-Za-z0-9_.]*)(?:\*(?P<times>{_NUMBER}))?(?P<plus>[+-]{_NUMBER})?")


def write_limit(limit: Limit) -> str:
    """What `read_limit` reads."""
    if limit.parameter is None:
        return "" if limit.value is None else repr(limit.value).removesuffix(".0")
    times = "" if limit.times == 1.0 else f"*{limit.times!r}"
    plus = "" if limit.plus == 0.0 else f"{limit.plus:+}"
    return f"{limit.parameter}{times}{plus}"


def read_limit(text: str) -> Limit:
    """The limit that the text says; `ValueError` says what it may be."""
    try:
        value = float(text)
    except ValueError:
        match = _RELATIVE.fullmatch(text.replace(" ", ""))
        if match is None:
            raise ValueError(f"{text!r} is neither a number nor like setpoint*0.8+0.05") from None
        return Limit(parameter=match["parameter"], times=float(match["times"] or 1.0), plus=float(match["plus"] or 0.0))
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return Limit(value=value)


def limit_document(limit: Limit | None) -> JsonObject | None:
    """An absolute limit has a `value`, a relative one `parameter`, `times` and `plus`."""
    if limit is None:
        return None
    if limit.parameter is None:
        return {"value": limit.value}
    return {"parameter": limit.parameter, "times": limit.times, "plus": limit.plus}
