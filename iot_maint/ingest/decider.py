"""From the spool to the rules: each batch decided in order, with a checkpoint every two seconds or less often."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.errors import MaintError, StoreUnavailable
from iot_maint.domain.ports import Meter, Spool
from iot_maint.domain.telemetry import Batch, Telemetry
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quiet_log import quiet_logger

logger = quiet_logger(__name__)

READ_BATCHES = 20
IDLE_S = 0.5
SLOW_S = 30.0  # between tries of what a person has to mend
CHECKPOINT_S = 2.0  # of real time, however fast the service's clock runs
# Where tens of thousands of states change in that time, saving them all would be most of the work: no more than a tenth
# goes into checkpoints, and a restart decides some more batches again.
_PAUSES = 9


class Monitoring(Protocol):
    """What decides.  All three raise `StoreUnavailable` to be called again, and change nothing when they raise."""

    def start(self) -> int:
        """Load the checkpoint; the number of the last batch that it covers."""
        ...

    def handle(self, batch: Batch) -> object:
        """Decide one batch and save what it leads to."""
        ...

    def checkpoint(self, number: int) -> None:
        """Save the rule states that all batches through `number` have led to."""
        ...


class Listening(Protocol):
    """What hears every batch before it is decided."""

    def observe(self, columns: TelemetryColumns) -> None:
        """Take in one batch."""
        ...


class Decider:
    """Follows the spool by number, from the checkpoint on."""

    def __init__(
        self,
        *,
        spool: Spool,
        monitoring: Monitoring,
        progress: Progress,
        meter: Meter,
        backoff: Backoff,
        quality: Listening | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spool = spool
        self._monitoring = monitoring
        self._progress = progress
        self._meter = meter
        self._backoff = backoff
        self._quality = quality
        self._monotonic = monotonic
        self._checkpoint_at = monotonic() + CHECKPOINT_S

    def run(self, stop: threading.Event) -> None:
        """Decide until `stop` is set, then checkpoint once more."""
        if not self.resume(stop):
            return
        while not stop.is_set():
            try:
                decided = self.step(stop)
            except MaintError as error:
                logger.error("deciding stands still until somebody mends this: %s", error)
                stop.wait(SLOW_S)
            else:
                if not decided:
                    self._progress.wait_beyond(self._progress.decided, IDLE_S)
        self.checkpoint()

    def step(self, stop: threading.Event) -> bool:
        """Decide the next batches, and checkpoint when it is time; false when there were none."""
        batches = self._spool.read_after(self._progress.decided, READ_BATCHES)
        for batch in batches:
            self._listen(batch)
            if not self.decide(batch, stop):
                break
            self._progress.decided = batch.number
            self._checkpoint_if_due()
        self._meter.set("undecided_batches", max(self._progress.spooled - self._progress.decided, 0))
        self._checkpoint_if_due()
        return bool(batches)

    def decide(self, batch: Batch, stop: threading.Event) -> bool:
        """Decide a batch, waiting for the database as long as it takes; false when `stop` was set before.

        A batch on which the rules fail must not stop them for ever: it is decided once more by equipment, and only
        the equipment that they fail on goes without.
        """
        try:
            return self._handle(batch, stop)
        except Exception:
            logger.exception("the rules failed on batch %d; deciding it by equipment", batch.number)
        by_equipment: dict[str, list[Telemetry]] = {}
        for item in batch.telemetry:
            by_equipment.setdefault(item.equipment, []).append(item)
        for code, telemetry in by_equipment.items():
            try:
                if not self._handle(replace(batch, telemetry=tuple(telemetry)), stop):
                    return False
            except Exception:
                logger.exception("the rules failed on equipment %s in batch %d; skipped", code, batch.number)
                self._meter.count("batches_skipped")
        return True

    def checkpoint(self) -> None:
        """Save how far deciding has come, if the database can; the next time is soon enough when it cannot."""
        number, began = self._progress.decided, self._monotonic()
        self._checkpoint_at = began + CHECKPOINT_S
        if number <= self._progress.covered:
            return
        try:
            self._monitoring.checkpoint(number)
        except StoreUnavailable as error:
            self._meter.count("store_failures", store="database")
            logger.warning("the checkpoint waits: %s", error)
        except Exception:
            logger.exception("the checkpoint failed")
        else:
            self._progress.covered = number
            ended = self._monotonic()
            self._checkpoint_at = ended + max(CHECKPOINT_S, _PAUSES * (ended - began))

    def resume(self, stop: threading.Event) -> bool:
        """Begin after what the checkpoint covers, waiting for the database; false when `stop` was set before."""
        while not stop.is_set():
            try:
                # A data directory put back from a copy gives numbers once more that the checkpoint covers already.
                number = min(self._monitoring.start(), self._spool.last_number())
            except StoreUnavailable as error:
                self._meter.count("store_failures", store="database")
                logger.warning("deciding waits: %s", error)
                stop.wait(self._backoff.next_s(error.retry_after))
            except MaintError as error:
                logger.error("deciding cannot start until somebody mends this: %s", error)
                stop.wait(SLOW_S)
            else:
                self._backoff.reset()
                self._progress.decided = self._progress.covered = number
                return True
        return False

    def _listen(self, batch: Batch) -> None:
        """What goes wrong in judging the data's quality must not stop what is decided by it."""
        if self._quality is None:
            return
        try:
            self._quality.observe(TelemetryColumns.of(batch.telemetry))
        except Exception:
            logger.exception("batch %d was not looked at for its quality", batch.number)

    def _handle(self, batch: Batch, stop: threading.Event) -> bool:
        while not stop.is_set():
            began = self._monotonic()
            try:
                self._monitoring.handle(batch)
            except StoreUnavailable as error:
                self._meter.count("store_failures", store="database")
                logger.warning("deciding waits: %s", error)
                stop.wait(self._backoff.next_s(error.retry_after))
            else:
                self._meter.count("decide_s", self._monotonic() - began)
                self._backoff.reset()
                return True
        return False

    def _checkpoint_if_due(self) -> None:
        if self._monotonic() >= self._checkpoint_at:
            self.checkpoint()
