"""All running rules of a thousand lifts over batches of a minute: limits, bases and shares, learning included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from benchmarks.measure import Measurement, measure
from iot_maint.catalog.load import load_catalog
from iot_maint.domain.columns import LastMade, Origin, TelemetryColumns
from iot_maint.domain.equipment import Equipment, Monitored
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.fleet import Fleet, Seating
from iot_maint.rules.program import Program, compile_program
from iot_maint.rules.state import EquipmentState

LIFTS = 1_000
T0_MS = 1_767_225_600_000
_PARAMETERS = {"nameplate.door_time_limit": 3.2, "nameplate.cabin_noise_limit": 55.0}


_TYPE = load_catalog().types["elevator"]


def run(messages: int = 180 * LIFTS) -> Measurement:
    """Each message is one of eight readings."""
    lifts = min(LIFTS, messages)
    minutes = messages // lifts
    chance = np.random.default_rng(1)
    codes = [f"E-{number}" for number in range(lifts)]
    batches = [TelemetryColumns.of(list(_minute(number, codes, chance))) for number in range(minutes)]
    programs = {code: _program(code) for code in codes}

    def work() -> int:
        worker = _Lifts(programs)
        for batch in batches:
            worker.decide(batch)
        return minutes * lifts

    return measure("deciding-fleet", "messages", work)


@dataclass
class _Lifts:
    """The rules' part of the decide path: quiet messages at once, the others one by one."""

    programs: dict[str, Program]
    states: dict[str, EquipmentState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._fleet = Fleet(frozenset())
        self._seating = LastMade(self._make_seating)

    def decide(self, batch: TelemetryColumns) -> None:
        seating = self._seating.of(batch.origins)
        for code in self._fleet.inactive(batch, seating):
            state = self.states.get(code, EquipmentState())
            if not state.rules:
                self._fleet.activate(code, state)
        quiet = self._fleet.examine(batch, seating)
        for position in np.flatnonzero(~quiet.messages).tolist():
            item = batch.take(position)
            code = item.equipment
            active = self._fleet.is_active(code)
            state = self._fleet.state_of(code) if active else self.states.get(code, EquipmentState())
            self.states[code], _ = self.programs[code].decide(state, item)
            self._fleet.deactivate(code)
        self._fleet.apply(quiet)

    def _make_seating(self, origins: tuple[Origin, ...]) -> Seating:
        return self._fleet.seating(origins, self._seat)

    def _seat(self, origin: Origin) -> str:
        if self._fleet.program_of(origin.equipment) is None:
            self._fleet.seat(origin.equipment, self.programs[origin.equipment])
        return origin.equipment


def _program(code: str) -> Program:
    lift = Equipment(code=code, name="电梯", type="elevator", site="tower", parameters=_PARAMETERS)
    return compile_program(_TYPE, Monitored(equipment=lift), timedelta(hours=1))


def _minute(number: int, codes: Sequence[str], chance: np.random.Generator) -> Iterator[Telemetry]:
    """A trip of every lift, healthy: one message each."""
    at_ms = T0_MS + number * 60_000
    noise = chance.normal(0.0, 1.0, (len(codes), 3)).tolist()
    for code, (door, level, heat) in zip(codes, noise, strict=True):
        values = {
            "running": 1.0,
            "door_open_time": 2.7 + 0.06 * door,
            "door_close_time": 2.75 + 0.06 * door,
            "levelling_error": 2.5 * level,
            "brake_release_time": 180.0 + 3.0 * heat,
            "machine_vib_rms": 1.1,
            "motor_temp": 60.0 + heat,
            "rope_slip": 3.0,
        }
        yield Telemetry(site="tower", equipment=code, at_ms=at_ms, received_at_ms=at_ms + 50, values=values)
