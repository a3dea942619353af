"""Requested backtests, one at a time, each cluster in a child process that gives way to everything else."""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from typing import TypeVar

import msgspec

from iot_maint.bootstrap.backtesting import Asked, run_backtest
from iot_maint.bootstrap.installation import Installation
from iot_maint.bootstrap.spreading import Told, tell
from iot_maint.clock import SystemClock
from iot_maint.domain.backtests import BacktestOutput, StoredBacktest
from iot_maint.domain.catalog import Language
from iot_maint.domain.errors import MaintError
from iot_maint.services.backtest.document import Reader
from iot_maint.services.backtest.picture import picture_of
from iot_maint.services.backtest.requests import KEPT, faults_of, trials_of
from iot_maint.services.backtest.result import BacktestResult

log = logging.getLogger(__name__)

Given = TypeVar("Given")
Made = TypeVar("Made")
STALE_AFTER = timedelta(seconds=60)
WITHIN_S = 900.0
KEPT_OF_LISTS = 200  # episodes, orders and findings of a result
_BEAT_S = 2.0
_NICE = 10


class _Stopped(MaintError):
    """The service is asked to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestJob:
    """Runs what waits.  `stopping` ends a run at once: it waits again."""

    installation: Installation
    stopping: Event
    within_s: float = WITHIN_S

    def run_next(self) -> None:
        """The oldest request, if none runs anywhere."""
        database, real = self.installation.database, SystemClock()
        with database.reading() as repositories:
            if not any(one.status in ("queued", "running") for one in repositories.backtests.all()):
                return
        with database.transaction() as repositories:
            stored = repositories.backtests.take(real.now(), real.now() - STALE_AFTER)
        if stored is None:
            return
        try:
            output = self._run(stored)
        except _Stopped:
            with database.transaction() as repositories:
                repositories.backtests.put_back(stored.id)
            return
        except MaintError as error:
            with database.transaction() as repositories:
                repositories.backtests.fail(stored.id, str(error), real.now())
            return
        except Exception as error:
            # The edge of the job: whatever it was, the next request gets its turn.
            log.exception("backtest %d failed", stored.id)
            with database.transaction() as repositories:
                repositories.backtests.fail(stored.id, f"unexpected {type(error).__name__}; see the log", real.now())
            return
        with database.transaction() as repositories:
            repositories.backtests.finish(stored.id, output, real.now())
            repositories.backtests.keep_last(KEPT)

    def _run(self, stored: StoredBacktest) -> BacktestOutput:
        request = stored.request
        with tempfile.TemporaryDirectory(prefix="iot-maint-backtest-job-") as folder:
            children = _Children(
                folder=Path(folder), beat=lambda share: self._beat(stored.id, share), job=self, began=time.monotonic()
            )
            asked = Asked(
                rules=tuple(request.rules),
                models=tuple(request.models),
                start=request.start,
                end=request.end,
                trials=trials_of(request),
                equipment=tuple(request.equipment),
                faults=faults_of(request),
                wish=request.wish,
                plotted=True,
                progress=children.folder,
            )
            return self._output(run_backtest(self.installation.settings, asked, children.map))

    def _beat(self, backtest_id: int, share: float) -> None:
        with self.installation.database.transaction() as repositories:
            repositories.backtests.beat(backtest_id, share, SystemClock().now())

    def _output(self, result: BacktestResult) -> BacktestOutput:
        installation = self.installation
        with installation.database.reading() as repositories:
            register = {one.equipment.code: one.equipment for one in repositories.equipment.monitored()}
        documents = {
            language.value: msgspec.json.encode(
                Reader(
                    catalog=installation.catalog,
                    equipment=register,
                    language=language,
                    zone=installation.settings.zone,
                    kept=KEPT_OF_LISTS,
                ).document(result)
            ).decode()
            for language in Language
        }
        picture = msgspec.json.encode(picture_of(result, installation.catalog, register))
        return BacktestOutput(documents=documents, picture=picture)


@dataclass(slots=True, kw_only=True)
class _Children:
    """A child process a thing, one after the other: backtests take one core, and that only when it is free."""

    folder: Path
    beat: Callable[[float], None]
    job: BacktestJob
    began: float

    def map(self, function: Callable[[Given], Made], things: Iterable[Given], /) -> Iterator[Made]:
        """In order, each while it is beaten for."""
        yield from self._each(function, list(things))

    def _each(self, function: Callable[[Given], Made], things: Sequence[Given]) -> Iterator[Made]:
        context = get_context("spawn")
        for number, thing in enumerate(things):
            self._look(number, len(things))
            ours, theirs = context.Pipe(duplex=False)
            child = context.Process(target=_work, args=(function, thing, theirs), daemon=True)
            child.start()
            theirs.close()
            try:
                while not ours.poll(_BEAT_S):
                    self._look(number, len(things))
                told: Told[Made] = ours.recv()
            except EOFError:
                child.join()
                raise MaintError(f"the process of the backtest ended with {child.exitcode}: out of memory?") from None
            finally:
                child.kill()
                child.join()
                ours.close()
            yield told.made()

    def _look(self, number: int, things: int) -> None:
        if self.job.stopping.is_set():
            raise _Stopped
        if time.monotonic() - self.began > self.job.within_s:
            raise MaintError(f"took longer than {self.job.within_s:g} s; try fewer rules, less equipment or less time")
        own = self.folder / str(number)
        share = float(own.read_text("ascii")) if own.exists() else 0.0
        self.beat((number + share) / things)


def _work(function: Callable[[Given], Made], thing: Given, answer: Connection) -> None:
    os.nice(_NICE)
    answer.send(tell(function, thing))
    answer.close()
