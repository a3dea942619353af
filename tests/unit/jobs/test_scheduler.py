"""A job that fails is said, and neither it nor another one ever stops coming."""

import logging
from datetime import timedelta
from threading import Event, Lock

import pytest

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.jobs.scheduler import Job, Scheduler, guard

PATIENCE_S = 10


def a_job(fault: Exception | None = None, name: str = "deliver") -> Job:
    def run() -> None:
        if fault is not None:
            raise fault

    return Job(name=name, every=timedelta(seconds=5), run=run)


def test_an_absent_store_is_a_warning_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    guard(a_job(StoreUnavailable("the database is away")))()

    (record,) = caplog.records
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert record.getMessage() == "job deliver waits: the database is away"


def test_a_fault_of_ours_is_an_error_with_the_job_s_name(caplog: pytest.LogCaptureFixture) -> None:
    guard(a_job(KeyError("nobody foresaw")))()

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "job deliver failed; it runs again in 0:00:05"
    assert record.exc_info is not None


def test_a_job_that_works_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    guard(a_job())()
    assert caplog.records == []


def test_a_failing_job_comes_again_beside_one_that_works() -> None:
    failed_twice, worked_twice = Event(), Event()
    failures: list[int] = []
    runs: list[int] = []

    def fail() -> None:
        failures.append(1)
        if len(failures) == 2:
            failed_twice.set()
        raise LookupError

    def work() -> None:
        runs.append(1)
        if len(runs) == 2:
            worked_twice.set()

    often = timedelta(milliseconds=20)
    with Scheduler([Job(name="bad", every=often, run=fail), Job(name="good", every=often, run=work)]):
        assert failed_twice.wait(PATIENCE_S)
        assert worked_twice.wait(PATIENCE_S)


def test_a_slow_job_never_runs_beside_itself_and_the_end_waits_for_it() -> None:
    alone, began, go_on = Lock(), Event(), Event()
    beside_itself: list[int] = []
    finished: list[int] = []

    def work() -> None:
        if not alone.acquire(blocking=False):
            beside_itself.append(1)
            return
        with_patience = go_on.wait(PATIENCE_S) if not began.is_set() else True
        began.set()
        finished.append(with_patience)
        alone.release()

    with Scheduler([Job(name="slow", every=timedelta(milliseconds=20), run=work)]):
        go_on.wait(0.2)  # ten ticks
        go_on.set()
        assert began.wait(PATIENCE_S)
    assert beside_itself == []
    assert finished
