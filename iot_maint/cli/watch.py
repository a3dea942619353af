"""Waiting for the end, while watching that no thread of the ingest part dies unnoticed."""

from threading import Event

from iot_maint.domain.errors import MaintError
from iot_maint.ingest.service import IngestService

LOOK_EVERY_S = 1.0


def wait_while_healthy(stopping: Event, ingest: IngestService) -> None:
    """Return when asked to stop, or when a worker that hands over its part has done so.

    `MaintError` when a thread has died, so that the supervisor starts us anew.
    """
    while not stopping.wait(LOOK_EVERY_S) and not ingest.finished:
        if dead := ingest.dead_threads():
            raise MaintError(f"thread {', '.join(dead)} died; see the log above; restart the service")
