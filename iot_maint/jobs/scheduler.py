"""Runs due work on a tick.  What is due stands in the database, so a missed tick or a restart loses nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from apscheduler.schedulers.background import BackgroundScheduler

from iot_maint.domain.errors import StoreUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of due work.  `run` does all that is due now; `every` is real time."""

    name: str
    every: timedelta
    run: Callable[[], object]


class Scheduler:
    """Ticks the jobs in background threads while the `with` block runs; one run of a job at a time."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def __enter__(self) -> "Scheduler":
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        for job in self._jobs:
            self._scheduler.add_job(
                guard(job),
                "interval",
                seconds=job.every.total_seconds(),
                id=job.name,
                # The defaults skip a run that starts a second late, in silence.
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        self._scheduler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scheduler.shutdown(wait=True)


def guard(job: Job) -> Callable[[], None]:
    """The job with its edge: whatever goes wrong is logged with the job's name, and the next tick comes."""

    def run() -> None:
        try:
            job.run()
        except StoreUnavailable as error:
            log.warning("job %s waits: %s", job.name, error)
        except Exception:
            log.exception("job %s failed; it runs again in %s", job.name, job.every)

    return run
