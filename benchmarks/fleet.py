"""The product on a simulated fleet: what it finds, what it cries wolf about, how early, and how sure its dates are.

Each seed is played by itself, with models of its own from its first three weeks, and its outcome is kept in the user's
cache under the generator's fingerprint and the product's sources: a run that was cut short goes on where it was.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

import benchmarks
import iot_maint
from benchmarks.fleet_data import REPORTING, cache_folder, load_fleet
from benchmarks.fleet_models import Setting, fit_models, shipped_settings
from benchmarks.fleet_service import BATCH_MS, Played, play
from benchmarks.fleet_truth import Forecast, Order, Tally, joined, tally
from benchmarks.results import Figure, Result, Row
from firmware_sim.fleet import FleetRun, fingerprint
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.work_orders import TimelineEntry
from iot_maint.models.kinds import KINDS

SHIPPED = "shipped"  # the detector and the limits of each type as the catalog has them
RULES_ALONE = "rules"
TYPES = ("elevator", "pump", "power_room")


class Culprits(msgspec.Struct, frozen=True):
    """Of orders on a true fault, how many name one of the fault's culprits among their first two, by source."""

    named: int
    of: int


class Outcome(msgspec.Struct, frozen=True):
    """One seed's play."""

    orders: list[Order]
    forecasts: list[Forecast]
    culprits: Culprits
    readings: int
    decide_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A seed, with which models it is played, and whether with forecasts.

    `setting`: the catalog's own (`SHIPPED`), none (`RULES_ALONE`), or kind, limit, limit to clear and rows of dwell.
    """

    seed: int
    setting: str
    foreseen: bool = True


def run(rounds: int) -> Result:
    """The report, on the held-back seeds; `rounds` says nothing here: every run gives the same."""
    del rounds
    return report(REPORTING)


def report(seeds: Sequence[int]) -> Result:
    """Rules alone, and rules with detectors, both with forecasts, over these seeds."""
    rows = []
    shipped = "; ".join(f"{name} {one.words}" for name, one in sorted(shipped_settings(load_catalog()).items()))
    for subject, setting in (("rules and forecasts", RULES_ALONE), ("rules, forecasts and detectors", SHIPPED)):
        outcomes = outcomes_of([Task(seed=seed, setting=setting) for seed in seeds])
        whole = joined([_tally(seed, outcome) for seed, outcome in outcomes.items()])
        named = sum(one.culprits.named for one in outcomes.values())
        of = sum(one.culprits.of for one in outcomes.values())
        measured = {
            "recall": whole.recall,
            "false/device-month": whole.false_per_device_month,
            "lead d": whole.median_lead_h / 24,
            "coverage": whole.coverage,
            **({"culprit top 2": named / of} if of else {}),
            "decide µs/reading": 1e6
            * sum(one.decide_s for one in outcomes.values())
            / sum(one.readings for one in outcomes.values()),
        }
        rows.append(Row(subject=subject, rounds=[measured]))
    figures = [
        Figure(name="fleet: event recall", value=measured["recall"], unit="", bar=0.90, aim=0.97),
        Figure(
            name="fleet: false orders per device-month",
            value=measured["false/device-month"],
            unit="",
            bar=1.0,
            aim=0.1,
            more_is_better=False,
        ),
        Figure(name="fleet: median lead before failure", value=measured["lead d"] * 24, unit="h", bar=72, aim=168),
        Figure(name="fleet: p10–p90 that hold the date", value=measured["coverage"], unit="", bar=0.75, aim=0.78),
        Figure(name="fleet: culprit in the top 2", value=measured["culprit top 2"], unit="", bar=0.85, aim=0.95),
        Figure(
            name="fleet: deciding a reading",
            value=measured["decide µs/reading"],
            unit="µs",
            bar=8,
            aim=2,
            more_is_better=False,
        ),
    ]
    return Result(
        benchmark="fleet",
        method=(
            f"Seeds {seeds[0]}–{seeds[-1]} of the simulated fleet: 60 devices, 90 days at 5 min, models from the first "
            f"21 days; detectors {shipped}; generator {fingerprint()[:16]}"
        ),
        rows=rows,
        figures=figures,
    )


def outcomes_of(tasks: Sequence[Task]) -> Mapping[int, Outcome]:
    """By seed; what is not in the cache is played, as many at once as there are cores."""
    with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, len(tasks)), maxtasksperchild=1) as pool:
        return dict(zip((task.seed for task in tasks), pool.map(outcome_of, tasks, chunksize=1), strict=True))


def outcome_of(task: Task) -> Outcome:
    """From the cache, or played and kept there."""
    name = f"{task.setting.replace(' ', '-')}{'' if task.foreseen else '-unforeseen'}-{task.seed}.json"
    path = cache_folder() / f"played-{_version()}" / name
    if path.is_file():
        return msgspec.json.decode(path.read_bytes(), type=Outcome)
    run, catalog = load_fleet(task.seed), load_catalog()
    models = fit_models(run, catalog, settings_of(task.setting, catalog))
    outcome = outcome_from(run, play(run, catalog, models, foreseen=task.foreseen))
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}")
    half.write_bytes(msgspec.json.encode(outcome))
    half.replace(path)
    print(f"  {task.setting}, seed {task.seed}: {_tell(_tally(task.seed, outcome))}", flush=True)
    return outcome


def settings_of(words: str, catalog: Catalog) -> Mapping[str, Setting]:
    """By equipment type, as a task's words say."""
    if words == RULES_ALONE:
        return {}
    if words == SHIPPED:
        return shipped_settings(catalog)
    kind, limit, clear, dwell = words.split()
    setting = Setting(kind=KINDS[kind], limit=float(limit), clear_limit=float(clear), dwell_rows=int(dwell))
    return dict.fromkeys(TYPES, setting)


