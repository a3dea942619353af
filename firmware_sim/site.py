"""A simulated site: its devices, its link, and the timeline of what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from firmware_sim.acts import Act
from firmware_sim.disturbances import BUILT_IN, Disturbance, resolve_built_in
from firmware_sim.errors import SimulatorError
from firmware_sim.fault_spec import ParamValue
from firmware_sim.profile import Profile, load_profile
from firmware_sim.site_file import EquipmentEntry, FaultEntry, LinkSpec, SiteFile
from firmware_sim.strict import parse, read_toml

SITES = Path(__file__).parent / "sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One piece of equipment; `register` are its parameters, `physical` what its physics run on."""

    code: str
    entry: EquipmentEntry
    profile: Profile
    tick: timedelta
    register: Mapping[str, float]
    physical: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineFault:
    """A fault of one device; `start` is an instant or counts from the start of the story."""

    code: str
    start: timedelta | datetime
    duration: timedelta | None
    acts: tuple[Act, ...]
    disturbance: Disturbance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything `simulate` needs; built and checked once."""

    name: str
    seed: int
    zone: ZoneInfo
    link: LinkSpec
    devices: tuple[Device, ...]
    faults: tuple[TimelineFault, ...]

    def narrowed(self, codes: Sequence[str]) -> "Site":
        """These devices alone, with what goes wrong on them; SimulatorError for one that is not there."""
        missing = sorted(set(codes) - {device.code for device in self.devices})
        if missing:
            raise SimulatorError(f"the site has no {missing[0]!r}")
        return replace(
            self,
            devices=tuple(device for device in self.devices if device.code in codes),
            faults=tuple(fault for fault in self.faults if fault.code in codes),
        )

    def slowed(self, tick: timedelta) -> "Site":
        """Each device samples only that often: years of history need not be a sample every five seconds."""
        return replace(self, devices=tuple(replace(device, tick=tick) for device in self.devices))


def load_site(name_or_path: str, *, seed: int | None = None, faults: Sequence[Mapping[str, object]] = ()) -> Site:
    """A built-in site by name, or a file; `faults` are added to its own. SimulatorError names file and key."""
    path = Path(name_or_path)
    if not path.is_file():
        path = SITES / f"{name_or_path}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in SITES.glob("*.toml")))
        raise SimulatorError(f"{name_or_path}: no such file, nor a built-in site (there are {known})")
    file = parse(SiteFile, read_toml(path), str(path))
    added = [parse(FaultEntry, fault, "--fault") for fault in faults]
    return _assemble(file, seed=file.seed if seed is None else seed, added=added, source=str(path))


def build_site(
    name: str,
    *,
    devices: Sequence[Mapping[str, object]],
    faults: Sequence[Mapping[str, object]] = (),
    seed: int = 1,
    link: Mapping[str, object] | None = None,
    timezone: str = "Asia/Shanghai",
) -> Site:
    """A site from plain tables, the same ones a site file has under `equipment` and `faults`."""
    data: dict[str, object] = {
        "schema": 1,
        "name": name,
        "seed": seed,
        "timezone": timezone,
        "link": dict(link or {}),
        "equipment": [dict(device) for device in devices],
        "faults": [dict(fault) for fault in faults],
    }
    return _assemble(parse(SiteFile, data, name), seed=seed, added=[], source=name)


def _assemble(file: SiteFile, *, seed: int, added: list[FaultEntry], source: str) -> Site:
    devices: dict[str, Device] = {}
    for index, entry in enumerate(file.equipment):
        for single in entry.expand():
            if single.code in devices:
                raise SimulatorError(f"{source}: equipment.{index}.code: {single.code!r} is there twice")
            devices[single.code] = _device(single, f"{source}: equipment.{index}")
    faults = [
        fault
        for index, entry in enumerate([*file.faults, *added])
        for fault in _resolve(entry, devices, f"{source}: faults.{index}")
    ]
    return Site(
        name=file.name,
        seed=seed,
        zone=ZoneInfo(file.timezone),
        link=file.link,
        devices=tuple(devices.values()),
        faults=tuple(faults),
    )


def _device(entry: EquipmentEntry, where: str) -> Device:
    profile = load_profile(entry.profile)
    try:
        register, physical = profile.device_params(entry.params)
    except KeyError as error:
        raise SimulatorError(f"{where}.params.{error.args[0]}: {entry.profile} has no such parameter") from error
    tick = entry.tick or profile.tick
    return Device(code=entry.code, entry=entry, profile=profile, tick=tick, register=register, physical=physical)


def _resolve(entry: FaultEntry, devices: Mapping[str, Device], where: str) -> list[TimelineFault]:
    """One timeline fault a device; `*` means every device that knows the fault."""
    chosen = list(devices.values()) if entry.equipment == "*" else [devices.get(entry.equipment)]
    found: list[TimelineFault] = []
    for device in chosen:
        if device is None:
            raise SimulatorError(f"{where}.equipment: the site has no {entry.equipment!r}")
        known = entry.fault in BUILT_IN or entry.fault in device.profile.faults
        if not known and entry.equipment == "*":
            continue
        if not known:
            names = ", ".join([*device.profile.faults, *sorted(BUILT_IN)])
            raise SimulatorError(f"{where}.fault: {entry.fault!r} is none of {names}")
        try:
            acts, disturbance = _effects(entry.fault, entry.params, device.profile)
        except ValueError as error:
            raise SimulatorError(f"{where}.{error}") from error
        found.append(
            TimelineFault(
                code=device.code,
                start=entry.start,
                duration=entry.duration,
                acts=acts,
                disturbance=disturbance,
            )
        )
    if not found:
        raise SimulatorError(f"{where}.fault: no device of the site knows {entry.fault!r}")
    return found


def _effects(
    fault: str, params: Mapping[str, ParamValue], profile: Profile
) -> tuple[tuple[Act, ...], Disturbance | None]:
    # A profile's own fault hides a built-in of the same name.
    if fault in profile.faults:
        return profile.faults[fault].resolve(params), None
    return resolve_built_in(fault, params, frozenset(profile.metrics))
