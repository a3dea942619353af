"""How the commands speak: JSON lines for scripts, plain lines for people, one log line an event on stderr."""

import json
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

import msgspec

from iot_maint.ingest.quiet_log import QuietFilter


def say(line: str) -> None:
    """One line for people."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say_error(line: str) -> None:
    """One line for people, on stderr."""
    sys.stderr.write(line + "\n")


def say_json(document: object) -> None:
    """One JSON document a line, for scripts; dataclasses and datetimes included."""
    say(json.dumps(msgspec.to_builtins(document, str_keys=True), ensure_ascii=False))


def start_logging() -> None:
    """Logs go to stderr, one line an event, limited per cause."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(QuietFilter())
    for chatty in ("httpx", "httpcore", "alembic", "apscheduler", "paho", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def stop_signal() -> Iterator[Event]:
    """An event that SIGTERM or SIGINT sets: the long-running commands wait for it and leave in order."""
    stopping = Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
