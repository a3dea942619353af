"""Days to limit over the simulated fleet: how often the intervals hold, how early they come, how many are false.

`python -m benchmarks.forecasts --seeds 0-9`: one look a day, as the jobs part has it, without telling the true faults
before they are over.  Choose on seeds 0–9, report on 100–109.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from firmware_sim.fleet.run import DeviceRun, FleetRun, generate
from firmware_sim.fleet.truth import Fault
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import RUNNING, Catalog
from iot_maint.domain.columns import Floats
from iot_maint.domain.equipment import Equipment, Monitored
from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.instants import epoch_ms, instant
from iot_maint.models.degradation_history import DAY_MS, HOUR_MS
from iot_maint.services.foreseeing import foresee, watched_limits

HOURS = 24
FIRST_DAY = 8
HISTORY_DAYS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One device's forecasts, day by day, with its true faults."""

    code: str
    type: str
    faults: Sequence[Fault]
    forecasts: Sequence[Forecast]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFigures:
    """One slow fault: the share of its days on which the interval held, and the first forecast's lead, in days."""

    scenario: str
    days: int
    inside: float
    early: float
    late: float
    lead_to_limit: float


def hourly(device: DeviceRun) -> Mapping[str, Floats]:
    """By metric (days, 24) medians while it ran, where it says that it runs."""
    hours = device.values.reshape(-1, HOUR_MS // 300_000, len(device.metrics))
    columns = {name: hours[:, :, index] for index, name in enumerate(device.metrics)}
    return {name: _medians(column).reshape(-1, HOURS) for name, column in columns.items()}


def running_hourly(device: DeviceRun) -> Mapping[str, Floats]:
    """The same, of readings that came with a running state above 0 alone."""
    if RUNNING not in device.metrics:
        return hourly(device)
    runs = device.values[:, device.metrics.index(RUNNING)] > 0
    hours = np.where(runs[:, None], device.values, np.nan).reshape(-1, HOUR_MS // 300_000, len(device.metrics))
    return {name: _medians(hours[:, :, index]).reshape(-1, HOURS) for index, name in enumerate(device.metrics)}


def _medians(rows: Floats) -> Floats:
    out = np.full(len(rows), np.nan)
    known = np.isfinite(rows).any(axis=1)
    out[known] = np.nanmedian(rows[known], axis=1)
    return out


def follow(device: DeviceRun, run: FleetRun, catalog: Catalog) -> Course:
    """One look a day; a fault's repair is known to the register, as the closed order would tell it."""
    member = device.member
    base = member.profile.base
    equipment = Equipment(
        code=device.code,
        name=device.code,
        type=base.type,
        site=member.site,
        kind=base.kind,
        parameters=device.parameters,
    )
    declared = catalog.types[base.type]
    monitored = Monitored(equipment=equipment)
    watched = watched_limits(declared, monitored)
    gated = {rule.metric for rules in watched.values() for rule in rules if rule.gated}
    plain, running = hourly(device), running_hourly(device)
    nothing = np.full((run.days, HOURS), np.nan)
    names = {rule.metric for rules in watched.values() for rule in rules}
    names |= {driver for mode in watched for driver in declared.fault_modes[mode].drivers}
    tables = {name: (running if name in gated else plain).get(name, nothing) for name in names}
    faults = [fault for fault in run.truth.faults if fault.equipment == device.code]
    standing: Mapping[str, Forecast] = {}
    made: list[Forecast] = []
    for day in range(FIRST_DAY, run.days):
        now = instant(run.t0_ms + day * DAY_MS)
        prospects = foresee(
            declared,
            watched,
            {name: table[max(0, day - HISTORY_DAYS) : day] for name, table in tables.items()},
            code=device.code,
            day=now.date(),
            now=now,
            standing=standing,
            restarts=_restarts(faults, now),
        )
        standing = {mode: found for mode, prospect in prospects.items() if (found := prospect.forecast) is not None}
        made += standing.values()
    return Course(code=device.code, type=base.type, faults=faults, forecasts=made, days=run.days)


def _restarts(faults: Sequence[Fault], now: datetime) -> dict[str, datetime]:
    return {fault.fault_mode: instant(fault.repaired_ms) for fault in faults if instant(fault.repaired_ms) <= now}


def figures_of(course: Course) -> Iterator[FaultFigures]:
    """Of each slow fault that was forecast at all, from its first forecast until its limit."""
    for fault in course.faults:
        made = [
            one
            for one in course.forecasts
            if one.fault_mode == fault.fault_mode and fault.onset_ms <= epoch_ms(one.made_at) < fault.limit_ms
        ]
        if fault.kind.value != "slow":
            continue
        limit = instant(fault.limit_ms)
        inside = [one.p10 <= limit <= one.p90 for one in made]
        yield FaultFigures(
            scenario=fault.scenario,
            days=len(made),
            inside=float(np.mean(inside)) if made else float("nan"),
            early=float(np.mean([one.p90 < limit for one in made])) if made else float("nan"),
            late=float(np.mean([one.p10 > limit for one in made])) if made else float("nan"),
            lead_to_limit=(limit - made[0].made_at) / timedelta(days=1) if made else float("nan"),
        )


def false_starts(course: Course) -> list[Forecast]:
    """The first of each run of forecasts that belongs to no fault of its device and mode."""

    def true(one: Forecast) -> bool:
        at = epoch_ms(one.made_at)
        return any(
            fault.fault_mode == one.fault_mode and fault.onset_ms <= at <= fault.repaired_ms for fault in course.faults
        )

    found: list[Forecast] = []
    last: dict[str, Forecast] = {}
    for one in course.forecasts:
        before = last.get(one.fault_mode)
        fresh = before is None or one.made_at - before.made_at > timedelta(days=3)
        if not true(one):
            if fresh:
                found.append(one)
            last[one.fault_mode] = one
    return found


def summary(courses: Sequence[Course]) -> dict[str, object]:
    """The figures of all courses together."""
    figures = [one for course in courses for one in figures_of(course)]
    told = [one for one in figures if one.days]
    months = sum(course.days for course in courses) / 30
    false = [one for course in courses for one in false_starts(course)]
    by: dict[str, list[FaultFigures]] = {}
    for one in figures:
        by.setdefault(one.scenario, []).append(one)
    return {
        "slow_faults": len(figures),
        "forecast": len(told),
        "inside": round(float(np.mean([one.inside for one in told])), 3),
        "too_early": round(float(np.mean([one.early for one in told])), 3),
        "too_late": round(float(np.mean([one.late for one in told])), 3),
        "median_lead_to_limit_days": round(float(np.median([one.lead_to_limit for one in told])), 1),
        "false_per_device_month": round(len(false) / months, 4),
        "false": sorted({f"{one.equipment} {one.fault_mode} {one.metric}" for one in false}),
        "scenarios": {
            name: {
                "faults": len(ones),
                "forecast": sum(1 for one in ones if one.days),
                "inside": round(float(np.mean([one.inside for one in ones if one.days] or [np.nan])), 2),
                "too_early": round(float(np.mean([one.early for one in ones if one.days] or [np.nan])), 2),
                "lead": round(float(np.median([one.lead_to_limit for one in ones if one.days] or [np.nan])), 1),
            }
            for name, ones in sorted(by.items())
        },
    }


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-9", help="first-last")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    catalog = load_catalog()
    courses: list[Course] = []
    for seed in range(int(first), int(last or first) + 1):
        run = generate(seed)
        courses += [follow(device, run, catalog) for device in run.devices]
    told = json.dumps(summary(courses), ensure_ascii=False, indent=1)
    print(told)
    if asked.out is not None:
        asked.out.write_text(told + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
