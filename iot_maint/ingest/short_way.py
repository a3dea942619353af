"""The way of nearly every message: our own topic and plain form, registered equipment, declared metrics, a time of now.

What it takes in goes into columns without an object of its own, and is what the door would have come to; everything
else is left to the door.
"""

from collections.abc import Callable, Sequence, Sized
from typing import Protocol

import msgspec

from iot_maint.domain.columns import ColumnsBuilder, Origin, OriginTable
from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.canonical import PLAIN
from iot_maint.ingest.decoders.names import codes_in
from iot_maint.ingest.door import AHEAD_MS, OLDEST_MS
from iot_maint.ingest.inbox import RETAIN, Arrivals, Packet

# What is remembered beyond the register's size: origins that came by the door, and forms that changed.
_SPARE_ORIGINS = 65_536
_FORMS_EACH = 4
_MILLISECONDS_FROM = 10**11  # below, a time is in seconds

# By the names of a message's values, in its order: the number of its origin.
_Forms = dict[tuple[str, ...], int]


class Declarations(Protocol):
    """What the register says of equipment and its metrics."""

    @property
    def register(self) -> Sized:
        """All equipment; another object after every change."""
        ...

    def declares(self, site: str, code: str, metrics: Sequence[str]) -> bool:
        """Whether the equipment is registered there, with a type that declares all of the metrics."""
        ...


class ShortWay:
    """Remembers topics as long as the register stands.  `is_ours` says whether a topic is read by no topic rule."""

    def __init__(self, declarations: Declarations, is_ours: Callable[[str], bool]) -> None:
        self._declarations = declarations
        self._is_ours = is_ours
        self._register = declarations.register
        self._table = OriginTable()
        self._forms: dict[bytes, _Forms] = {}

    def columns(self) -> ColumnsBuilder:
        """Empty columns for the next batch."""
        register = self._declarations.register
        if register is not self._register or len(self._table) >= _SPARE_ORIGINS + _FORMS_EACH * len(register):
            self._register, self._table = register, OriginTable()
            self._forms.clear()
        return ColumnsBuilder(self._table)

    def take_in(self, arrivals: Arrivals, columns: ColumnsBuilder, otherwise: Callable[[Packet, int], None]) -> None:
        """Add what can go this way to `columns`; hand each of the others to `otherwise`, in the order of arrival, with
        its instant of reception."""
        decode, forms_of = PLAIN.decode, self._forms
        origin_of, at_ms, values = columns.origin_of, columns.at_ms, columns.values
        received_at_ms = arrivals.received_at_ms
        oldest, newest = max(received_at_ms - OLDEST_MS, _MILLISECONDS_FROM), received_at_ms + AHEAD_MS
        for packet in arrivals.packets:
            topic, payload, header, _ = packet
            try:
                plain = decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                otherwise(packet, received_at_ms)
                continue
            fields = plain.values
            forms = forms_of.get(topic)
            number = forms.get(tuple(fields)) if forms is not None else None
            if number is None:
                number = self._learn(topic, tuple(fields))
            if number is None or header & RETAIN or not oldest <= plain.ts <= newest:
                otherwise(packet, received_at_ms)
                continue
            origin_of.append(number)
            at_ms.append(plain.ts)
            columns.received_at_ms.append(received_at_ms)
            values.extend(fields.values())  # true and false become 1 and 0 in the column

    def _learn(self, topic: bytes, names: tuple[str, ...]) -> int | None:
        """The number of that origin; None where the door has to look."""
        try:
            text = topic.decode()
            site, equipment = codes_in(text)
        except (UnicodeDecodeError, MalformedTelemetry):
            return None
        if not names or not self._is_ours(text) or not self._declarations.declares(site, equipment, names):
            return None
        number = self._table.number_of(Origin(site, equipment, names))
        forms = self._forms.setdefault(topic, {})
        if len(forms) < _FORMS_EACH:
            forms[names] = number
        return number
