"""Rates with an honest bound, and time in alarm counted once."""

from datetime import timedelta

import numpy as np
import pytest

from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.services.backtest.coverage import LONGEST_GAP_MS, MONTH_MS, Watch
from iot_maint.services.backtest.verdicts import (
    episodes_of,
    faults_found,
    figures_by_equipment,
    figures_of,
    is_false,
    rate_at_most,
)
from iot_maint.services.feedback.faults import KnownFault, Labels
from tests.builders import T0, an_alarm_event


@pytest.mark.parametrize(("events", "bound"), [(0, 2.996), (1, 4.744), (5, 10.513), (50, 63.287)])
def test_the_bound_of_a_rate_is_the_one_in_the_tables(events: int, bound: float) -> None:
    assert rate_at_most(events, 1.0) == pytest.approx(bound, abs=0.001)
    assert rate_at_most(events, 20.0) == pytest.approx(bound / 20, abs=0.001)


def test_silence_is_no_time_watched() -> None:
    watch = Watch()
    watch.see("s1", "P-1", np.array([0, 60_000, 60_000 + MONTH_MS]))
    watch.see("s1", "P-1", np.array([120_000 + MONTH_MS]))

    [coverage] = watch.coverage
    assert coverage.watched_ms == 60_000 + LONGEST_GAP_MS + 60_000
    assert (coverage.messages, coverage.first_ms, coverage.last_ms) == (4, 0, 120_000 + MONTH_MS)


def test_alarms_that_overlap_count_their_time_once() -> None:
    watch = Watch()
    start_ms = int(T0.timestamp() * 1000)
    watch.see("s1", "P-1", start_ms + 60_000 * np.arange(101))
    minutes = {"a": (10, 30), "b": (20, 50)}
    events = [
        an_alarm_event(kind, fault_mode=mode, raised_at=T0 + timedelta(minutes=raised), after=after)
        for mode, (raised, cleared) in minutes.items()
        for kind, after in (
            (AlarmEventKind.RAISED, timedelta()),
            (AlarmEventKind.CLEARED, timedelta(minutes=cleared - raised)),
        )
    ]

    [figures] = figures_by_equipment(watch.coverage, episodes_of(events, Labels()))

    assert (figures.alarms, figures.alarmed_ms) == (2, 40 * 60_000)
    assert figures.share_in_alarm == pytest.approx(0.4)


def test_an_alarm_of_an_order_without_a_verdict_is_neither_false_nor_right() -> None:
    def a_fault(mode: str) -> KnownFault:
        return KnownFault(equipment="P-1", fault_mode=mode, onset=T0, failure=T0 + timedelta(hours=1), source="WO-1")

    labels = Labels(faults=(a_fault("real"),), undecided=(a_fault("unsaid"), a_fault("real")))
    modes = ("real", "unsaid", "other")
    events = [an_alarm_event(AlarmEventKind.RAISED, fault_mode=mode, raised_at=T0) for mode in modes]
    watch = Watch()
    watch.see("s1", "P-1", int(T0.timestamp() * 1000) + 60_000 * np.arange(101))

    episodes = episodes_of(events, labels)
    figures = figures_of(figures_by_equipment(watch.coverage, episodes), faults_found(labels.faults, episodes))

    said = {one.key.fault_mode: (one.fault is not None, one.undecided, one.is_false) for one in episodes}
    assert said == {"real": (True, False, False), "unsaid": (False, True, False), "other": (False, False, True)}
    assert (figures.alarms, figures.false_alarms, figures.undecided, figures.found) == (3, 1, 1, 1)
    assert [is_false(one.key, labels) for one in events] == [False, False, True]
