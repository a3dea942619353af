"""A rule that there is not is answered with the names that were meant, and never with all of them."""

import pytest

from iot_maint.services.rule_names import hint_at_rules

PUMP = ["pump.vib_rms_warning", "pump.vib_rms_critical", "pump.bearing_temp_warning"]
KNOWN = [
    "elevator.door_open",
    "elevator.nope_not_here",
    *PUMP,
    *(f"power_room.rule_{letter * 9}" for letter in "abcdefghijkl"),
]


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("pump.vib_rms_warn", "near it: pump.vib_rms_warning, pump.vib_rms_critical"),
        ("pump.nope", f"there are {', '.join(PUMP)}"),
        ("pmup.vib_rms_warning", "near it: pump.vib_rms_warning"),
        ("crane", "rules are TYPE.KEY, and there are the types elevator, pump, power_room"),
    ],
)
def test_the_hint_is_what_was_probably_meant(wanted: str, hint: str) -> None:
    assert hint_at_rules(wanted, KNOWN).startswith(hint)


def test_of_a_type_with_many_rules_a_few_are_named_and_where_the_others_are() -> None:
    hint = hint_at_rules("power_room.zzz", KNOWN)
    assert hint.count("power_room.") == 8
    assert hint.endswith(", … (all: GET /api/v1/rules)")
