"""What the decoders of other formats share: a message's parts are added one by one, and come out as telemetry.

Of a message in parts (an array, several devices, several times) the good ones are taken; it is malformed when every
part is.  A part whose values all say nothing (null, NaN, a sentinel) is no malformed one.
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.telemetry import Decoded, Rejection, Telemetry, TimestampSource
from iot_maint.ingest.decoders.source import Source
from iot_maint.ingest.decoders.timestamps import read_timestamp
from iot_maint.ingest.decoders.values import SAYS_NOTHING, Dropped, read_values

MAX_PARTS = 10_000  # of one message


class Readings:
    """The parts of one message so far."""

    def __init__(self, source: Source, topic: str, received_at_ms: int, site_timezone: ZoneInfo) -> None:
        self.source = source
        self.names = source.names(topic)
        self.topic = topic
        self.received_at_ms = received_at_ms
        self._site_timezone = site_timezone
        self._telemetry: list[Telemetry] = []
        self._dropped: dict[str, int] = {}
        self._faults: dict[str, MalformedTelemetry] = {}
        self._parts = 0
        self._faulty = 0

    def add(
        self,
        values: Mapping[str, object],
        time: object = None,
        device: str | None = None,
        *,
        unknown_keys: int = 0,
        historical: bool = False,
    ) -> None:
        """A part: raw values by name, its time as it stands in the payload (None: received now), its equipment's name
        as the payload has it (None: the topic's).  `unknown_keys` counts what stood beside them; what is `historical`
        was held back and is told now."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise MalformedTelemetry("too_many_values", f"more than {MAX_PARTS} parts in one message")
        try:
            source = TimestampSource.RECEIVED if time is None else TimestampSource.DEVICE
            at_ms = self.received_at_ms if time is None else read_timestamp(time, self._site_timezone)
            self._add(values, at_ms, source, device, unknown_keys=unknown_keys, historical=historical)
        except MalformedTelemetry as fault:
            self._note(fault)

    def add_at(
        self,
        values: Mapping[str, object],
        at_ms: int,
        device: str | None,
        ts_source: TimestampSource,
    ) -> None:
        """A part whose instant the decoder knows."""
        self._parts += 1
        try:
            self._add(values, at_ms, ts_source, device)
        except MalformedTelemetry as fault:
            self._note(fault)

    def refuse(self, fault: MalformedTelemetry) -> None:
        """A part that could not be read."""
        self._parts += 1
        self._note(fault)

    def drop(self, reason: Dropped, count: int = 1) -> None:
        """Values that the decoder left out itself."""
        self._dropped[reason.value] = self._dropped.get(reason.value, 0) + count

    def decoded(self) -> Decoded:
        """All of it; raises `MalformedTelemetry` when nothing of it is good."""
        if self._parts == 0 and not self._dropped:
            raise MalformedTelemetry("no_values", "no readings in the message")
        if self._parts and self._faulty == self._parts:
            raise next(iter(self._faults.values()))
        return self.collected()

    def collected(self) -> Decoded:
        """All of it; where nothing is good, what was wrong stands in `rejected`."""
        share = f"{self._faulty} of {self._parts} parts are bad, the first"
        rejected = (
            Rejection(reason=fault.reason, detail=f"{share}: {fault.detail}") for fault in self._faults.values()
        )
        return Decoded(telemetry=tuple(self._telemetry), dropped=self._dropped, rejected=tuple(rejected))

    def _note(self, fault: MalformedTelemetry) -> None:
        self._faulty += 1
        self._faults.setdefault(fault.reason, fault)

    def _add(
        self,
        values: Mapping[str, object],
        at_ms: int,
        ts_source: TimestampSource,
        device: str | None,
        *,
        unknown_keys: int = 0,
        historical: bool = False,
    ) -> None:
        site, equipment = self.source.place(self.names, device)
        own: dict[str, int] = {Dropped.UNKNOWN_KEY.value: unknown_keys} if unknown_keys else {}
        numbers, texts = read_values(values, own)
        if self.source.registers:
            numbers, texts = self.source.registers.apply(numbers, texts, own)
        if not numbers and not texts and not (own and own.keys() <= SAYS_NOTHING):
            reasons = ", ".join(f"{reason} {count}" for reason, count in own.items())
            raise MalformedTelemetry("no_values", f"nothing that can be understood: {reasons}" if own else "no values")
        for reason, count in own.items():
            self._dropped[reason] = self._dropped.get(reason, 0) + count
        if numbers or texts:
            self._telemetry.append(
                Telemetry(
                    site=site,
                    equipment=equipment,
                    at_ms=at_ms,
                    received_at_ms=self.received_at_ms,
                    values=numbers,
                    texts=texts,
                    # Sent again later, it is no evidence of anything now: as what the broker retained.
                    retained=historical,
                    ts_source=ts_source,
                )
            )


# (payload, where its parts go): raises `MalformedTelemetry` and nothing else, whatever the bytes
ReadPayload = Callable[[bytes, Readings], None]
