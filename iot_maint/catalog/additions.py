"""A file that adds to a type of another file: rules of the installation's own, and what they name."""

from collections.abc import Iterator, Mapping

from iot_maint.catalog.problems import Problem
from iot_maint.catalog.schema import AdditionTable, RuleTable, TypeTable

EXTENDS = "extends"  # the key by which such a file is known


def find_addition_problems(addition: AdditionTable, types: Mapping[str, TypeTable]) -> Iterator[Problem]:
    """A type that nobody declares, and keys that the type has already: an addition changes nothing that is there."""
    table = types.get(addition.extends)
    if table is None:
        reason = f"equipment type {addition.extends} is not declared; declared: {', '.join(types)}"
        yield Problem((EXTENDS,), reason)
        return
    taken = [
        *(("derived", key) for key in addition.derived if key in table.derived),
        *(("schedules", key) for key in addition.schedules if key in table.schedules),
        *(("rules", key) for key in _taken_rules(addition, table)),
    ]
    for path in taken:
        yield Problem(path, f"{addition.extends} has one of this key already; choose another")


def extended(table: TypeTable, addition: AdditionTable) -> TypeTable:
    """The type with what is added, after its own."""
    return table.model_copy(
        update={
            "derived": {**table.derived, **addition.derived},
            "schedules": {**table.schedules, **addition.schedules},
            "rules": {**table.rules, **addition.rules},
        }
    )


def _taken_rules(addition: AdditionTable, table: TypeTable) -> Iterator[str]:
    """Rules of which a key, as it is written or of one side, is that of a rule before."""
    taken = {key for written, rule in table.rules.items() for key in _keys(written, rule)}
    for written, rule in addition.rules.items():
        if not taken.isdisjoint(_keys(written, rule)):
            yield written
        taken.update(_keys(written, rule))


def _keys(written: str, rule: RuleTable) -> frozenset[str]:
    return frozenset((written, *rule.keys(written)))
