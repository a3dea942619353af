"""Every fault mode, spare and maintenance plan of the trade is in the catalog."""

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Severity

TYPES = load_catalog().types

# fault mode: urgency at warning, at critical; trade; spares
FAULT_MODES: dict[str, dict[str, tuple[int, int, str, tuple[str, ...]]]] = {
    "elevator": {
        "ELV-TRAP": (1, 1, "licensed_lift", ()),
        "ELV-OSPD": (1, 1, "licensed_lift", ("encoder",)),
        "ELV-BRAKE": (1, 1, "licensed_lift", ("brake_lining", "brake_coil")),
        "ELV-SLIP": (2, 2, "licensed_lift", ("ropes", "sheave")),
        "ELV-LEVEL": (2, 2, "licensed_lift", ("levelling_sensor",)),
        "ELV-DOOR": (3, 3, "licensed_lift", ("door_belt", "door_rollers")),
        "ELV-CURTAIN": (3, 3, "licensed_lift", ("light_curtain",)),
        "ELV-GUIDE": (3, 3, "licensed_lift", ("guide_shoes",)),
        "ELV-BEAR": (2, 2, "licensed_lift", ("bearing",)),
        "ELV-MOTOR": (2, 2, "licensed_lift", ("motor_fan",)),
        "ELV-HVAC": (3, 3, "hvac", ("ventilation_fan",)),
    },
    "pump": {
        "PMP-BEAR": (3, 2, "mechanic", ("bearing",)),
        "PMP-CAV": (2, 2, "plumber", ("strainer",)),
        "PMP-DRY": (1, 1, "plumber", ("float", "seal")),
        "PMP-CHECK": (3, 3, "plumber", ("check_valve",)),
        "PMP-HAMMER": (3, 3, "plumber", ("arrestor",)),
        "PMP-START": (3, 3, "plumber", ("bladder",)),
        "PMP-PRESS": (2, 2, "electrician_or_plumber", ("transmitter",)),
        "PMP-OVLD": (2, 2, "electrician", ("contactor",)),
        "PMP-PHASE": (2, 2, "electrician", ("contactor",)),
        "PMP-LEVEL": (3, 2, "plumber", ("float",)),
        "WTR-QUAL": (1, 1, "water_quality", ("dosing",)),
        "FIRE-MODE": (1, 1, "fire", ()),
        "FIRE-PRESS": (2, 2, "fire", ("seals",)),
        "FIRE-LEAK": (2, 2, "fire", ("seals",)),
        "FIRE-START": (2, 1, "fire", ()),
        "SMP-FLOOD": (1, 1, "plumber", ("float",)),
        "SMP-CLOG": (3, 3, "plumber", ("impeller",)),
        "SMP-SEAL": (3, 3, "plumber", ("seal",)),
    },
    "power_room": {
        "TRF-HOT": (2, 1, "hv_electrician", ("fan",)),
        "TRF-OVLD": (2, 1, "hv_electrician", ("fan",)),
        "LV-JOINT": (2, 1, "lv_electrician", ("bolts", "contacts")),
        "LV-LEAK": (2, 2, "electrician", ("rcd",)),
        "PQ-VOLT": (3, 3, "electrician", ("capacitor", "reactor")),
        "PWR-SUPPLY": (2, 2, "lv_electrician", ()),
        "PQ-UNB": (3, 3, "electrician", ("capacitor", "reactor")),
        "PQ-THD": (3, 3, "electrician", ("capacitor", "reactor")),
        "PQ-PF": (3, 3, "electrician", ("capacitor", "reactor")),
        "MV-PD": (2, 2, "hv_specialist", ()),
        "MV-SF6": (2, 2, "hv_specialist", ()),
        "UPS-BATT": (3, 3, "ups", ("battery",)),
        "ENV-WATER": (1, 1, "duty", ()),
        "ENV-FIRE": (1, 1, "duty", ()),
        "ENV-TEMP": (3, 3, "hvac", ()),
        "ENV-HUM": (3, 3, "hvac", ()),
        "GEN-START": (2, 2, "genset", ("start_battery",)),
    },
}

