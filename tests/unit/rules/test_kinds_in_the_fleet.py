"""Every kind of rule, in any batches: the fleet comes to what the long way comes to, and so does a restarted one."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_maint.domain.catalog import DerivedMetric, MetricKind
from iot_maint.domain.signals import Baseline, Composite, Duration, Rate, Sequence, Share, Starts
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.program import Program
from iot_maint.rules.state import EquipmentState, decode_state, encode_state
from tests.rule_builders import a_metric, a_program, a_rule, telemetry
from tests.unit.rules.test_fleet import Decided, one_by_one, told

METRICS = (a_metric("flow"), a_metric("level"), a_metric("running", kind=MetricKind.BOOLEAN))
HOUR = timedelta(hours=1)
BASE = Baseline(days=3, learn=2)
DRAG = DerivedMetric(metric=a_metric("drag"), expression="abs(level - flow) / max(flow, 1) * 100")
SMOOTH = DerivedMetric(metric=a_metric("smooth"), expression="rolling_mean(flow, 10m) - level")
HOT, COLD = (
    a_rule("hot", metric="flow", above=14.0, clear=13.0, dwell_s=120),
    a_rule("cold", metric="level", below=4.0, clear=5.0),
)
KINDS: dict[str, Program] = {
    "baseline": a_program(
        a_rule("drift", metric="flow", above=20.0, clear=18.0, dwell_s=60, signal=BASE),
        a_rule("worse", metric="flow", above=40.0, clear=36.0, dwell_s=0, signal=BASE),
        a_rule("less", metric="level", below=-20.0, clear=-18.0, dwell_s=0, signal=replace(BASE, hold=True)),
        metrics=METRICS,
    ),
    "baseline while running": a_program(
        a_rule("drift", metric="flow", above=20.0, clear=18.0, dwell_s=60, signal=BASE, gated=True), metrics=METRICS
    ),
    "rate": a_program(
        a_rule("up", metric="flow", above=30.0, clear=20.0, dwell_s=0, signal=Rate(window=timedelta(minutes=12))),
        a_rule("down", metric="flow", below=-30.0, clear=-20.0, dwell_s=60, signal=Rate(window=timedelta(minutes=12))),
        metrics=METRICS,
    ),
    "starts": a_program(
        a_rule("often", metric="running", above=2.0, clear=1.5, dwell_s=0, signal=Starts(window=HOUR)), metrics=METRICS
    ),
    "share": a_program(
        a_rule(
            "scattered",
            metric="flow",
            above=20.0,
            clear=15.0,
            dwell_s=0,
            signal=Share(window=HOUR, lowest=9.5, highest=11.0, at_least=4),
        ),
        metrics=METRICS,
    ),
    "duration": a_program(
        a_rule(
            "long",
            metric="running",
            above=600.0,
            clear=500.0,
            dwell_s=0,
            signal=Duration(window=HOUR, lowest=-math.inf, highest=0.0),
        ),
        a_rule(
            "low",
            metric="level",
            above=300.0,
            clear=200.0,
            dwell_s=0,
            signal=Duration(window=HOUR, lowest=10.0, highest=math.inf),
        ),
        metrics=METRICS,
    ),
    "sequence": a_program(
        a_rule(
            "due",
            metric="level",
            above=600.0,
            clear=540.0,
            dwell_s=0,
            signal=Sequence(after="level < 10 and running == 1", until="level > 10.5"),
        ),
        metrics=METRICS,
    ),
    "derived": a_program(
        a_rule("dragging", metric="drag", above=30.0, clear=20.0, dwell_s=120),
        a_rule("drifting", metric="drag", above=200.0, clear=150.0, dwell_s=0, signal=BASE),
        metrics=METRICS,
        derived=(DRAG,),
    ),
    "rolling": a_program(
        a_rule("rough", metric="smooth", above=2.0, clear=1.0, dwell_s=60), metrics=METRICS, derived=(SMOOTH,)
    ),
    "composite": a_program(
        HOT,
        COLD,
        a_rule("together", metric="flow", is_=1.0, dwell_s=60, signal=Composite(when="hot and cold", within=HOUR)),
        a_rule("alone", metric="flow", is_=1.0, dwell_s=0, signal=Composite(when="hot and not cold")),
        metrics=METRICS,
    ),
}
CODES = ("P-1", "P-2")
each_kind = pytest.mark.parametrize("program", KINDS.values(), ids=KINDS)
values = st.fixed_dictionaries(
    {},
    optional={
        "flow": st.sampled_from([10.0, 10.1, 10.2, 9.9, 9.0, 12.5, 15.0, 0.0]),
        "level": st.sampled_from([10.0, 10.2, 11.0, 9.8, 7.0, 3.0]),
        "running": st.sampled_from([0.0, 1.0, 1.0]),
        "other": st.just(1.0),
    },
)
messages = st.builds(
    lambda code, minutes, lag_s, values, retained: (code, minutes, lag_s, values, retained),
    st.sampled_from(CODES),
    st.sampled_from([1, 1, 1, 2, 3, 7, 30, 61, 600, -1, 0]),
    st.sampled_from([0.0, 0.0, 0.0, 7200.0]),
    values,
    st.sampled_from([False] * 9 + [True]),
)


def in_time(story: list[tuple[str, int, float, dict[str, float], bool]]) -> list[Telemetry]:
    """Each so many minutes after the one before; some are older."""
    at_s, told = 0.0, []
    for code, minutes, lag_s, found, retained in story:
        at_s = max(0.0, at_s + minutes * 60.0)
        message = telemetry(at_s, received_s=at_s + lag_s, **found)
        told.append(replace(message, equipment=code, retained=retained))
    return told


def cut(story: list[Telemetry], sizes: list[int]) -> list[list[Telemetry]]:
    batches, begin = [], 0
    for size in sizes:
        batches.append(story[begin : begin + size])
        begin += size
    return [*batches, story[begin:]]


@each_kind
@settings(max_examples=60, deadline=None)
@given(story=st.lists(messages, max_size=60), sizes=st.lists(st.integers(1, 12), max_size=8))
def test_any_batches_come_to_the_same_states_and_findings(
    program: Program, story: list[tuple[str, int, float, dict[str, float], bool]], sizes: list[int]
) -> None:
    at_once, expected = Decided(program), dict[str, EquipmentState]()
    for batch in cut(in_time(story), sizes):
        assert repr(at_once.decide(batch)) == repr(one_by_one(expected, batch, program))
        assert told({code: at_once.state_of(code) for code in expected}) == told(expected)


@each_kind
@settings(max_examples=40, deadline=None)
@given(story=st.lists(messages, max_size=60), crash=st.integers(0, 60), lost=st.integers(0, 20))
def test_a_restart_from_any_checkpoint_finds_the_same(
    program: Program, story: list[tuple[str, int, float, dict[str, float], bool]], crash: int, lost: int
) -> None:
    """What came after the checkpoint is decided again; events already found are found again, and no others."""
    batches = [[message] for message in in_time(story)]
    whole, states = [], dict[str, EquipmentState]()
    checkpoints = [dict(states)]
    for batch in batches:
        whole.append(one_by_one(states, batch, program))
        checkpoints.append(dict(states))
    begin = min(max(0, crash - lost), len(batches))
    restored = {code: decode_state(encode_state(state)) for code, state in checkpoints[begin].items()}

    again = [one_by_one(restored, batch, program) for batch in batches[begin:]]

    assert again == whole[begin:]
    assert told(restored) == told(states)


@each_kind
@settings(max_examples=40, deadline=None)
@given(story=st.lists(messages, max_size=40))
def test_a_message_that_comes_twice_is_as_if_it_came_once(
    program: Program, story: list[tuple[str, int, float, dict[str, float], bool]]
) -> None:
    once, twice = dict[str, EquipmentState](), dict[str, EquipmentState]()
    for message in in_time(story):
        found = one_by_one(once, [message], program)
        assert one_by_one(twice, [message], program) == found
        assert one_by_one(twice, [message], program) == []
        assert told(twice) == told(once)


# A window of minutes begins a new slot every few of them; what rolls is looked at each time; a rule stands all day.
LESS_QUIET = {"rate": 0.0, "share": 0.5, "duration": 0.0, "rolling": 0.0}


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_day_is_quiet_nearly_always(kind: str) -> None:
    fleet = Decided(KINDS[kind])
    for minute in range(24 * 60):
        at_s = minute * 60.0
        flow, level = 10.0 + 0.1 * (minute % 3), 10.2 + 0.1 * (minute % 2)
        fleet.decide([replace(telemetry(at_s, flow=flow, level=level, running=1.0), equipment=code) for code in CODES])
    messages_told = 24 * 60 * len(CODES)
    assert fleet.quiet >= LESS_QUIET.get(kind, 0.9) * messages_told
