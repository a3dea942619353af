"""A rule that names equipment which it can never run on is told, with what is wrong."""

from dataclasses import replace

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Catalog
from iot_maint.services.named_equipment import misnamed_equipment
from tests.builders import an_equipment

DECLARED = load_catalog()
KEY = "vib_rms_warning"


def a_catalog(*codes: str, kinds: frozenset[str] = frozenset()) -> Catalog:
    """In which one rule of pumps is for these codes alone."""
    pump = DECLARED.types["pump"]
    rule = replace(pump.rules[KEY], equipment=frozenset(codes), kinds=kinds)
    return replace(DECLARED, types={"pump": replace(pump, rules={KEY: rule})})


REGISTER = {
    one.code: one
    for one in (
        an_equipment("BP-17", kind="booster"),
        replace(an_equipment("E-01"), type="elevator"),
        replace(an_equipment("BP-16"), merged_into="BP-17"),
    )
}


def test_equipment_of_the_type_is_named_well() -> None:
    assert list(misnamed_equipment(a_catalog("BP-17"), REGISTER)) == []
    assert list(misnamed_equipment(DECLARED, REGISTER)) == []


def test_what_is_wrong_with_a_code_is_said() -> None:
    assert list(misnamed_equipment(a_catalog("BP-71", "E-01", "BP-16"), REGISTER)) == [
        "pump.vib_rms_warning names BP-16, which is BP-17 now",
        "pump.vib_rms_warning names BP-71, which is not in the register; did you mean BP-17?",
        "pump.vib_rms_warning names E-01, which is of the type elevator",
    ]


def test_a_code_of_another_kind_than_the_rules_is_said() -> None:
    assert list(misnamed_equipment(a_catalog("BP-17", kinds=frozenset({"fire"})), REGISTER)) == [
        "pump.vib_rms_warning names BP-17, which is of the kind booster, for which it is not"
    ]
