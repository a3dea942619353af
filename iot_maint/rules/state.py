"""What the rules remember of one piece of equipment between readings; frozen, and written to the checkpoint as JSON.

Structs, not dataclasses: several are made for every message, at a fifth of the price; change them with
`msgspec.structs.replace`.
"""

from collections.abc import Mapping

import msgspec

from iot_maint.domain.catalog import Severity
from iot_maint.domain.errors import UnknownFormat
from iot_maint.domain.findings import Evidence
from iot_maint.rules.memories import Memory

FORMAT = 1

RECENT = 8  # readings that a series remembers

Readings = tuple[tuple[int, float], ...]


class Running(msgspec.Struct, frozen=True, gc=False):
    """The last known running state; `started_ms` is the last start that was seen."""

    on: bool
    at_ms: int
    started_ms: int | None


class Series(msgspec.Struct, frozen=True, gc=False):
    """The newest readings of one metric, oldest first, and how many gaps in a row were longer than `max_gap`."""

    recent: Readings
    slow_gaps: int

    @property
    def last_at_ms(self) -> int:
        """The newest reading decided."""
        return self.recent[-1][0]


class RuleState(msgspec.Struct, frozen=True):
    """A rule whose limit is crossed: dwelling until `evidence` stands, raised from then on.

    `around` are the readings before and after the first crossing; `complete_ms` is when the dwell was complete.
    """

    onset_ms: int
    count: int
    around: Readings
    complete_ms: int | None = None
    evidence: Evidence | None = None


class Flaps(msgspec.Struct, frozen=True):
    """An alarm that comes and goes: raised `count` times since, last changed at `last_ms`.

    `down` are the rules that are gone at the moment, the last one last, with its `evidence` for that.
    """

    since_ms: int
    count: int
    last_ms: int
    down: tuple[str, ...] = ()
    evidence: Evidence | None = None


class Standing(msgspec.Struct, frozen=True):
    """An alarm that stands, with the rules that hold it up; without any it has just gone, and may come again.

    `raises` are its latest, as (epoch ms, rule).  While it `flaps`, the rules that are down hold it up too.
    """

    raised_ms: int
    onset_ms: int
    rules: Mapping[str, Severity]
    raises: tuple[tuple[int, str], ...] = ()
    flaps: Flaps | None = None

    @property
    def worst(self) -> Severity:
        """The worst severity among the standing rules."""
        return max(self.rules.values(), key=lambda severity: severity.rank)


class EquipmentState(msgspec.Struct, frozen=True):
    """All of it.  `rules` holds only rules whose limit is crossed, by id; `alarms` are by fault mode.

    `signals` are by the keys that `rules.applicability.signal_key` gives; checkpoints before 0013 have none.
    `models` is what the detectors remember, by name, in their own form; it is put in when the state is saved.
    """

    running: Running | None = None
    series: Mapping[str, Series] = {}
    rules: Mapping[str, RuleState] = {}
    alarms: Mapping[str, Standing] = {}
    signals: Mapping[str, Memory] = {}
    models: Mapping[str, bytes] = {}


class _Stored(msgspec.Struct, frozen=True):
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
