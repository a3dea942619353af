"""A run as files: telemetry that `iot-maint replay` reads, the register it needs, and the truth."""

import csv
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np

from firmware_sim.fleet.chance import draw
from firmware_sim.fleet.data_faults import What
from firmware_sim.fleet.grid import STEP_MS
from firmware_sim.fleet.roster import Member, roster
from firmware_sim.fleet.run import DeviceRun, FleetRun
from firmware_sim.fleet.truth import Truth, faults_csv, truth_json
from firmware_sim.register import COLUMNS

_DUPLICATES, _SICK_DUPLICATES, _SICK_DELAYS = 0.002, 0.3, 0.3
_DELAY_MS = 9 * 60_000
_SKEW_S = 2.0


def write_run(run: FleetRun, folder: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """`register.csv`, `truth.json`, two files of faults and `telemetry/<code>.csv`; `progress` hears of each device."""
    telemetry = folder / "telemetry"
    telemetry.mkdir(parents=True, exist_ok=True)
    (folder / "register.csv").write_text(register(run), encoding="utf-8")
    (folder / "truth.json").write_text(truth_json(run.truth), encoding="utf-8")
    (folder / "faults.csv").write_text(faults_csv(run.truth.faults), encoding="utf-8")
    (folder / "known-faults.csv").write_text(known_faults(run.truth), encoding="utf-8")
    for done, device in enumerate(run.devices, start=1):
        with (telemetry / f"{device.code}.csv").open("w", encoding="utf-8") as file:
            file.writelines(telemetry_csv(run.seed, device, run.truth))
        if progress is not None:
            progress(done, len(run.devices))


def register(run: FleetRun) -> str:
    """The register as CSV, with the interval that a metric really has where it is slower than the catalog's.

    Every parent is a row of it: whose panel is not in the run hangs on what feeds that panel, or on nothing.
    """
    rows = [(device, {**device.parameters, **_intervals(device)}) for device in run.devices]
    columns = sorted({key for _, figures in rows for key in figures})
    codes = {device.code for device in run.devices}
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *columns])
    for device, figures in rows:
        member, base = device.member, device.member.profile.base
        row = {
            "code": member.code,
            "name": member.code,
            "type": base.type,
            "site": member.site,
            "kind": base.kind or "",
            "gateway": member.gateway,
            "parent": _parent_among(codes, member),
            "room": member.set_name,
        }
        texts = [f"{figures[key]:g}" if key in figures else "" for key in columns]
        writer.writerow([*(row.get(column, "") for column in COLUMNS), *texts])
    return out.getvalue()


def _parent_among(codes: set[str], member: Member) -> str:
    above = {one.code: one.parent for one in roster()}
    parent = member.parent
    while parent and parent not in codes:
        parent = above[parent]
    return parent


def known_faults(truth: Truth) -> str:
    """The faults as `iot-maint backtest --faults` reads them: `equipment,fault_mode,onset,failure`, UTC."""
    lines = ["equipment,fault_mode,onset,failure"]
    for fault in truth.faults:
        onset, failure = (
            datetime.fromtimestamp(at_ms / 1000, UTC).isoformat() for at_ms in (fault.onset_ms, fault.failure_ms)
        )
        lines.append(f"{fault.equipment},{fault.fault_mode},{onset},{failure}")
    return "\n".join(lines) + "\n"


def telemetry_csv(seed: int, device: DeviceRun, truth: Truth) -> Iterator[str]:
    """Lines `ts,site,equipment,<metric>…`, in the order of arrival: a few twice, and some late where the link is sick.

    The device's clock is off by a second or two; nothing arrives in another bin of five minutes for that.
    """
    yield f"ts,site,equipment,{','.join(device.metrics)}\n"
    chance = draw(f"{seed}/{device.code}/link")
    phase_ms = int(chance.integers(20_000, STEP_MS - 20_000))
    skew_ms = round(float(np.clip(chance.normal(0.0, _SKEW_S), -8.0, 8.0)) * 1000.0)
    count = len(device.at_ms)
    luck = chance.random((2, count))
    again = luck[0] < np.where(_sick(device, truth, What.DUPLICATES), _SICK_DUPLICATES, _DUPLICATES)
    late = (luck[1] < _SICK_DELAYS) & _sick(device, truth, What.OUT_OF_ORDER)
    sent = np.flatnonzero(~np.isnan(device.values).all(axis=1))
    order = np.argsort(device.at_ms[sent] + np.where(late[sent], _DELAY_MS, 0), kind="stable")
    head = f",{device.member.site},{device.code},"
    for index in sent[order].tolist():
        at = datetime.fromtimestamp((int(device.at_ms[index]) - phase_ms + skew_ms) / 1000.0, UTC)
        cells = ",".join("" if math.isnan(value) else f"{value:.10g}" for value in device.values[index].tolist())
        line = f"{at.isoformat(timespec='milliseconds')}{head}{cells}\n"
        yield line
        if again[index]:
            yield line


def _sick(device: DeviceRun, truth: Truth, what: What) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    sick = np.zeros(len(device.at_ms), dtype=bool)
    for fault in truth.data_faults:
        if fault.equipment == device.code and fault.what == what.value:
            sick |= (device.at_ms > fault.from_ms) & (device.at_ms <= fault.until_ms)
    return sick


def _intervals(device: DeviceRun) -> dict[str, float]:
    """`interval.<metric>` in seconds."""
    step_s = STEP_MS / 1000.0
    return {
        f"interval.{name}": step_s
        for name, spec in device.member.profile.metrics.items()
        if spec.every is not None and not spec.on_change and spec.every.total_seconds() < step_s
    }
