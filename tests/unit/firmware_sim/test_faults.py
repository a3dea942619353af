"""Every fault of every profile drives its metric past the domain's limit; the benign ones do not pretend to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from firmware_sim import build_site, load_profile, simulate
from firmware_sim.profile import PROFILES

# 06:00 at the site, in the heat of July.
T0 = datetime(2026, 7, 13, 22, tzinfo=UTC)

Past = Callable[[float], bool]


def above(limit: float) -> Past:
    return lambda value: value > limit


def below(limit: float) -> Past:
    return lambda value: value < limit


# profile, fault, parameters that hurry it along, metric, past its limit, within so many hours
CASES: list[tuple[str, str, dict[str, float | str], str, Past, float]] = [
    ("booster_pump", "bearing", {"v_start": 4.3, "doubling": "2h"}, "vib_rms", above(8.5), 4),
    ("booster_pump", "motor_bearing", {"v_start": 2.0, "doubling": "2h"}, "motor_vib_rms", above(2.8), 4),
    ("booster_pump", "cavitation", {}, "suction_pressure", below(0.16), 1),
    ("booster_pump", "dry_run", {}, "motor_current_ratio", below(0.35), 1),
    ("booster_pump", "check_valve", {}, "standby_reverse_flow", above(0.5), 1),
    ("booster_pump", "water_hammer", {}, "pressure_spike", above(1.5), 4),
    ("booster_pump", "precharge_lost", {"growth": "2/h"}, "starts_per_hour", above(12), 9),
    ("booster_pump", "pressure_low", {}, "discharge_pressure", below(0.28), 1),
    ("booster_pump", "pressure_high", {}, "discharge_pressure", above(0.43), 1),
    ("booster_pump", "overload", {}, "motor_current_ratio", above(1.15), 1),
    ("booster_pump", "lost_phase", {}, "current_unbalance", above(15), 1),
    ("booster_pump", "inlet_closed", {}, "tank_level", below(0.5), 4),
    ("booster_pump", "inlet_stuck_open", {}, "tank_level", above(2.9), 4),
    ("booster_pump", "stagnation", {}, "residual_chlorine", below(0.05), 6),
    ("booster_pump", "turbid_water", {}, "turbidity", above(1.0), 4),
    ("fire_pump", "leak", {"doubling": "1h"}, "jockey_starts", above(15), 6),
    ("fire_pump", "burst", {}, "fire_line_pressure", below(0.9), 1),
    ("fire_pump", "left_in_manual", {}, "fire_auto_mode", below(0.5), 1),
    ("fire_pump", "supply_lost", {}, "fire_power_ok", below(0.5), 1),
    ("fire_pump", "slow_start", {}, "fire_start_time", above(120), 168),
    ("fire_pump", "tank_leak", {}, "tank_level", below(1.0), 9),
    ("fire_pump", "bearing", {"v_start": 6.0}, "vib_rms", above(5.1), 168),
    ("sump_pump", "clog", {"growth": "-0.5/d"}, "sump_run_per_cycle", above(199 * 2), 30),
    ("sump_pump", "float_stuck", {}, "sump_level", above(1.8), 4),
    ("sump_pump", "seal", {}, "insulation_resistance", below(0.5), 168),
    ("sump_pump", "jam", {}, "motor_current_ratio", above(1.15), 4),
    ("elevator", "door", {"magnitude": 1.2}, "door_close_time", above(3.2), 4),
    ("elevator", "curtain", {}, "door_reopen_rate", above(20), 4),
    ("elevator", "levelling", {"magnitude": 24.0}, "levelling_error", above(20), 4),
    ("elevator", "guide_shoes", {"magnitude": 2.4}, "car_vib_z_a95", above(0.30), 4),
    ("elevator", "brake", {"growth": "0.5/d"}, "brake_release_time", above(180 * 1.5), 30),
    ("elevator", "overspeed", {}, "speed_ratio", above(115), 4),
    ("elevator", "rope_slip", {"growth": "20/h"}, "rope_slip", above(50), 6),
    ("elevator", "bearing", {"v_start": 2.0, "doubling": "2h"}, "machine_vib_rms", above(4.5), 5),
    ("elevator", "motor_fan", {}, "motor_temp", above(120), 6),
    ("elevator", "ventilation", {}, "machine_room_temp", above(40), 10),
    ("elevator", "entrapment", {}, "entrapment", above(0.5), 1),
    ("elevator", "pit_water", {}, "pit_water", above(0.5), 1),
    ("transformer_dry", "fan", {"magnitude": 2.5}, "winding_temp", above(150), 14),
    ("transformer_dry", "overload", {}, "load_ratio", above(1.0), 2),
    ("transformer_dry_h", "fan", {"magnitude": 2.5}, "winding_temp", above(170), 14),
    ("transformer_dry_h", "overload", {}, "load_ratio", above(1.0), 4),
    ("transformer_oil", "fan", {"magnitude": 2.5}, "top_oil_temp", above(95), 14),
    ("transformer_oil", "overload", {}, "load_ratio", above(1.0), 4),
    ("lv_panel", "joint", {"magnitude": 5.5}, "busbar_temp", above(110), 14),
    ("lv_panel", "joint", {"magnitude": 5.5}, "busbar_delta_pct", above(80), 14),
    ("lv_panel", "insulation", {}, "residual_current", above(500), 24),
    ("lv_panel", "undervoltage", {}, "voltage_dev", below(-10), 2),
    ("lv_panel", "supply_lost", {}, "voltage_dev", below(-50), 2),
    ("lv_panel", "overvoltage", {}, "voltage_dev", above(10), 2),
    ("lv_panel", "unbalance", {}, "voltage_unbalance", above(4), 2),
    ("lv_panel", "harmonics", {}, "thd_u", above(5), 2),
    ("lv_panel", "capacitor_lost", {}, "power_factor", below(0.85), 2),
    ("mv_panel", "partial_discharge", {}, "tev_level", above(40), 20),
    ("mv_panel", "sf6_leak", {}, "sf6_pressure", below(0.50), 14),
    ("ups", "weak_block", {"magnitude": 50.0}, "battery_resistance", above(150), 25),
    ("ups", "thermal_runaway", {}, "battery_temp_rise", above(10), 14),
    ("ups", "charger_high", {}, "float_voltage", above(2.30), 1),
    ("ups", "charger_low", {}, "float_voltage", below(2.20), 1),
    ("genset", "charger_lost", {}, "genset_start_v", below(24), 14),
    ("room", "air_conditioning_off", {}, "room_temp", above(40), 14),
    ("room", "damp", {}, "room_humidity", above(85), 14),
    ("room", "leak", {}, "water_leak", above(0.5), 1),
    ("room", "smoke", {}, "smoke", above(0.5), 1),
]

# Every fault mode of the domain that sensors can see.
FAULT_MODES = {
    "PWR-SUPPLY",
    "ELV-TRAP",
    "ELV-OSPD",
    "ELV-BRAKE",
    "ELV-SLIP",
    "ELV-LEVEL",
    "ELV-DOOR",
    "ELV-CURTAIN",
    "ELV-GUIDE",
    "ELV-BEAR",
    "ELV-MOTOR",
    "ELV-HVAC",
    "PMP-BEAR",
    "PMP-CAV",
    "PMP-DRY",
    "PMP-CHECK",
    "PMP-HAMMER",
    "PMP-START",
    "PMP-PRESS",
    "PMP-OVLD",
    "PMP-PHASE",
    "PMP-LEVEL",
    "WTR-QUAL",
    "FIRE-MODE",
    "FIRE-PRESS",
    "FIRE-LEAK",
    "FIRE-START",
    "SMP-FLOOD",
    "SMP-CLOG",
    "SMP-SEAL",
    "TRF-HOT",
    "TRF-OVLD",
    "LV-JOINT",
    "LV-LEAK",
    "PQ-VOLT",
    "PQ-UNB",
    "PQ-THD",
    "PQ-PF",
    "MV-PD",
    "MV-SF6",
    "UPS-BATT",
    "ENV-WATER",
    "ENV-FIRE",
    "ENV-TEMP",
    "ENV-HUM",
    "GEN-START",
}
PROFILE_NAMES = sorted(path.stem for path in PROFILES.glob("*.toml"))


@pytest.mark.parametrize(("profile", "fault", "params", "metric", "past", "hours"), CASES)
def test_a_fault_drives_its_metric_past_the_limit(
    profile: str, fault: str, params: dict[str, float | str], metric: str, past: Past, hours: float
) -> None:
    tick = "1m" if hours <= 30 else "10m"
    before = _values(profile, tick, metric, hours, [])
    after = _values(profile, tick, metric, hours, [{"equipment": "X-1", "fault": fault, **params}])
    assert not any(past(value) for value in before)
    assert any(past(value) for value in after)


def _values(profile: str, tick: str, metric: str, hours: float, faults: list[dict[str, object]]) -> list[float]:
    device = {"code": "X-1", "profile": profile, "tick": tick}
    site = build_site("yard", devices=[device], faults=faults)
    readings = (json.loads(m.payload)["values"] for m in simulate(site, T0, T0 + timedelta(hours=hours)))
    return [float(reading[metric]) for reading in readings if metric in reading]


def test_every_fault_with_a_mode_is_among_the_cases() -> None:
    declared = {
        (name, fault)
        for name in PROFILE_NAMES
        for fault, spec in load_profile(name).faults.items()
        if spec.fault_mode is not None
    }
    assert declared == {(profile, fault) for profile, fault, *_ in CASES}


def test_every_fault_mode_of_the_domain_has_a_fault() -> None:
    modes = {spec.fault_mode for name in PROFILE_NAMES for spec in load_profile(name).faults.values()}
    assert modes - {None} == FAULT_MODES


def test_the_bearing_follows_its_doubling_time_and_its_temperature_lags() -> None:
    fault = {"equipment": "X-1", "fault": "bearing", "v_start": 4.0, "doubling": "2h"}
    vib = _values("booster_pump", "1m", "vib_rms", 4.2, [fault])
    temp = _values("booster_pump", "1m", "bearing_temp", 4.2, [fault])
    assert vib[120] == pytest.approx(8.0, rel=0.05)
    assert vib[240] == pytest.approx(16.0, rel=0.05)
    heat = [hot - cold for hot, cold in zip(temp, _values("booster_pump", "1m", "bearing_temp", 4.2, []), strict=False)]
    assert heat[20] < 4.0
    assert heat[240] > 25.0


def test_a_fault_ends_with_its_duration() -> None:
    fault: dict[str, object] = {"equipment": "X-1", "fault": "lost_phase", "start": "20m", "duration": "10m"}
    unbalance = _values("booster_pump", "1m", "current_unbalance", 1, [fault])
    assert [value > 15 for value in unbalance].count(True) == pytest.approx(10, abs=1)


def test_a_fault_may_start_at_an_instant() -> None:
    fault: dict[str, object] = {"equipment": "X-1", "fault": "smoke", "start": "2026-07-14T06:30:00+08:00"}
    smoke = _values("room", "1m", "smoke", 1, [fault])
    assert smoke[0] == 0.0
    assert smoke[-1] == 1.0


@pytest.mark.parametrize(
    ("profile", "event", "metric", "past", "at_most_minutes"),
    [
        ("booster_pump", "demand_surge", "discharge_pressure", below(0.33), 1.0),
        ("elevator", "movers", "door_reopen_rate", above(8), 60.0),
        ("transformer_dry", "load_peak", "load_ratio", above(0.8), 15.0),
        ("lv_panel", "voltage_sag", "voltage_dev", below(-7), 5.0),
    ],
)
def test_a_benign_event_passes_a_limit_for_less_than_its_dwell(
    profile: str, event: str, metric: str, past: Past, at_most_minutes: float
) -> None:
    tick = "5s" if profile == "booster_pump" else "1m"
    fault: dict[str, object] = {"equipment": "X-1", "fault": event, "start": "12h"}
    device = {"code": "X-1", "profile": profile, "tick": tick}
    site = build_site("yard", devices=[device], faults=[fault], link={"loss": 0.0, "duplicates": 0.0, "skew_s": 0.0})
    readings = [json.loads(m.payload) for m in simulate(site, T0, T0 + timedelta(hours=14))]
    crossing = [r["ts"] for r in readings if metric in r["values"] and past(r["values"][metric])]
    assert crossing
    assert (crossing[-1] - crossing[0]) / 60_000 < at_most_minutes
