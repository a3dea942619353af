"""No limit runs untested: every fault mode with a running rule has a story that opens its order.  `-s` prints them."""

from collections.abc import Iterator

from iot_maint.catalog import load_catalog
from tests.scenario_files import ALL

TYPES = load_catalog().types


def fault_modes_that_run() -> Iterator[tuple[str, str]]:
    """(type, fault mode) of every mode that at least one running rule can raise."""
    for declared in TYPES.values():
        for mode in declared.fault_modes:
            if any(rule.fault_mode == mode for rule in declared.rules.values()):
                yield declared.name, mode


def test_every_fault_mode_with_a_running_rule_has_a_story_that_opens_its_order() -> None:
    stories: dict[tuple[str, str], list[str]] = {key: [] for key in fault_modes_that_run()}
    for scenario in ALL:
        for order in scenario.expected.orders:
            stories[scenario.equipment.type, order.fault_mode].append(scenario.name)

    print()
    for (type_name, mode), names in stories.items():
        print(f"{type_name:<11} {mode:<12} {', '.join(name.partition('/')[2] for name in names) or 'NONE'}")
    assert not [key for key, names in stories.items() if not names]


def test_every_running_rule_speaks_in_some_story() -> None:
    told = {
        rule
        for scenario in ALL
        for order in scenario.expected.orders
        for rule in ({step.rule for step in order.steps} | order.joins)
    }
    untold = sorted({rule.id for declared in TYPES.values() for rule in declared.rules.values()} - told)

    print("\nrunning rules that no story raises:", ", ".join(untold) or "none")
    assert untold == []


def test_every_type_has_stories_without_an_order() -> None:
    assert {scenario.equipment.type for scenario in ALL if not scenario.expected.orders} == TYPES.keys()
