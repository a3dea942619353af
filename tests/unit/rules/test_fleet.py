"""A whole batch at once comes to what its messages come to one after the other."""

from dataclasses import dataclass, field, replace

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_maint.domain.columns import Origin, TelemetryColumns
from iot_maint.domain.findings import Finding
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.fleet import Fleet
from iot_maint.rules.program import Program
from iot_maint.rules.state import EquipmentState
from tests.rule_builders import a_metric, a_program, a_rule, telemetry

SENTINEL = -9999.0
PROGRAM = a_program(
    a_rule("hot", above=75.0, clear=72.0),
    a_rule("cold", below=5.0, clear=6.0),
    metrics=(
        a_metric("bearing_temp", sentinels=frozenset({SENTINEL}), minimum=-50.0, maximum=77.0),
        a_metric("running"),
        a_metric("unwatched"),
    ),
)
CODES = ("P-1", "P-2", "P-3")


@dataclass
class Decided:
    """What the decide path does with the fleet: quiet messages at once, the others one by one."""

    program: Program = PROGRAM
    fleet: Fleet = field(default_factory=lambda: Fleet(frozenset({SENTINEL})))
    states: dict[str, EquipmentState] = field(default_factory=dict)
    quiet: int = 0

    def decide(self, batch: list[Telemetry]) -> list[tuple[int, Finding]]:
        columns = TelemetryColumns.of(batch)
        seating = self.fleet.seating(columns.origins, self._seat)
        for code in self.fleet.inactive(columns, seating):
            state = self.states.get(code, EquipmentState())
            if not state.rules:
                self.fleet.activate(code, state)
        quiet = self.fleet.examine(columns, seating)
        findings: list[tuple[int, Finding]] = []
        loud: dict[str, EquipmentState] = {}
        for position, item in enumerate(batch):
            if not quiet.messages[position]:
                code = item.equipment
                loud[code], found = self.program.decide(loud.get(code) or self.state_of(code), item)
                findings += [(position, finding) for finding in found]
        self.fleet.apply(quiet)
        for code in loud:
            self.fleet.deactivate(code)
        self.states |= loud
        self.quiet += int(quiet.messages.sum())
        return findings

    def state_of(self, code: str) -> EquipmentState:
        return self.fleet.state_of(code) if self.fleet.is_active(code) else self.states.get(code, EquipmentState())

    def _seat(self, origin: Origin) -> str:
        if self.fleet.program_of(origin.equipment) is None:
            self.fleet.seat(origin.equipment, self.program)
        return origin.equipment


def one_by_one(
    states: dict[str, EquipmentState], batch: list[Telemetry], program: Program = PROGRAM
) -> list[tuple[int, Finding]]:
    findings: list[tuple[int, Finding]] = []
    for position, item in enumerate(batch):
        states[item.equipment], found = program.decide(states.get(item.equipment, EquipmentState()), item)
        findings += [(position, finding) for finding in found]
    return findings


def told(states: dict[str, EquipmentState]) -> bytes:
    """As text, in which NaN equals itself."""
    return msgspec.json.encode(states, order="sorted")


values = st.dictionaries(
    st.sampled_from(["bearing_temp", "running", "unwatched", "unknown"]),
    st.sampled_from([0.0, 1.0, 5.0, 6.5, 50.0, 50.0, 50.0, 73.0, 75.0, 76.0, 80.0, -60.0, SENTINEL, float("nan")]),
)
messages = st.builds(
    lambda code, at_s, lag_s, values, texts, retained: replace(
        telemetry(at_s, received_s=at_s + lag_s, **values), equipment=code, texts=texts, retained=retained
    ),
    st.sampled_from(CODES),
    st.integers(0, 60).map(lambda step: step * 60.0),
    st.sampled_from([0.0, 7200.0]),
    values,
    st.sampled_from([{}, {}, {}, {"mode": "auto"}]),
    st.sampled_from([False, False, False, True]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(messages, max_size=12), max_size=6))
def test_any_batches_come_to_the_same_states_and_findings(batches: list[list[Telemetry]]) -> None:
    at_once, expected = Decided(), dict[str, EquipmentState]()
    for batch in batches:
        assert repr(at_once.decide(batch)) == repr(one_by_one(expected, batch))
        assert told({code: at_once.state_of(code) for code in expected}) == told(expected)


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from(CODES), st.integers(1, 10)), max_size=30), max_size=5))
def test_quiet_series_grow_the_same_however_many_readings_a_batch_has(batches: list[list[tuple[str, int]]]) -> None:
    at_once, expected, at_s = Decided(), dict[str, EquipmentState](), 0.0
    for steps in batches:
        batch = []
        for code, step in steps:
            at_s += step * 60
            batch.append(replace(telemetry(at_s, bearing_temp=40.0 + step, running=1.0, unwatched=3.0), equipment=code))
        assert at_once.decide(batch) == one_by_one(expected, batch) == []
        assert {code: at_once.state_of(code) for code in expected} == expected


def test_healthy_pumps_are_quiet_from_their_second_batch_on() -> None:
    fleet = Decided()
    for minute in range(4):
        pumps = [replace(telemetry(minute * 60.0, bearing_temp=50.0, running=1.0), equipment=code) for code in CODES]
        fleet.decide(pumps)
    # The first that is heard of the running state is news; all else is not.
    assert fleet.quiet == 3 * len(CODES)


def test_a_value_that_is_compared_for_equality_is_quiet_while_it_is_another() -> None:
    program = a_program(a_rule("flood", metric="flood", is_=1.0), metrics=(a_metric("flood"),))
    assert quiet_values(program, "flood", [0.0, 0.0, 1.0, 0.0]) == [True, True, False, False]


def quiet_values(program: Program, metric: str, values: list[float]) -> list[bool]:
    fleet = Fleet(frozenset())
    fleet.seat("P-1", program)
    fleet.activate("P-1", EquipmentState())
    batches = [
        TelemetryColumns.of([replace(telemetry(60.0 * n, **{metric: v}), equipment="P-1")])
        for n, v in enumerate(values)
    ]
    quiet = []
    for columns in batches:
        found = fleet.examine(columns, fleet.seating(columns.origins, lambda _origin: "P-1"))
        fleet.apply(found)
        quiet.append(bool(found.messages[0]))
        if not quiet[-1]:
            fleet.deactivate("P-1")
    return quiet


def test_only_what_has_grown_is_to_be_saved() -> None:
    fleet = Decided()
    for minute in range(2):
        fleet.decide([replace(telemetry(minute * 60.0, bearing_temp=50.0), equipment=code) for code in CODES])
    fleet.fleet.forget_changes()

    fleet.decide([replace(telemetry(180.0, bearing_temp=50.0), equipment="P-2")])

    assert fleet.fleet.changed() == ["P-2"]
