"""Detectors alone on ten devices of two of the fleet's seeds: ours, the trivial ones, and the outside packages'.

Every subject learns a device's first three weeks and says of the rest, row by row, whether it is in alarm.  An episode
begins with `DWELL` rows in alarm on end, and ends with as many out of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.detection_subjects import OUTSIDE, TRIVIAL, Alarms, Subject
from benchmarks.fleet_data import REPORTING, load_fleet
from benchmarks.fleet_models import HEALTHY_DAYS, recipe_of, rows_of
from benchmarks.fleet_service import DAY_MS
from benchmarks.results import Result, Row
from firmware_sim.fleet import DeviceRun, Fault, FleetRun
from firmware_sim.fleet.scenario import FaultKind
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.columns import Integers
from iot_maint.domain.errors import NotEnoughHistory
from iot_maint.models.alarming import Limit, alarms
from iot_maint.models.detector import Recipe, Rows, cut
from iot_maint.models.kinds import KINDS

SEEDS = REPORTING[:2]
DEVICES = 10
LIMIT = Limit(raised=5.0, cleared=3.0)
DWELL = 12
# river's LocalOutlierFactor takes hours for so many rows; a clock knows nothing of a fleet.
PEERS: Mapping[str, Subject] = {
    **{f"PyOD {name}": subject for name, subject in OUTSIDE["PyOD"]},
    **{f"river {name}": subject for name, subject in OUTSIDE["river"] if name != "LocalOutlierFactor"},
    **{name: subject for name, subject in TRIVIAL.items() if name != "a clock"},
}


def run(rounds: int) -> Result:
    """A row for each subject; `rounds` says nothing here: every run gives the same."""
    del rounds
    catalog = load_catalog()
    cases = [case for seed in SEEDS for case in _cases(load_fleet(seed), catalog)]
    rows = [_row(f"iot-maint {kind}", cases, [_ours(kind, case) for case in cases]) for kind in KINDS]
    for name, subject in PEERS.items():
        print(f"  {name}", flush=True)
        rows.append(_row(name, cases, [_outside(subject, case) for case in cases]))
    return Result(
        benchmark="fleet_peers",
        method=(
            f"Detectors alone: the first {DEVICES} devices with a slow fault of seeds {SEEDS[0]} and {SEEDS[-1]}, the "
            f"first {HEALTHY_DAYS} days learnt; ours at limit {LIMIT.raised:g} to {LIMIT.cleared:g}, the others "
            f"with their own defaults, gaps filled with the last value; {DWELL} rows of dwell for all"
        ),
        rows=rows,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One device: what is learnt, what is judged, and its faults."""

    recipe: Recipe
    healthy: Rows
    rest: Rows
    faults: Sequence[Fault]


def _cases(run: FleetRun, catalog: Catalog) -> Iterator[Case]:
    slow = {fault.equipment for fault in run.truth.faults if fault.kind is FaultKind.SLOW}
    found = [(device, recipe_of(device, catalog)) for device in run.devices if device.code in slow]
    for device, recipe in [(device, recipe) for device, recipe in found if recipe is not None][:DEVICES]:
        yield _case(device, run, recipe)


def _case(device: DeviceRun, run: FleetRun, recipe: Recipe) -> Case:
    rows = rows_of(device, recipe, int(device.at_ms[-1]) + 1)
    learnt = int(np.searchsorted(rows.at_ms, run.t0_ms + HEALTHY_DAYS * DAY_MS))
    return Case(
        recipe=recipe,
        healthy=cut(rows, 0, learnt),
        rest=cut(rows, learnt),
        faults=[fault for fault in run.truth.faults if fault.equipment == device.code],
    )


def _ours(kind: str, case: Case) -> Alarms:
    try:
        detector = KINDS[kind].fit(case.healthy, case.recipe)
    except NotEnoughHistory:  # a pump that hardly ran: nothing is said of it
        return np.zeros(len(case.rest), dtype=bool)
    _, memory = detector.score(case.healthy, None)
    scores, _ = detector.score(case.rest, memory)
    return alarms(scores.score, LIMIT)


def _outside(subject: Subject, case: Case) -> Alarms:
    return subject(*_filled(case.healthy, case.rest))


def _filled(healthy: Rows, rest: Rows) -> tuple[Rows, Rows]:
    """Without gaps, which the outside detectors refuse: the last value stays, before the first one the median."""
    values = np.concatenate([healthy.values, rest.values])
    with np.errstate(invalid="ignore"):
        middle = np.array([np.nanmedian(column) if np.isfinite(column).any() else 0.0 for column in healthy.values.T])
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    filled = np.where(last >= 0, np.take_along_axis(values, np.maximum(last, 0), axis=0), middle)
    learnt = len(healthy)
    return (
        Rows(metrics=healthy.metrics, at_ms=healthy.at_ms, values=filled[:learnt]),
        Rows(metrics=rest.metrics, at_ms=rest.at_ms, values=filled[learnt:]),
    )


def episodes(alarm: Alarms, at_ms: Integers) -> list[int]:
    """When each began to count."""
    began: list[int] = []
    standing, run = False, 0
    for now, at in zip(alarm.tolist(), at_ms.tolist(), strict=True):
        run = run + 1 if now != standing else 0
        if run >= DWELL:
            standing, run = not standing, 0
            if standing:
                began.append(at)
    return began


def _row(name: str, cases: Sequence[Case], found: Sequence[Alarms]) -> Row:
    faults = seen = false = in_alarm = healthy_rows = 0
    months = 0.0
    for case, alarm in zip(cases, found, strict=True):
        at_ms = case.rest.at_ms
        began = episodes(alarm, at_ms)
        months += float(at_ms[-1] - at_ms[0]) / DAY_MS / 30.0
        faults += len(case.faults)
        seen += sum(any(fault.onset_ms <= at <= fault.failure_ms for at in began) for fault in case.faults)
        false += sum(not any(fault.onset_ms <= at <= fault.repaired_ms for fault in case.faults) for at in began)
        healthy = ~np.any([(at_ms >= fault.onset_ms) & (at_ms <= fault.repaired_ms) for fault in case.faults], axis=0)
        healthy_rows += int(healthy.sum())
        in_alarm += int((alarm & healthy).sum())
    return Row(
        subject=name,
        rounds=[
            {
                "recall": seen / faults,
                "false/device-month": false / months,
                "healthy time in alarm %": 100.0 * in_alarm / healthy_rows,
            }
        ],
    )
