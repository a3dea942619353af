"""Many at once come to what one after the other comes to, to the byte."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.findings import Finding
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.state import EquipmentState, encode_state
from tests.rule_builders import a_metric, a_program, a_rule, telemetry

PROGRAM = a_program(
    a_rule("hot", above=75.0, clear=72.0),
    a_rule("cold", below=5.0, clear=6.0),
    metrics=(a_metric("bearing_temp", sentinels=frozenset({-9999.0})), a_metric("running")),
)
values = st.dictionaries(
    st.sampled_from(["bearing_temp", "running", "unknown"]),
    st.sampled_from([0.0, 1.0, 5.0, 6.5, 50.0, 73.0, 75.0, 80.0, -9999.0, float("nan")]),
)
messages = st.builds(
    lambda at_s, lag_s, values, retained: replace(
        telemetry(at_s, received_s=at_s + lag_s, **values), retained=retained
    ),
    st.integers(0, 40).map(lambda step: step * 60.0),
    st.sampled_from([0.0, 7200.0]),
    values,
    st.sampled_from([False, False, False, True]),
)


def one_by_one(batch: list[Telemetry], state: EquipmentState) -> tuple[EquipmentState, list[tuple[int, Finding]]]:
    findings: list[tuple[int, Finding]] = []
    for position, item in enumerate(batch):
        state, found = PROGRAM.decide(state, item)
        findings += [(position, finding) for finding in found]
    return state, findings


@given(st.lists(messages, max_size=30), st.lists(messages, max_size=30))
def test_the_fold_is_the_same_however_it_is_done(before: list[Telemetry], batch: list[Telemetry]) -> None:
    start, _ = one_by_one(before, EquipmentState())

    expected, findings = one_by_one(batch, start)
    state, found = PROGRAM.decide_all(start, batch)

    assert encode_state(state) == encode_state(expected)
    assert list(found) == findings


@given(st.lists(st.integers(0, 10), min_size=1, max_size=20))
def test_a_quiet_series_grows_the_same(steps: list[int]) -> None:
    batch, at_s = [], 0.0
    for step in steps:
        at_s += step * 60
        batch.append(telemetry(at_s, bearing_temp=50.0, running=1.0))

    assert PROGRAM.decide_all(EquipmentState(), batch)[0] == one_by_one(batch, EquipmentState())[0]
