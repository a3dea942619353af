"""From the inbox to the spool: decode a micro-batch, make it durable in one commit, acknowledge, and never earlier."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from iot_maint.domain.errors import MaintError
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Clock, Meter, Spool
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.decoders.names import printable
from iot_maint.ingest.door import Admitted, Door, dead_letter
from iot_maint.ingest.inbox import Inbox, Message
from iot_maint.ingest.notices import Publish, heed
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quiet_log import quiet_logger

BATCH_MESSAGES = 1000
_IDLE_S = 0.5

logger = quiet_logger(__name__)


def _publish_nothing(_topic: str, _payload: bytes) -> None:
    """For who has nobody to ask."""


class Receiver:
    """The only writer of batches.  Touches no database: what decides and stores may be absent for days."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        door: Door,
        spool: Spool,
        acknowledge: Callable[[Sequence[Message]], None],
        progress: Progress,
        clock: Clock,
        meter: Meter,
        backoff: Backoff,
        publish: Publish = _publish_nothing,
    ) -> None:
        self._inbox = inbox
        self._door = door
        self._spool = spool
        self._acknowledge = acknowledge
        self._progress = progress
        self._clock = clock
        self._meter = meter
        self._backoff = backoff
        self._publish = publish

    def run(self, stop: threading.Event) -> None:
        """Take in until the inbox is closed and empty; gives up on a spool that fails once `stop` is set too."""
        while not self._inbox.exhausted:
            idle_since_ms = epoch_ms(self._clock.now())
            messages = self._inbox.collect(BATCH_MESSAGES, _IDLE_S)
            if not messages:
                self._note_received(idle_since_ms)
            elif self.take_in(messages, stop):
                # Of the same millisecond more may follow.
                self._note_received(messages[-1].received_at_ms - 1)

    def take_in(self, messages: Sequence[Message], stop: threading.Event) -> bool:
        """One batch, durable and then acknowledged; false when it was given up, and the broker will send it again."""
        admitted = self._admit(messages)
        while True:
            try:
                number = self._append(messages, admitted)
            except MaintError as error:
                self._meter.count("store_failures", store="spool")
                logger.error("cannot spool, so nothing is acknowledged: %s", error)
                if stop.wait(self._backoff.next_s()):
                    return False
            except Exception:
                logger.exception("cannot spool a batch of %d messages", len(messages))
                return self._take_in_parts(messages, stop)
            else:
                break
        self._backoff.reset()
        if number:
            self._progress.note_spooled(number)
        self._acknowledge(messages)
        self._count(messages, admitted, number)
        if admitted.notices:
            heed(admitted.notices, self._meter, self._publish)
        return True

    def _take_in_parts(self, messages: Sequence[Message], stop: threading.Event) -> bool:
        """Corner the message that no commit can hold, so that it does not take the others with it."""
        if len(messages) > 1:
            half = len(messages) // 2
            return self.take_in(messages[:half], stop) and self.take_in(messages[half:], stop)
        logger.error("a message of %s was given up", printable(messages[0].topic))
        self._acknowledge(messages)
        self._meter.count("messages_rejected", reason="unkeepable")
        return True

    def _admit(self, messages: Sequence[Message]) -> Admitted:
        admitted = Admitted()
        for message in messages:
            try:
                self._door.admit(message, admitted)
            except Exception as error:
                # A fault of ours in one message: it is kept, and the loop goes on.
                logger.exception("cannot take in a message of %s", printable(message.topic))
                admitted.dead.append(dead_letter(message, "internal_error", type(error).__name__))
        return admitted

    def _append(self, messages: Sequence[Message], admitted: Admitted) -> int:
        """The batch's number, 0 when nothing of it was telemetry."""
        if not admitted.telemetry and not admitted.dead:
            return 0
        return self._spool.append(admitted.telemetry, admitted.dead, messages[-1].received_at_ms)

    def _count(self, messages: Sequence[Message], admitted: Admitted, number: int) -> None:
        self._meter.count("messages_received", len(messages))
        self._meter.count("readings_decoded", sum(len(item.values) + len(item.texts) for item in admitted.telemetry))
        for reason, amount in admitted.dropped.items():
            self._meter.count("values_dropped", amount, reason=reason)
        for reason, amount in Counter(letter.reason for letter in admitted.dead).items():
            self._meter.count("messages_rejected", amount, reason=reason)
        if number:
            self._meter.count("batches_spooled")
        self._meter.count("batches_acknowledged")
        # By the service's clock, which may be set back meanwhile.
        waited_ms = max(epoch_ms(self._clock.now()) - messages[0].received_at_ms, 0)
        self._meter.count("acknowledgement_s", waited_ms / 1000)

    def _note_received(self, through_ms: int) -> None:
        self._progress.received_through_ms = max(self._progress.received_through_ms, through_ms)
