"""Settings to try: the limits as they stand, and the same with some of them changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from iot_maint.domain.catalog import Catalog, Limit
from iot_maint.domain.equipment import LimitOverride, Monitored
from iot_maint.domain.errors import InvalidInput
from iot_maint.services.register.limits import LimitWish, override_of, rule_of

AS_IT_STANDS = "as it stands"
CHANGED = "changed"
_SET = re.compile(r"(?P<type>[a-z][a-z0-9_]*)\.(?P<key>[a-z][a-z0-9_]*)\.(?P<what>limit|clear|for)=(?P<value>.+)")
_SPAN = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One setting: what is wished of which rules (by id), on every piece of equipment that is tried."""

    label: str
    wishes: Mapping[str, LimitWish]


class _Change(NamedTuple):
    rule: str
    what: str
    value: str


def read_changes(written: Sequence[str]) -> Mapping[str, LimitWish]:
    """`pump.vib_rms_warning.limit=7.1`, `….clear=6.5`, `….for=15m`; `InvalidInput` for anything else."""
    wishes: dict[str, LimitWish] = {}
    for text in written:
        change = _read(text)
        wishes[change.rule] = _with(wishes.get(change.rule, LimitWish()), change, text)
    return wishes


def _read(text: str) -> _Change:
    match = _SET.fullmatch(text)
    if match is None:
        raise InvalidInput("--set", f"{text!r} is not RULE.limit=NUMBER, RULE.clear=NUMBER or RULE.for=10m")
    return _Change(f"{match['type']}.{match['key']}", match["what"], match["value"])


def _with(wish: LimitWish, change: _Change, text: str) -> LimitWish:
    if change.what == "for":
        span = _SPAN.fullmatch(change.value)
        if span is None:
            raise InvalidInput("--set", f"{text!r}: a time is written 90s, 10m, 2h or 1d")
        try:
            return replace(wish, for_duration=timedelta(seconds=int(span[1]) * _SECONDS[span[2]]))
        except (OverflowError, ValueError):
            raise InvalidInput("--set", f"{text[:80]!r}: no time is that long") from None
    try:
        limit = Limit(value=float(change.value))
    except ValueError:
        raise InvalidInput("--set", f"{text!r}: {change.value} is not a number") from None
    return replace(wish, limit=limit) if change.what == "limit" else replace(wish, clear_limit=limit)


def apply_wishes(catalog: Catalog, monitored: Monitored, wishes: Mapping[str, LimitWish]) -> Monitored:
    """The equipment with these limits of its own beside those that it has; `InvalidInput` names what is wrong."""
    equipment = monitored.equipment
    declared = catalog.types.get(equipment.type)
    if declared is None:
        return monitored
    overrides = dict(monitored.overrides)
    for rule_id, wish in wishes.items():
        type_name, _, key = rule_id.partition(".")
        if type_name != declared.name:
            continue
        rule = rule_of(declared, key)
        if not rule.is_for(equipment.code, equipment.kind):
            continue
        override = override_of(rule, declared, equipment, _over(overrides.get(key), wish))
        if override is not None:
            overrides[key] = override
    return replace(monitored, overrides=overrides)


def _over(standing: LimitOverride | None, wish: LimitWish) -> LimitWish:
    """The wish over what stands: what it does not name stays as it is on this equipment."""
    if standing is None:
        return wish
    if wish.limit is not None:  # the clear limit moves along with a new limit, unless it is named
        return replace(wish, for_duration=wish.for_duration or standing.for_duration)
    return LimitWish(
        limit=standing.limit,
        clear_limit=wish.clear_limit or standing.clear_limit,
        for_duration=standing.for_duration if wish.for_duration is None else wish.for_duration,
    )
