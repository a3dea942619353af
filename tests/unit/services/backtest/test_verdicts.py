"""Rates with an honest bound, and time in alarm counted once."""

from datetime import timedelta

import numpy as np
import pytest

from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.services.backtest.coverage import LONGEST_GAP_MS, MONTH_MS, Watch
from iot_maint.services.backtest.verdicts import episodes_of, figures_by_equipment, rate_at_most
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

    [figures] = figures_by_equipment(watch.coverage, episodes_of(events, ()))

    assert (figures.alarms, figures.alarmed_ms) == (2, 40 * 60_000)
    assert figures.share_in_alarm == pytest.approx(0.4)
