"""Loggers for loops, where one broken thing would otherwise write a line a second, and a traceback with each."""

import logging
import threading
import time
import traceback
from collections.abc import Callable

_EVERY_S = 60.0
_MAX_CAUSES = 1000


def quiet_logger(name: str) -> logging.Logger:
    """The logger of that name, limited per cause."""
    logger = logging.getLogger(name)
    if not any(isinstance(known, QuietFilter) for known in logger.filters):
        logger.addFilter(QuietFilter())
    return logger


class QuietFilter(logging.Filter):
    """Of each cause the first line passes, then at most one a minute, which says how many it stands for.

    Lines of one message template are of one cause.  Exceptions become one line with the place where they were
    raised; their tracebacks appear at level DEBUG only.
    """

    def __init__(self, *, every_s: float = _EVERY_S, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._every_s = every_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._said: dict[tuple[int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; changes it where it stands for others."""
        cause = (record.levelno, str(record.msg))
        now = self._monotonic()
        with self._lock:
            said_at, withheld = self._said.get(cause, (now - self._every_s, 0))
            if now - said_at < self._every_s:
                self._said[cause] = (said_at, withheld + 1)
                return False
            if len(self._said) >= _MAX_CAUSES:
                self._said.clear()
            self._said[cause] = (now, 0)
        text = record.getMessage()
        if record.exc_info is not None and not logging.getLogger(record.name).isEnabledFor(logging.DEBUG):
            text = f"{text}: {_in_one_line(record.exc_info[1])}"
            record.exc_info = None
        record.msg = f"{text} (and {withheld} more of this)" if withheld else text
        record.args = None
        return True


def _in_one_line(error: BaseException | None) -> str:
    if error is None:
        return "no exception"
    places = [f"{frame.f_code.co_filename}:{line}" for frame, line in traceback.walk_tb(error.__traceback__)]
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text} (at {places[-1] if places else '?'})"
