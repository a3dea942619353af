"""A few devices of the simulated fleet through the whole product: what the fleet's figures are made of."""

from dataclasses import replace

import pytest

from benchmarks.fleet import outcome_from
from benchmarks.fleet_models import fit_models, shipped_settings
from benchmarks.fleet_service import play
from benchmarks.fleet_truth import Tally, tally
from firmware_sim.fleet import FleetRun, Truth, generate
from iot_maint.catalog import load_catalog

SEED = 0
HEALTHY = ("BH-BP-4", "JM-EL-4")
SLOW = ("BH-BP-1", "BH-EL-3", "YT-MV-1")
STEP = ("BH-BP-2",)


def a_part_of_the_fleet(*codes: str) -> FleetRun:
    run = generate(SEED)
    devices = tuple(
        replace(device, member=replace(device.member, parent="")) for device in run.devices if device.code in codes
    )
    faults = tuple(fault for fault in run.truth.faults if fault.equipment in codes)
    return replace(run, devices=devices, truth=Truth(faults=faults, benign=(), data_faults=()))


@pytest.fixture(scope="module")
def played() -> Tally:
    run, catalog = a_part_of_the_fleet(*HEALTHY, *SLOW, *STEP), load_catalog()
    outcome = outcome_from(run, play(run, catalog, fit_models(run, catalog, shipped_settings(catalog))))
    return tally(outcome.orders, run.truth, devices=len(run.devices), days=run.days, forecasts=outcome.forecasts)


@pytest.mark.slow
def test_every_fault_is_found_before_it_fails(played: Tally) -> None:
    assert {one.fault.equipment for one in played.found} == {*SLOW, *STEP}
    assert played.recall == 1.0


@pytest.mark.slow
def test_slow_faults_are_found_days_before(played: Tally) -> None:
    assert played.median_lead_h > 72


@pytest.mark.slow
def test_hardly_anything_else_is_cried(played: Tally) -> None:
    assert played.false_per_device_month < 0.5
