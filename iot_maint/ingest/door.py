"""What becomes of one message: telemetry that is taken in, or a dead letter with its reason.  Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

from iot_maint.domain.columns import ColumnsBuilder, TelemetryColumns
from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.telemetry import DeadLetter, Decoded, GatewayNotice, Rejection, Telemetry
from iot_maint.ingest.decoders import Decode

MAX_PAYLOAD = 256 * 1024  # bytes; of a longer one only the beginning is kept, as a dead letter
OLDEST_MS = 7 * 24 * 3600 * 1000  # before its reception
AHEAD_MS = 5 * 60 * 1000  # of its reception

Reject = Callable[[Telemetry], Rejection | None]
NoteRefused = Callable[[Telemetry, Rejection], None]


def _note_nothing(_telemetry: Telemetry, _rejection: Rejection) -> None:
    """For who keeps no account of clocks."""


class Message(NamedTuple):
    """One MQTT message."""

    topic: str
    payload: bytes
    retained: bool
    received_at_ms: int


@dataclass(slots=True, kw_only=True)
class Admitted:
    """What a batch of messages came to.  Grows message by message."""

    columns: ColumnsBuilder = field(default_factory=ColumnsBuilder)
    dead: list[DeadLetter] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    notices: list[GatewayNotice] = field(default_factory=list)

    @property
    def telemetry(self) -> TelemetryColumns:
        """What was taken in."""
        return self.columns.build()


class Door:
    """Decodes and checks messages by the rules of one topic map entry and the register's `reject`."""

    def __init__(
        self, decode: Decode, site_timezone: ZoneInfo, reject: Reject, note_refused: NoteRefused = _note_nothing
    ) -> None:
        """`note_refused` hears of telemetry that is refused for its time alone."""
        self._decode = decode
        self._site_timezone = site_timezone
        self._reject = reject
        self._note_refused = note_refused

    def admit(self, message: Message, admitted: Admitted, as_of_ms: int | None = None) -> None:
        """Add the message's telemetry to `admitted`, and at most one dead letter for each reason to refuse it.

        `as_of_ms`: judge it as if it came only then; a payload without a time keeps that of its first reception.

        The dead letter holds the whole message, also where a part of it was taken in: to replay it is harmless.
        """
        try:
            decoded = self._decode_within_limits(message)
        except MalformedTelemetry as fault:
            admitted.dead.append(dead_letter(message, fault.reason, fault.detail))
            return
        for reason, count in decoded.dropped.items():
            admitted.dropped[reason] = admitted.dropped.get(reason, 0) + count
        if decoded.notices:
            admitted.notices += decoded.notices
        refused = {rejection.reason: rejection for rejection in decoded.rejected}
        for decoded_item in decoded.telemetry:
            item = decoded_item if as_of_ms is None else replace(decoded_item, received_at_ms=as_of_ms)
            rejection = reject_by_time(item)
            if rejection is not None:
                if not message.retained:  # told again, whenever it was: nobody was heard
                    self._note_refused(item, rejection)
            else:
                rejection = self._reject(item)
            if rejection is not None:
                refused.setdefault(rejection.reason, rejection)
            else:
                # A retained message is the last one known, told again: no evidence of anything now.
                admitted.columns.add(replace(item, retained=True) if message.retained else item)
        admitted.dead += [dead_letter(message, one.reason, one.detail) for one in refused.values()]

    def _decode_within_limits(self, message: Message) -> Decoded:
        if len(message.payload) > MAX_PAYLOAD:
            detail = f"{len(message.payload)} bytes, at most {MAX_PAYLOAD}; the rest is cut off"
            raise MalformedTelemetry("too_large", detail)
        return self._decode(message.topic, message.payload, message.received_at_ms, self._site_timezone)


def reject_by_time(telemetry: Telemetry) -> Rejection | None:
    """Telemetry from before the last 7 days, or from further ahead than clocks go wrong."""
    lag_ms = telemetry.received_at_ms - telemetry.at_ms
    if lag_ms > OLDEST_MS:
        return Rejection(reason="too_old", detail=f"taken {lag_ms / 86_400_000:.1f} days before it was received")
    if lag_ms < -AHEAD_MS:
        return Rejection(reason="ahead", detail=f"taken {-lag_ms / 60_000:.1f} minutes after it was received")
    return None


def dead_letter(message: Message, reason: str, detail: str) -> DeadLetter:
    """The message as it came, with the reason."""
    return DeadLetter(
        topic=message.topic,
        payload=message.payload[:MAX_PAYLOAD],
        reason=reason,
        detail=detail,
        received_at_ms=message.received_at_ms,
    )
