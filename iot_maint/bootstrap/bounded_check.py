"""A check that answers in time, whatever hangs: a probe that itself hangs tells nobody which dependency it is."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from iot_maint.domain.errors import MaintError, StoreUnavailable

WITHIN_S = 4.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Asking:
    """One run of the check in a thread of its own."""

    done: threading.Event = field(default_factory=threading.Event)
    error: MaintError | None = None


class BoundedCheck:
    """Calls `check`, and raises its `MaintError`; `StoreUnavailable` when it does not come back within `within_s`.

    While one run hangs, whoever asks waits for that same one: threads do not pile up.
    """

    def __init__(self, check: Callable[[], None], within_s: float = WITHIN_S) -> None:
        self._check = check
        self._within_s = within_s
        self._lock = threading.Lock()
        self._asking: _Asking | None = None

    def __call__(self) -> None:
        asking = self._ask()
        if not asking.done.wait(self._within_s):
            raise StoreUnavailable(f"no answer within {self._within_s:g} s")
        if asking.error is not None:
            raise asking.error

    def _ask(self) -> _Asking:
        with self._lock:
            if self._asking is None or self._asking.done.is_set():
                self._asking = _Asking()
                # A daemon: what hangs for ever must not keep the process from ending.
                threading.Thread(target=self._run, args=(self._asking,), name="check", daemon=True).start()
            return self._asking

    def _run(self, asking: _Asking) -> None:
        try:
            self._check()
        except MaintError as error:
            asking.error = error
        except Exception:
            log.exception("a check failed")
            asking.error = StoreUnavailable("the check itself failed; the log says why")
        finally:
            asking.done.set()
