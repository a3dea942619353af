"""What the rules remember of one piece of equipment between readings; frozen, and written to the checkpoint as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from iot_maint.domain.catalog import Severity
from iot_maint.domain.errors import UnknownFormat
from iot_maint.domain.findings import Evidence

FORMAT = 1

Readings = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Running:
    """The last known running state; `started_ms` is the last start that was seen."""

    on: bool
    at_ms: int
    started_ms: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """The newest readings of one metric, oldest first, and how many gaps in a row were longer than `max_gap`."""

    recent: Readings
    slow_gaps: int

    @property
    def last_at_ms(self) -> int:
        """The newest reading decided."""
        return self.recent[-1][0]


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule whose limit is crossed: dwelling until `evidence` stands, raised from then on.

    `around` are the readings before and after the first crossing; `complete_ms` is when the dwell was complete.
    """

    onset_ms: int
    count: int
    around: Readings
    complete_ms: int | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that stands, with the rules that hold it up."""

    raised_ms: int
    onset_ms: int
    rules: Mapping[str, Severity]

    @property
    def worst(self) -> Severity:
        """The worst severity among the standing rules."""
        return max(self.rules.values(), key=lambda severity: severity.rank)


@dataclass(frozen=True, slots=True)
class EquipmentState:
    """All of it.  `rules` holds only rules whose limit is crossed, by id; `alarms` are by fault mode."""

    running: Running | None = None
    series: Mapping[str, Series] = field(default_factory=dict)
    rules: Mapping[str, RuleState] = field(default_factory=dict)
    alarms: Mapping[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stored:
    format: int
    state: msgspec.Raw


_decoder = msgspec.json.Decoder(EquipmentState)
_envelope = msgspec.json.Decoder(_Stored)


def encode_state(state: EquipmentState) -> bytes:
    """The checkpoint's form of a state."""
    return msgspec.json.encode(_Stored(FORMAT, msgspec.Raw(msgspec.json.encode(state))))


def decode_state(stored: bytes) -> EquipmentState:
    """The state of a checkpoint; `UnknownFormat` names a version that this release does not read."""
    envelope = _envelope.decode(stored)
    if envelope.format != FORMAT:
        raise UnknownFormat(f"rule state of format {envelope.format}; this release reads format {FORMAT}")
    return _decoder.decode(envelope.state)
