"""What can be set, and what is said of what cannot."""

from dataclasses import replace
from datetime import timedelta

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import LimitOverride, Monitored
from iot_maint.domain.errors import InvalidInput, UnknownThing
from iot_maint.domain.signals import Comparing, Composite
from iot_maint.services.backtest.choosing import choose_rules, compared_metrics, is_tried, metrics_for, narrow
from iot_maint.services.backtest.trials import apply_wishes, read_changes
from iot_maint.services.register.limits import LimitWish
from tests.builders import an_equipment

RULE, KEY = "pump.bearing_temp_warning", "bearing_temp_warning"
CATALOG = load_catalog()


def test_several_changes_of_one_rule_are_one_wish() -> None:
    wishes = read_changes([f"{RULE}.limit=70", f"{RULE}.clear=65.5", f"{RULE}.for=15m"])

    assert wishes == {
        RULE: LimitWish(limit=Limit(value=70), clear_limit=Limit(value=65.5), for_duration=timedelta(minutes=15))
    }


@pytest.mark.parametrize(
    "text",
    [
        "pump.x=3",
        f"{RULE}.limit=hot",
        f"{RULE}.for=soon",
        f"{RULE}.for={10**30}d",
        f"{RULE}.for={'9' * 5000}s",
        "limit=3",
        f"{RULE}.limt=3",
    ],
)
def test_what_is_no_change_is_refused_and_named(text: str) -> None:
    with pytest.raises(InvalidInput, match="--set"):
        read_changes([text])


def test_a_new_limit_takes_its_clear_limit_along_and_leaves_the_equipments_own_dwell() -> None:
    own = LimitOverride(
        equipment="P-1",
        rule_key=KEY,
        limit=Limit(value=90.0),
        clear_limit=Limit(value=88.0),
        for_duration=timedelta(minutes=3),
    )
    monitored = Monitored(equipment=an_equipment("P-1"), overrides={KEY: own})

    changed = apply_wishes(CATALOG, monitored, {RULE: LimitWish(limit=Limit(value=70.0))}).overrides[KEY]

    assert changed.limit == Limit(value=70.0)
    assert changed.clear_limit == Limit(value=69.0)  # as far below as the catalog's
    assert changed.for_duration == timedelta(minutes=3)


def test_rules_are_chosen_by_id_glob_or_all_and_near_names_are_told() -> None:
    assert choose_rules(CATALOG, [RULE]) == (RULE,)
    assert {rule.split("_")[-1] for rule in choose_rules(CATALOG, ["pump.bearing_temp_*"])} == {"warning", "critical"}
    assert len(choose_rules(CATALOG, ["all"])) == sum(len(one.rules) for one in CATALOG.types.values())
    with pytest.raises(UnknownThing, match=f"near it: {RULE}"):
        choose_rules(CATALOG, ["pump.bearing_temp_warn"])


def test_only_what_the_chosen_rules_look_at_is_read() -> None:
    pump = narrow(CATALOG, ["pump.vib_rms_warning"]).types["pump"]

    assert metrics_for(pump, pump.metrics) == ("running", "vib_rms")
    assert metrics_for(narrow(CATALOG, []).types["pump"], pump.metrics) == ()


def test_what_a_composite_is_made_of_runs_beside_it_in_shadow() -> None:
    pump = CATALOG.types["pump"]
    whole = replace(pump.rules[KEY], id="pump.whole", key="whole", signal=Composite(when="vib_rms_warning and bearing"))
    catalog = replace(CATALOG, types={"pump": replace(pump, rules={**pump.rules, "whole": whole})})

    rules = narrow(catalog, ["pump.whole"]).types["pump"].rules

    assert {key: rule.shadow for key, rule in rules.items()} == {"vib_rms_warning": True, "whole": False}


def test_a_rule_for_named_equipment_is_tried_and_changed_there_alone() -> None:
    pump = CATALOG.types["pump"]
    rule = replace(pump.rules[KEY], equipment=frozenset({"P-1"}))
    catalog = replace(CATALOG, types={"pump": replace(pump, rules={KEY: rule})})
    named, other = (Monitored(equipment=an_equipment(code), overrides={}) for code in ("P-1", "P-2"))

    wishes = {RULE: LimitWish(limit=Limit(value=70.0))}

    assert is_tried(named, (), catalog)
    assert not is_tried(other, (), catalog)
    assert apply_wishes(catalog, named, wishes).overrides.keys() == {KEY}
    assert not apply_wishes(catalog, other, wishes).overrides


def test_what_a_rule_compares_with_is_read_of_the_others_too() -> None:
    pump = CATALOG.types["pump"]
    twin = replace(pump.rules[KEY], signal=Comparing(with_parent=False))
    catalog = replace(CATALOG, types={"pump": replace(pump, rules={KEY: twin})})

    assert compared_metrics(catalog) == {"bearing_temp"}
    assert compared_metrics(CATALOG) == frozenset()
