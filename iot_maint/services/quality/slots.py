"""Numbered slots in arrays that grow: one for each series, one for each piece of equipment.

Slot 0 is nobody's: what belongs to no known series falls there, so that no batch must be cut to pieces for it.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.equipment import Monitored

NOBODY = 0
NEVER_MS = 0
LAGS = 32  # the newest lags of a device that are remembered
_FIRST = 64
Flags = NDArray[np.bool_]


def _integers(fill: int = 0) -> Integers:
    return np.full(_FIRST, fill, dtype=np.int64)


def _floats(fill: float) -> Floats:
    return np.full(_FIRST, fill, dtype=np.float64)


def _flags() -> Flags:
    return np.zeros(_FIRST, dtype=np.bool_)


@dataclass(slots=True, kw_only=True)
class SeriesSlots:
    """One slot for each (equipment, metric).  Times are epoch ms; `heard_ms` by reception, the others by the data.

    `interval_ms` is 0 where nothing is expected; `patience_ms` and `stuck_ms` are 0 where the settings' hold.
    `readings`, `out_of_range` and `jumps` count since the last report.
    `counts_from_ms`: silence counts from there at the earliest.  `gap_ms` and `gap_before_ms`: between the newest two
    readings, and between the two before; 0 while there are none.
    """

    names: list[tuple[str, str]] = field(default_factory=lambda: [("", "")])
    equipment: Integers = field(default_factory=_integers)
    interval_ms: Integers = field(default_factory=_integers)
    patience_ms: Integers = field(default_factory=_integers)
    stuck_ms: Integers = field(default_factory=_integers)
    near_ms: Integers = field(default_factory=_integers)
    low: Floats = field(default_factory=lambda: _floats(-np.inf))
    high: Floats = field(default_factory=lambda: _floats(np.inf))
    max_step: Floats = field(default_factory=lambda: _floats(np.inf))
    gated: Flags = field(default_factory=_flags)
    may_freeze: Flags = field(default_factory=_flags)
    heard_ms: Integers = field(default_factory=_integers)
    counts_from_ms: Integers = field(default_factory=_integers)
    at_ms: Integers = field(default_factory=_integers)
    value: Floats = field(default_factory=lambda: _floats(np.nan))
    unchanged_since_ms: Integers = field(default_factory=_integers)
    gap_ms: Integers = field(default_factory=_integers)
    gap_before_ms: Integers = field(default_factory=_integers)
    readings: Integers = field(default_factory=_integers)
    out_of_range: Integers = field(default_factory=_integers)
    jumps: Integers = field(default_factory=_integers)

    def __post_init__(self) -> None:
        # Nothing is newer than what nobody said last.
        self.at_ms[NOBODY] = np.iinfo(np.int64).max

    def add(self, code: str, metric: str, equipment: int) -> int:
        """The slot of a new series."""
        slot = len(self.names)
        self.names.append((code, metric))
        _make_room(self, slot)
        self.equipment[slot] = equipment
        return slot

    def usual_gap_ms(self) -> Integers:
        """How often each really comes: one long gap is an outage, two are its habit; 0 while that is not known."""
        return np.minimum(self.gap_ms, self.gap_before_ms)[: len(self)]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(slots=True, kw_only=True)
class EquipmentSlots:
    """One slot for each piece of equipment.

    `lag_ms` is reception less the data's time: the newest, and in `lags` the last `LAGS`, of which `lag_count` is how
    many ever were.  `is_ahead`: its newest message was refused for that; `ahead` counts them since the last report,
    `ahead_ms` is the newest one's reception, and `ahead_by_ms` how far it was.
    """

    monitored: list[Monitored | None] = field(default_factory=lambda: [None])
    running: Integers = field(default_factory=_integers)  # the series that says whether it runs
    heard_ms: Integers = field(default_factory=_integers)
    counts_from_ms: Integers = field(default_factory=_integers)
    lag_ms: Integers = field(default_factory=_integers)
    lagged_ms: Integers = field(default_factory=_integers)  # reception of the message that lag is of
    lag_count: Integers = field(default_factory=_integers)
    lags: Integers = field(default_factory=lambda: np.zeros((_FIRST, LAGS), dtype=np.int64))
    is_ahead: Flags = field(default_factory=_flags)
    ahead: Integers = field(default_factory=_integers)
    ahead_ms: Integers = field(default_factory=_integers)
    ahead_by_ms: Integers = field(default_factory=_integers)

    def add(self, monitored: Monitored) -> int:
        """The slot of new equipment."""
        slot = len(self.monitored)
        self.monitored.append(monitored)
        _make_room(self, slot)
        return slot

    def __len__(self) -> int:
        return len(self.monitored)


def _make_room(slots: SeriesSlots | EquipmentSlots, slot: int) -> None:
    """Double all arrays when the slot lies beyond their end; what is new looks like what was there at first."""
    if slot < len(slots.heard_ms):
        return
    fresh = type(slots)()
    for name in slots.__slots__:
        old = getattr(slots, name)
        if isinstance(old, np.ndarray):
            blank = getattr(fresh, name)[1:2]
            setattr(slots, name, np.concatenate([old, np.repeat(blank, len(old), axis=0)]))
