"""From the inbox to the spool: decode a micro-batch, make it durable in one commit, acknowledge, and never earlier."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.errors import MaintError
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Clock, Meter, Spool
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.decoders.names import printable
from iot_maint.ingest.door import Admitted, Door, Message, dead_letter
from iot_maint.ingest.hand_over import HandOver
from iot_maint.ingest.inbox import RETAIN, Arrivals, Inbox, Packet
from iot_maint.ingest.notices import Publish, heed
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quiet_log import quiet_logger
from iot_maint.ingest.short_way import ShortWay

BATCH_MESSAGES = 1000
_IDLE_S = 0.5
_UNREADABLE_TOPIC = "\ufffd"

logger = quiet_logger(__name__)


def _publish_nothing(_topic: str, _payload: bytes) -> None:
    """For who has nobody to ask."""


class Receiver:
    """The only writer of batches.  Touches no database: what decides and stores may be absent for days."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        short_way: ShortWay,
        door: Door,
        spool: Spool,
        acknowledge: Callable[[Sequence[Arrivals]], None],
        progress: Progress,
        clock: Clock,
        meter: Meter,
        backoff: Backoff,
        publish: Publish = _publish_nothing,
        hand_over: HandOver | None = None,
    ) -> None:
        """`hand_over`: which messages are another worker's; those are acknowledged and nothing more."""
        self._inbox = inbox
        self._short_way = short_way
        self._door = door
        self._spool = spool
        self._acknowledge = acknowledge
        self._progress = progress
        self._clock = clock
        self._meter = meter
        self._backoff = backoff
        self._publish = publish
        self._hand_over = hand_over

    def run(self, stop: threading.Event) -> None:
        """Take in until the inbox is closed and empty; gives up on a spool that fails once `stop` is set too."""
        while not self._inbox.exhausted:
            idle_since_ms = epoch_ms(self._clock.now())
            arrivals = self._inbox.collect(BATCH_MESSAGES, _IDLE_S)
            if not arrivals:
                self._note_received(idle_since_ms)
                if self._hand_over is not None:
                    self._hand_over.note_idle(idle_since_ms)
            elif self.take_in(arrivals, stop):
                # Of the same millisecond more may follow.
                self._note_received(arrivals[-1].received_at_ms - 1)

    def take_in(self, arrivals: Sequence[Arrivals], stop: threading.Event) -> bool:
        """One batch, durable and then acknowledged; false when it was given up, and the broker will send it again."""
        if self._hand_over is not None:
            arrivals = self._leave_to_others(arrivals, self._hand_over)
            if not arrivals:
                return True
        admitted = self._admit(arrivals)
        while True:
            try:
                telemetry = admitted.telemetry
                number = self._append(telemetry, admitted, arrivals[-1].received_at_ms)
            except MaintError as error:
                self._meter.count("store_failures", store="spool")
                logger.error("cannot spool, so nothing is acknowledged: %s", error)
                if stop.wait(self._backoff.next_s()):
                    return False
            except Exception:
                logger.exception("cannot spool a batch of %d messages", sum(len(one.packets) for one in arrivals))
                return self._take_in_parts(arrivals, stop)
            else:
                break
        self._backoff.reset()
        if number:
            self._progress.note_spooled(number)
        self._acknowledge(arrivals)
        self._count(arrivals, admitted, telemetry, number)
        if self._hand_over is not None:
            self._hand_over.note_taken(telemetry)
        if admitted.notices:
            heed(admitted.notices, self._meter, self._publish)
        return True

    def _take_in_parts(self, arrivals: Sequence[Arrivals], stop: threading.Event) -> bool:
        """Corner the message that no commit can hold, so that it does not take the others with it."""
        parts = [one._replace(packets=(packet,)) for one in arrivals for packet in one.packets]
        if len(parts) > 1:
            half = len(parts) // 2
            return self.take_in(parts[:half], stop) and self.take_in(parts[half:], stop)
        logger.error("a message of %s was given up", printable(_message(parts[0].packets[0], 0).topic))
        self._acknowledge(arrivals)
        self._meter.count("messages_rejected", reason="unkeepable")
        return True

    def _leave_to_others(self, arrivals: Sequence[Arrivals], hand_over: HandOver) -> Sequence[Arrivals]:
        """Acknowledge what another worker has for certain; what is ours."""
        if not hand_over.others_have_sites:
            return arrivals
        ours: list[Arrivals] = []
        left: list[Arrivals] = []
        for one in arrivals:
            parts: tuple[list[Packet], list[Packet]] = ([], [])
            for packet in one.packets:
                parts[hand_over.leaves(packet[0])].append(packet)
            ours += [one._replace(packets=parts[0])] if parts[0] else []
            left += [one._replace(packets=parts[1])] if parts[1] else []
        if left:
            self._acknowledge(left)
            amount = sum(len(one.packets) for one in left)
            self._meter.count("messages_received", amount)
            self._meter.count("messages_left", amount)
        return ours

    def _admit(self, arrivals: Sequence[Arrivals]) -> Admitted:
        admitted = Admitted(columns=self._short_way.columns())

        def by_the_door(packet: Packet, received_at_ms: int) -> None:
            self._admit_one(_message(packet, received_at_ms), admitted)

        for one in arrivals:
            self._short_way.take_in(one, admitted.columns, by_the_door)
        return admitted

    def _admit_one(self, message: Message, admitted: Admitted) -> None:
        try:
            self._door.admit(message, admitted)
        except Exception as error:
            # A fault of ours in one message: it is kept, and the loop goes on.
            logger.exception("cannot take in a message of %s", printable(message.topic))
            admitted.dead.append(dead_letter(message, "internal_error", type(error).__name__))

    def _append(self, telemetry: TelemetryColumns, admitted: Admitted, received_at_ms: int) -> int:
        """The batch's number, 0 when nothing of it was telemetry."""
        if not telemetry and not admitted.dead and not admitted.notices:
            return 0
        return self._spool.append(telemetry, admitted.dead, received_at_ms, admitted.notices)

    def _count(
        self, arrivals: Sequence[Arrivals], admitted: Admitted, telemetry: TelemetryColumns, number: int
    ) -> None:
        self._meter.count("messages_received", sum(len(one.packets) for one in arrivals))
        self._meter.count("readings_decoded", len(telemetry.values) + sum(map(len, telemetry.texts.values())))
        for reason, amount in admitted.dropped.items():
            self._meter.count("values_dropped", amount, reason=reason)
        for reason, amount in Counter(letter.reason for letter in admitted.dead).items():
            self._meter.count("messages_rejected", amount, reason=reason)
        if number:
            self._meter.count("batches_spooled")
        self._meter.count("batches_acknowledged")
        # By the service's clock, which may be set back meanwhile.
        waited_ms = max(epoch_ms(self._clock.now()) - arrivals[0].received_at_ms, 0)
        self._meter.count("acknowledgement_s", waited_ms / 1000)

    def _note_received(self, through_ms: int) -> None:
        self._progress.received_through_ms = max(self._progress.received_through_ms, through_ms)


def _message(packet: Packet, received_at_ms: int) -> Message:
    topic, payload, header, _ = packet
    try:
        text = topic.decode()
    except UnicodeDecodeError:
        text = _UNREADABLE_TOPIC
    return Message(text, payload, header & RETAIN != 0, received_at_ms)
