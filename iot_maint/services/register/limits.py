"""Limits of one's own: a rule's limit for one piece of equipment, with who changed it, when, from what to what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from iot_maint.domain.catalog import Catalog, Comparison, EquipmentType, Limit, ThresholdRule
from iot_maint.domain.equipment import Equipment, LimitChange, LimitOverride
from iot_maint.domain.errors import InvalidInput, UnknownEquipment, UnknownThing
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.rules.limits import check_rule, check_severities
from iot_maint.services.register.columns import nearest

LONGEST_DWELL = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitWish:
    """What is wanted of a rule on one piece of equipment; a None keeps the catalog's value."""

    limit: Limit | None = None
    clear_limit: Limit | None = None
    for_duration: timedelta | None = None
    enabled: bool = True


def set_limit(
    repositories: Repositories, catalog: Catalog, clock: Clock, code: str, rule_key: str, wish: LimitWish, *, by: str
) -> LimitOverride | None:
    """Put the wish in force and keep the change; None when it is the catalog's own again.

    With a limit alone, the clear limit moves by the same span.  `InvalidInput` names what is wrong.
    """
    equipment, equipment_type = _typed(repositories, catalog, code)
    rule = rule_of(equipment_type, rule_key)
    override = override_of(rule, equipment_type, equipment, wish)
    standing = {one.rule_key: one for one in repositories.equipment.overrides(code)}
    check_together(equipment_type, equipment, {**standing, rule_key: override} if override is not None else standing)
    record_change(repositories, clock, code, rule_key, standing.get(rule_key), override, by=by)
    return override


def drop_limit(repositories: Repositories, clock: Clock, code: str, rule_key: str, *, by: str) -> None:
    """Back to the catalog's limit; `UnknownThing` when it was in force already."""
    if repositories.equipment.get(code) is None:
        raise UnknownEquipment(f"no equipment {code}")
    standing = {one.rule_key: one for one in repositories.equipment.overrides(code)}
    if rule_key not in standing:
        raise UnknownThing(f"{code} has no limit of its own for {rule_key}")
    record_change(repositories, clock, code, rule_key, standing[rule_key], None, by=by)


def record_change(
    repositories: Repositories,
    clock: Clock,
    code: str,
    rule_key: str,
    old: LimitOverride | None,
    new: LimitOverride | None,
    *,
    by: str,
) -> None:
    """Save a change, unless there is none."""
    if old == new:
        return
    change = LimitChange(equipment=code, rule_key=rule_key, changed_at=clock.now(), changed_by=by, old=old, new=new)
    repositories.equipment.set_override(change)


def rule_of(equipment_type: EquipmentType, rule_key: str) -> ThresholdRule:
    """The type's rule of that key; `UnknownThing` when it has none."""
    rule = equipment_type.rules.get(rule_key)
    if rule is not None:
        return rule
    raise UnknownThing(f"{equipment_type.name} has no rule {rule_key}{nearest(rule_key, equipment_type.rules)}")


def override_of(
    rule: ThresholdRule, equipment_type: EquipmentType, equipment: Equipment, wish: LimitWish
) -> LimitOverride | None:
    """The override that a wish is, sound by itself; None when it wishes for the catalog's rule."""
    if wish == LimitWish():
        return None
    limit, clear_limit = wish.limit, wish.clear_limit
    if limit is not None and clear_limit is None:
        clear_limit = _moved_clear_limit(rule, limit, equipment)
    effective = replace(
        rule,
        limit=limit or rule.limit,
        clear_limit=clear_limit or rule.clear_limit,
        for_duration=rule.for_duration if wish.for_duration is None else wish.for_duration,
    )
    metric = equipment_type.metric_of(rule.metric)
    for problem in check_rule(effective, metric) if metric is not None else ():
        raise InvalidInput(problem.attribute, problem.reason)
    if effective.for_duration > LONGEST_DWELL:
        raise InvalidInput("for_duration", f"longer than {LONGEST_DWELL.days} days")
    parameter = effective.limit.parameter
    if parameter is not None and parameter not in equipment_type.parameters and parameter not in equipment.parameters:
        raise InvalidInput("limit", f"{equipment_type.name} has no parameter {parameter}")
    return LimitOverride(
        equipment=equipment.code,
        rule_key=rule.key,
        limit=limit,
        clear_limit=clear_limit,
        for_duration=wish.for_duration,
        enabled=wish.enabled,
    )


def check_together(equipment_type: EquipmentType, equipment: Equipment, overrides: Mapping[str, LimitOverride]) -> None:
    """`InvalidInput` when, with all its overrides in force, a critical limit is crossed before its warning."""
    rules = [rule for rule in equipment_type.rules.values() if rule.is_for(equipment.code, equipment.kind)]
    effective = [_effective(rule, overrides.get(rule.key)) for rule in rules]
    for key, problem in check_severities(effective):
        raise InvalidInput(f"limit.{key}", problem.reason)


def _effective(rule: ThresholdRule, override: LimitOverride | None) -> ThresholdRule:
    return rule if override is None or override.limit is None else replace(rule, limit=override.limit)


def _moved_clear_limit(rule: ThresholdRule, limit: Limit, equipment: Equipment) -> Limit:
    old, clear = rule.limit, rule.clear_limit
    if rule.comparison is Comparison.IS:
        return limit
    if limit.parameter is not None and limit.parameter == old.parameter == clear.parameter:
        return Limit(
            parameter=limit.parameter,
            times=round(limit.times - (old.times - clear.times), 9),
            plus=round(limit.plus - (old.plus - clear.plus), 9),
        )
    resolved, resolved_clear = old.resolve(equipment.parameters), clear.resolve(equipment.parameters)
    if resolved is None or resolved_clear is None:
        raise InvalidInput(
            "clear_limit", f"give one too: the catalog's is relative to {old.parameter}, which is unknown"
        )
    span = resolved - resolved_clear
    if limit.value is not None:
        return Limit(value=round(limit.value - span, 9))
    return Limit(parameter=limit.parameter, times=limit.times, plus=round(limit.plus - span, 9))


def _typed(repositories: Repositories, catalog: Catalog, code: str) -> tuple[Equipment, EquipmentType]:
    equipment = repositories.equipment.get(code)
    if equipment is None:
        raise UnknownEquipment(f"no equipment {code}")
    equipment_type = catalog.types.get(equipment.type)
    if equipment_type is None:
        raise InvalidInput("code", f"{code} is of no type in the catalog ({equipment.type}); it has no limits")
    return equipment, equipment_type
