"""Which detector for which type of equipment: what each adds to the rules, on seeds that may be chosen on.

Without forecasts, which are the same whatever the detector.
"""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.fleet import RULES_ALONE, TYPES, Outcome, Task, outcomes_of
from benchmarks.fleet_data import CHOOSING, load_fleet
from benchmarks.fleet_truth import Tally, joined, tally
from benchmarks.results import Result, Row
from firmware_sim.fleet import fingerprint
from firmware_sim.fleet.scenario import FaultKind

SEEDS = CHOOSING[:4]
SETTINGS = (RULES_ALONE, "tracker 4 2 12", "tracker 5 3 12", "pca 4 2 12", "aakr 4 2 12", "forest 4 2 12")


def run(rounds: int) -> Result:
    """A row for each setting and type; `rounds` says nothing here: every run gives the same."""
    del rounds
    return Result(
        benchmark="fleet_choice",
        method=(
            f"Seeds {SEEDS[0]}–{SEEDS[-1]} of the simulated fleet, without forecasts: detector, limit, limit to clear, "
            f"rows of dwell; models from the first 21 days; generator {fingerprint()[:16]}"
        ),
        rows=[row for setting in SETTINGS for row in _rows(setting)],
    )


def _rows(setting: str) -> Iterator[Row]:
    outcomes = outcomes_of([Task(seed=seed, setting=setting, foreseen=False) for seed in SEEDS])
    for name in TYPES:
        whole = joined([_of_type(name, seed, outcome) for seed, outcome in outcomes.items()])
        yield Row(
            subject=f"{setting}: {name}",
            rounds=[
                {
                    "faults": float(len(whole.found)),
                    "recall": whole.recall,
                    "recall of slow": whole.recall_of(FaultKind.SLOW),
                    "false/device-month": whole.false_per_device_month,
                    "lead d": whole.median_lead_h / 24,
                }
            ],
        )


def _of_type(name: str, seed: int, outcome: Outcome) -> Tally:
    """One seed's orders and faults on equipment of that type."""
    run = load_fleet(seed)
    codes = {device.code for device in run.devices if device.member.profile.base.type == name}
    truth = replace(run.truth, faults=tuple(fault for fault in run.truth.faults if fault.equipment in codes))
    orders = [order for order in outcome.orders if order.equipment in codes]
    return tally(orders, truth, devices=len(codes), days=run.days)
