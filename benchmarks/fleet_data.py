"""The simulated fleet for benchmarks: a seed's run from the user's cache, or simulated and kept there.

A run is kept under the generator's fingerprint, so that a changed generator never meets old data.
"""

import contextlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from firmware_sim.fleet import DeviceRun, FleetRun, Truth, fingerprint, generate
from firmware_sim.fleet.roster import Member, roster

CHOOSING = tuple(range(10))  # seeds on which detectors and their settings may be chosen
REPORTING = tuple(range(100, 110))  # seeds that are looked at once, for the report

_HEAD, _AT_MS = "arr_0", "arr_1"  # numpy's names of what comes first; then the devices, in the head's order
_FIRST_DEVICE = 2


class _Head(msgspec.Struct, frozen=True):
    """What an npz file holds beside the arrays, as JSON."""

    seed: int
    days: int
    t0_ms: int
    truth: Truth
    metrics: dict[str, list[str]]
    parameters: dict[str, dict[str, float]]


def load_fleet(seed: int, folder: Path | None = None) -> FleetRun:
    """The whole run of a seed; what is missing or damaged in `folder`, by default the cache, is simulated and kept."""
    path = (folder or cache_folder()) / fingerprint()[:16] / f"{seed}.npz"
    try:
        return _read(path)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        run = generate(seed)
        _write(run, path)
        return run


def cache_folder() -> Path:
    """`iot-maint/fleet` in the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "iot-maint" / "fleet"


def _write(run: FleetRun, path: Path) -> None:
    """Whole or not at all."""
    head = _Head(
        seed=run.seed,
        days=run.days,
        t0_ms=run.t0_ms,
        truth=run.truth,
        metrics={device.code: list(device.metrics) for device in run.devices},
        parameters={device.code: dict(device.parameters) for device in run.devices},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.stem}.{os.getpid()}.half.npz")
    try:
        encoded = np.frombuffer(msgspec.json.encode(head), dtype=np.uint8)
        np.savez_compressed(half, encoded, run.devices[0].at_ms, *(device.values for device in run.devices))
        half.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            half.unlink()


def _read(path: Path) -> FleetRun:
    """OSError, KeyError, ValueError or BadZipFile where there is no whole file."""
    members: Mapping[str, Member] = {member.code: member for member in roster()}
    with np.load(path, allow_pickle=False) as file:
        try:
            head = msgspec.json.decode(file[_HEAD].tobytes(), type=_Head)
        except msgspec.DecodeError as error:
            raise ValueError(f"{path}: {error}") from error
        at_ms = file[_AT_MS]
        devices = tuple(
            DeviceRun(
                member=members[code],
                parameters=head.parameters[code],
                metrics=tuple(metrics),
                at_ms=at_ms,
                values=file[f"arr_{number}"],
            )
            for number, (code, metrics) in enumerate(head.metrics.items(), start=_FIRST_DEVICE)
        )
    return FleetRun(seed=head.seed, days=head.days, t0_ms=head.t0_ms, devices=devices, truth=head.truth)
