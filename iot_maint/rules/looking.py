"""The explicit map from the kinds that need more than one metric to what looks at them."""

from collections.abc import Iterable, Iterator

from iot_maint.domain.catalog import EquipmentType
from iot_maint.domain.equipment import EquipmentStatus, Monitored
from iot_maint.domain.signals import Composite, Sequence
from iot_maint.rules.applicability import GAP_FACTOR, ActiveRule, interval_of, signal_key
from iot_maint.rules.composites import compile_composite
from iot_maint.rules.derived import compile_derived
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.tree import names_of
from iot_maint.rules.looks import Look
from iot_maint.rules.sequences import compile_sequence


def compile_looks(type_: EquipmentType, monitored: Monitored, rules: Iterable[ActiveRule]) -> Iterator[Look]:
    """One for each signal or derived metric; rules of the same share it.

    Composites come last: they look at what the others found.
    """
    derived: dict[str, list[ActiveRule]] = {}
    by_key: dict[str, list[ActiveRule]] = {}
    for rule in rules:
        if isinstance(rule.signal, Sequence | Composite):
            by_key.setdefault(signal_key(rule.metric, rule.signal), []).append(rule)
        elif rule.metric in type_.derived:
            derived.setdefault(rule.metric, []).append(rule)
    in_service = monitored.equipment.status is EquipmentStatus.IN_SERVICE
    for name, limits in derived.items():
        fresh_ms = _fresh_ms(type_, monitored, type_.derived[name].expression)
        parameters = monitored.equipment.parameters
        yield compile_derived(type_.derived[name], limits, parameters, fresh_ms, learns=in_service)
    composites: list[Look] = []
    for limits in by_key.values():
        metric, signal = limits[0].metric, limits[0].signal
        if isinstance(signal, Sequence):
            yield compile_sequence(metric, signal, limits, monitored.equipment.parameters)
        elif isinstance(signal, Composite):
            id_of = {key: rule.id for key, rule in type_.rules.items()}
            composites.append(compile_composite(metric, signal, limits, id_of))
    yield from composites


def _fresh_ms(type_: EquipmentType, monitored: Monitored, expression: str) -> dict[str, int | None]:
    """How old each input may be: three of its intervals; what comes with something that occurs, as old as it is."""
    ages: dict[str, int | None] = {}
    for name in names_of(parse(expression)):
        metric = type_.metrics.get(name.name)
        interval = interval_of(metric, monitored) if metric is not None and metric.occurs is None else None
        ages[name.name] = None if interval is None else round(GAP_FACTOR * interval.total_seconds() * 1000)
    return ages
