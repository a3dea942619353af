"""The simulator and the catalog are strangers in code; this holds their names together."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import iot_maint.catalog
from firmware_sim import load_profile
from firmware_sim.profile import PROFILES

ALL = sorted(path.stem for path in PROFILES.glob("*.toml"))
TYPES = ("elevator", "pump", "power_room")


@cache
def _catalog(type_name: str) -> dict[str, Any]:
    path = Path(str(iot_maint.catalog.__file__)).with_name(f"{type_name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ALL)
def test_a_profile_sends_only_what_the_catalog_declares_for_its_kind(name: str) -> None:
    profile = load_profile(name)
    catalog = _catalog(profile.type)
    assert profile.kind is None or profile.kind in catalog["kinds"]
    for metric, spec in profile.metrics.items():
        declared = catalog["metrics"][metric]
        assert profile.kind in declared.get("kinds", [profile.kind]), metric
        if "interval" in declared:
            assert spec.every is not None, metric
            assert f"{spec.every.total_seconds():g}s" == _in_seconds(declared["interval"]), metric


def _in_seconds(text: str) -> str:
    return f"{float(text[:-1]) * {'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[text[-1]]:g}s"


@pytest.mark.parametrize("type_name", TYPES)
def test_every_metric_of_the_catalog_is_sent_by_some_profile(type_name: str) -> None:
    profiles = [profile for name in ALL if (profile := load_profile(name)).type == type_name]
    sent = {metric for profile in profiles for metric in profile.metrics}
    assert sent == _catalog(type_name)["metrics"].keys()


@pytest.mark.parametrize("type_name", TYPES)
def test_every_fault_mode_of_the_catalog_can_be_simulated(type_name: str) -> None:
    profiles = [profile for name in ALL if (profile := load_profile(name)).type == type_name]
    modes = {fault.fault_mode for profile in profiles for fault in profile.faults.values()}
    assert modes - {None} == _catalog(type_name)["fault_modes"].keys()


@pytest.mark.parametrize("name", ALL)
def test_a_profile_registers_the_parameters_its_rules_need(name: str) -> None:
    profile = load_profile(name)
    for key, rule in _catalog(profile.type)["rules"].items():
        if rule["metric"] not in profile.metrics or profile.kind not in rule.get("kinds", [profile.kind]):
            continue
        limit = rule.get("above", rule.get("below"))
        # Only transformers with forced oil have this one.
        if isinstance(limit, dict) and limit["parameter"] != "nameplate.forced_oil_limit":
            assert limit["parameter"] in profile.parameters, key
