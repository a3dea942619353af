import threading

import pytest

from iot_maint.bootstrap.bounded_check import BoundedCheck
from iot_maint.domain.errors import StoreUnavailable

LONG_S = 20.0


def test_what_the_check_says_is_said() -> None:
    answers: list[Exception | None] = [None, StoreUnavailable("gone"), LookupError("a fault of ours")]

    def check() -> None:
        if (error := answers.pop(0)) is not None:
            raise error

    bounded = BoundedCheck(check, LONG_S)
    bounded()
    with pytest.raises(StoreUnavailable, match="gone"):
        bounded()
    with pytest.raises(StoreUnavailable, match="the log says why"):
        bounded()


def test_a_check_that_hangs_is_named_in_time_and_runs_but_once() -> None:
    let_go, begun = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        begun.release()
        let_go.wait(LONG_S)

    bounded = BoundedCheck(hang, 0.01)
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="no answer within"):
            bounded()
    assert begun.acquire(timeout=LONG_S)
    assert not begun.acquire(blocking=False)
    let_go.set()