def outcome_from(run: FleetRun, played: Played) -> Outcome:
    """What counts of a play."""
    orders = [
        Order(
            equipment=order.equipment,
            fault_mode=order.fault_mode,
            opened_ms=_opened_ms(order.timeline[0]),
            origin=order.origin.value,
        )
        for order in played.orders
    ]
    forecasts = [
        Forecast(
            equipment=one.equipment,
            fault_mode=one.fault_mode,
            made_ms=epoch_ms(one.made_at),
            p10_ms=epoch_ms(one.p10),
            p90_ms=epoch_ms(one.p90),
            severity=one.severity.value,
        )
        for one in played.forecasts
    ]
    return Outcome(orders, forecasts, _culprits(run, played), played.readings, played.seconds)


def _opened_ms(entry: TimelineEntry) -> int:
    """When it was opened: live, within a second of what opened it.  The fleet is played an hour at once and the clock
    stands at the hour's end, which is no delay of the product's; what waited for longer did wait."""
    at_ms, recorded_ms = epoch_ms(entry.at), epoch_ms(entry.recorded_at)
    return at_ms if recorded_ms - at_ms <= BATCH_MS else recorded_ms


def _culprits(run: FleetRun, played: Played) -> Culprits:
    """Of the anomalies on a device while a fault of that mode is there: does one of its culprits lead?"""
    named = of = 0
    for order in played.orders:
        for evidence in order.evidence:
            if evidence.anomaly is None:
                continue
            at_ms = evidence.readings[-1][0]
            fault = next(
                (
                    fault
                    for fault in run.truth.faults
                    if fault.equipment == order.equipment and fault.onset_ms <= at_ms <= fault.failure_ms
                ),
                None,
            )
            if fault is not None:
                of += 1
                named += any(one.metric in fault.culprits for one in evidence.anomaly.contributions[:2])
            break
    return Culprits(named, of)


def _tally(seed: int, outcome: Outcome) -> Tally:
    run = load_fleet(seed)
    return tally(outcome.orders, run.truth, devices=len(run.devices), days=run.days, forecasts=outcome.forecasts)


def _tell(one: Tally) -> str:
    return (
        f"recall {one.recall:.3f}, false {one.false_per_device_month:.3f} a device-month, "
        f"lead {one.median_lead_h / 24:.1f} d, coverage {one.coverage:.2f}"
    )


def _version() -> str:
    """Of all that an outcome depends on: the generator, the product, the benchmark's own play."""
    digest = hashlib.sha256(fingerprint().encode())
    for package in (iot_maint, benchmarks):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".toml") and (package is iot_maint or path.name.startswith("fleet_")):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