# What every type has beside its own, and no limit reaches: that nothing comes is judged elsewhere.
COMMON = {
    "SENSOR-SILENT": (4, 4, "instrument", ("sensor",)),
    "GATEWAY-SILENT": (3, 3, "instrument", ("gateway",)),
}

# plan: days, hours of run time, before, kinds, standard
Plan = tuple[int | None, float | None, str | None, set[str], str]
PLANS: dict[str, dict[str, Plan]] = {
    "elevator": {
        "half_month": (15, None, None, set(), "TSG T5002-2017"),
        "quarter": (90, None, None, set(), "TSG T5002-2017"),
        "half_year": (180, None, None, set(), "TSG T5002-2017"),
        "year": (365, None, None, set(), "TSG T5002-2017"),
        "governor": (730, None, None, set(), "TSG T5002-2017"),
        "governor_aged": (365, None, None, set(), "TSG T5002-2017"),
    },
    "pump": {
        "booster_week": (7, None, None, {"booster"}, ""),
        "booster_month": (30, None, None, {"booster"}, ""),
        "booster_half_year": (180, None, None, {"booster"}, "GB 17051"),
        "booster_grease": (None, 2000, None, {"booster"}, ""),
        "booster_year": (365, 8000, None, {"booster"}, ""),
        "fire_day": (1, None, None, {"fire"}, "GB 50974"),
        "fire_week": (7, None, None, {"fire"}, "GB 50974"),
        "fire_month": (30, None, None, {"fire"}, "GB 50974"),
        "fire_quarter": (90, None, None, {"fire"}, "GB 50974"),
        "sump_month": (30, None, "flood season", {"sump"}, ""),
        "sump_half_year": (180, None, None, {"sump"}, ""),
    },
    "power_room": {
        "room_week": (7, None, None, set(), ""),
        "infrared_month": (30, None, "peak load", set(), ""),
        "electrical_tests": (365, None, None, set(), ""),
        "outage_year": (365, None, None, set(), ""),
        "ups_quarter": (90, None, None, {"ups"}, "IEEE 1188"),
        "ups_year": (365, None, None, {"ups"}, "IEEE 1188"),
        "genset_month": (30, None, None, {"genset"}, ""),
        "genset_service": (365, 250, None, {"genset"}, ""),
    },
}


@pytest.mark.parametrize("type_name", FAULT_MODES)
def test_a_fault_mode_of_the_trade_has_its_urgency_trade_and_spares(type_name: str) -> None:
    declared = {
        code: (mode.urgency[Severity.WARNING], mode.urgency[Severity.CRITICAL], mode.trade, mode.spares)
        for code, mode in TYPES[type_name].fault_modes.items()
    }

    assert declared == FAULT_MODES[type_name] | COMMON


@pytest.mark.parametrize("type_name", FAULT_MODES)
def test_every_fault_mode_is_reached_by_a_limit_and_every_spare_by_a_fault_mode(type_name: str) -> None:
    type_ = TYPES[type_name]
    reached = {rule.fault_mode for rule in type_.rules.values()}

    assert reached | COMMON.keys() == set(type_.fault_modes)
    assert {spare for mode in type_.fault_modes.values() for spare in mode.spares} == set(type_.spares)


@pytest.mark.parametrize("type_name", PLANS)
def test_a_maintenance_plan_of_the_trade_comes_due_as_practice_asks(type_name: str) -> None:
    declared = {
        key: (
            plan.every_days,
            plan.every_hours,
            plan.before.en if plan.before else None,
            set(plan.kinds),
            plan.basis.reference,
        )
        for key, plan in TYPES[type_name].plans.items()
    }

    assert declared == PLANS[type_name]
