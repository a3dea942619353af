"""An alarm that comes and goes more than three times a minute is one that says so, until it was quiet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind
from iot_maint.domain.catalog import Severity
from iot_maint.domain.instants import instant
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.alarms import transition
from iot_maint.rules.flapping import FLAP_LIMITS, FlapLimits, come_to_rest
from iot_maint.rules.program import Program
from iot_maint.rules.state import EquipmentState, Standing, decode_state, encode_state
from tests.rule_builders import T0_MS, a_monitored, a_program, a_rule, telemetry

LEAK = a_rule("leak", metric="vib_rms", above=0.5, clear=0.5, dwell_s=0)
SECOND = a_rule("hot", metric="bearing_temp", above=80.0, clear=78.0, dwell_s=0)
WORSE = a_rule("leak_bad", metric="vib_rms", above=5.0, clear=5.0, dwell_s=0, severity=Severity.CRITICAL)
PROGRAM = a_program(LEAK, SECOND, WORSE)


def fold(
    program: Program, state: EquipmentState, stream: Sequence[Telemetry], limits: FlapLimits = FLAP_LIMITS
) -> tuple[EquipmentState, list[AlarmEvent]]:
    """As the decide path does it, message by message."""
    events: list[AlarmEvent] = []
    for item in stream:
        alarms, rested = come_to_rest(state.alarms, "P-01", item.at_ms, limits)
        state, found = program.decide(msgspec.structs.replace(state, alarms=alarms), item)
        for finding in (*rested, *found):
            alarms, event = transition(state.alarms, finding, "yard", limits)
            state = msgspec.structs.replace(state, alarms=alarms)
            events += [event] if event is not None else []
    return state, events


def told(events: Sequence[AlarmEvent]) -> list[tuple[str, int | None]]:
    return [(event.kind.value, event.flapping.count if event.flapping is not None else None) for event in events]


def flips(count: int, every_s: float = 5, start_s: float = 0) -> list[Telemetry]:
    """Wet, dry, wet, dry …"""
    return [telemetry(start_s + every_s * i, vib_rms=1.0 if i % 2 == 0 else 0.0) for i in range(count)]


def quiet(start_s: float, end_s: float) -> list[Telemetry]:
    return [telemetry(second, vib_rms=0.0) for second in range(int(start_s), int(end_s), 30)]


THREE_TIMES = [("raised", None), ("cleared", None)] * 3


def test_the_fourth_raise_within_a_minute_stands_and_says_that_it_flaps() -> None:
    _, events = fold(PROGRAM, EquipmentState(), flips(8))

    assert told(events) == [*THREE_TIMES, ("raised", 4)]
    assert events[-1].flapping is not None
    assert events[-1].flapping.since == events[0].finding.at


def test_a_hundred_flips_are_no_further_event_and_the_end_says_how_many_they_were() -> None:
    _, events = fold(PROGRAM, EquipmentState(), [*flips(200), *quiet(1000, 1700)])

    assert told(events) == [*THREE_TIMES, ("raised", 4), ("cleared", 100)]
    # The last flip was at 995 s.
    assert events[-1].finding.at == instant(T0_MS + 995_000) + FLAP_LIMITS.quiet
    assert events[-1].key == events[-2].key


def test_what_comes_up_to_three_times_a_minute_is_as_many_alarms() -> None:
    _, events = fold(PROGRAM, EquipmentState(), flips(20, every_s=10.5))

    assert told(events) == [("raised", None), ("cleared", None)] * 10


def test_one_that_ends_up_raised_just_stands_and_clears_with_its_value() -> None:
    stays = [telemetry(second, vib_rms=1.0) for second in range(40, 1000, 30)]
    state, events = fold(PROGRAM, EquipmentState(), [*flips(8), *stays])
    assert told(events)[-1] == ("raised", 4)
    assert state.alarms[LEAK.fault_mode].flaps is None

    _, after = fold(PROGRAM, state, [telemetry(1000, vib_rms=0.0)])
    assert told(after) == [("cleared", None)]


def test_several_symptoms_at_once_are_not_one_that_flaps() -> None:
    _, events = fold(PROGRAM, EquipmentState(), [telemetry(0, vib_rms=9.0, bearing_temp=90.0)])

    assert sorted(event.kind for event in events) == ["joined", "raised", "worsened"]
    assert all(event.flapping is None for event in events)


def test_a_worse_symptom_that_comes_and_goes_beside_one_that_stands_flaps_too() -> None:
    stream = [telemetry(5 * i, vib_rms=6.0 if i % 2 == 0 else 1.0) for i in range(40)]
    _, events = fold(PROGRAM, EquipmentState(), stream)

    assert told(events)[-1] == ("worsened", 4)
    assert len(events) == 8  # raised, then worsened and eased three times, then worsened for good


def test_a_new_symptom_of_an_alarm_that_flaps_is_told() -> None:
    _, events = fold(PROGRAM, EquipmentState(), [*flips(10), telemetry(52, bearing_temp=90.0)])

    assert told(events)[-1][0] == "joined"


def test_one_of_a_rule_in_shadow_ends_as_what_it_is() -> None:
    shadow = replace(a_monitored(), shadow={LEAK.id: True})
    _, events = fold(a_program(LEAK, monitored=shadow), EquipmentState(), [*flips(200), *quiet(1000, 1700)])

    assert told(events)[-2:] == [("raised", 4), ("cleared", 100)]
    assert {(event.key.fault_mode, event.key.shadow, event.finding.shadow) for event in events} == {
        (LEAK.fault_mode, True, True)
    }


def test_an_alarm_that_may_not_flap_never_does() -> None:
    alarms: Mapping[str, Standing] = {}
    count = 0
    state = EquipmentState()
    for item in flips(40):
        state, found = PROGRAM.decide(state, item)
        for finding in found:
            alarms, event = transition(alarms, finding, "yard")
            count += event is not None

    assert count == 40


def test_a_checkpoint_of_a_former_release_loads() -> None:
    old = b'{"format":1,"state":{"alarms":{"PMP-BEAR":{"raised_ms":5,"onset_ms":1,"rules":{"pump.hot":"warning"}}}}}'
    (standing,) = decode_state(old).alarms.values()

    assert (standing.raises, standing.flaps) == ((), None)


@pytest.mark.parametrize("raises", [2, 5])
def test_the_limit_is_data(raises: int) -> None:
    limits = FlapLimits(raises=raises, within=timedelta(minutes=1), quiet=timedelta(minutes=1))
    _, events = fold(PROGRAM, EquipmentState(), flips(30, every_s=3), limits)

    assert sum(event.kind is AlarmEventKind.RAISED for event in events) == raises + 1


SWINGS = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([0.0, 1.0, 6.0]), st.sampled_from([20.0, 90.0])), max_size=80
)


@given(SWINGS, st.integers(0, 80))
def test_a_restart_anywhere_changes_nothing(swings: list[tuple[int, float, float]], cut: int) -> None:
    second, stream = 0, []
    for pause, vib, temp in swings:
        second += pause
        stream.append(telemetry(second, vib_rms=vib, bearing_temp=temp))
    whole_state, whole = fold(PROGRAM, EquipmentState(), stream)

    state, first = fold(PROGRAM, EquipmentState(), stream[:cut])
    again, rest = fold(PROGRAM, decode_state(encode_state(state)), stream[cut:])
    assert first + rest == whole
    assert again == whole_state


@given(SWINGS)
def test_raised_and_cleared_alternate_and_no_minute_has_more_than_four_raises(
    swings: list[tuple[int, float, float]],
) -> None:
    second, stream = 0, []
    for pause, vib, temp in swings:
        second += pause
        stream.append(telemetry(second, vib_rms=vib, bearing_temp=temp))
    stream += [telemetry(second + 700 + i, vib_rms=0.0, bearing_temp=20.0) for i in (0, 700, 1400)]
    _, events = fold(PROGRAM, EquipmentState(), stream)

    ends = [event for event in events if event.kind in (AlarmEventKind.RAISED, AlarmEventKind.CLEARED)]
    assert [event.kind for event in ends] == [AlarmEventKind.RAISED, AlarmEventKind.CLEARED] * (len(ends) // 2)
    raised = [event.finding.at for event in ends if event.kind is AlarmEventKind.RAISED]
    for at in raised:
        assert sum(at <= other < at + timedelta(minutes=1) for other in raised) <= FLAP_LIMITS.raises + 1
