"""An alarm stands per fault mode, from its first rule to its last."""

from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind
from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import Finding
from iot_maint.rules.alarms import transition
from iot_maint.rules.state import Standing
from tests.rule_builders import a_program, a_rule, run, telemetry

RULES = (
    a_rule("vib", metric="vib_rms", above=5.1, clear=4.9, dwell_s=0),
    a_rule("vib_bad", metric="vib_rms", above=8.5, clear=8.0, dwell_s=0, severity=Severity.CRITICAL),
    a_rule("hot", metric="bearing_temp", above=80.0, clear=78.0, dwell_s=0),
)


def fold(findings: list[Finding]) -> tuple[dict[str, Standing], list[AlarmEvent]]:
    alarms: dict[str, Standing] = {}
    events: list[AlarmEvent] = []
    for finding in findings:
        after, event = transition(alarms, finding, "yard")
        alarms = dict(after)
        if event is not None:
            events.append(event)
    return alarms, events


def events_of(*messages: tuple[float, float]) -> list[AlarmEvent]:
    stream = [telemetry(60 * i, vib_rms=vib, bearing_temp=temp) for i, (vib, temp) in enumerate(messages)]
    _, findings = run(a_program(*RULES), stream)
    return fold(findings)[1]


def test_several_symptoms_of_one_fault_are_one_alarm() -> None:
    events = events_of((6.0, 20.0), (6.0, 85.0), (3.0, 85.0), (3.0, 20.0))
    assert [event.kind.value for event in events] == ["raised", "joined", "eased", "cleared"]
    assert len({event.key for event in events}) == 1


def test_the_alarm_is_as_bad_as_its_worst_standing_rule() -> None:
    events = events_of((6.0, 20.0), (9.0, 20.0), (7.0, 20.0), (3.0, 20.0))
    assert [(event.kind.value, event.severity.value) for event in events] == [
        ("raised", "warning"),
        ("worsened", "critical"),
        ("eased", "warning"),
        ("cleared", "warning"),
    ]


def test_a_fault_that_comes_back_is_a_new_alarm() -> None:
    events = events_of((6.0, 20.0), (3.0, 20.0), (6.0, 20.0))
    assert len({event.key.raised_at for event in events}) == 2


@given(st.lists(st.tuples(st.floats(0, 12), st.floats(60, 100)), max_size=40))
def test_every_raised_alarm_clears_exactly_once_and_never_twice_in_a_row(values: list[tuple[float, float]]) -> None:
    stands = False
    for event in events_of(*values, (0.0, 20.0)):
        assert stands is (event.kind is not AlarmEventKind.RAISED)
        stands = event.kind is not AlarmEventKind.CLEARED
    assert not stands
