"""What a rule looks at when it is not the value itself: a signal that is made of readings, in event time."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class SignalKind(StrEnum):
    """Every kind of rule; `rules.signals.kinds` maps those of a single metric to their modules."""

    THRESHOLD = "threshold"
    BASELINE = "baseline"
    RATE = "rate"
    STARTS = "starts"
    SHARE = "share"
    DURATION = "duration"
    SEQUENCE = "sequence"
    SIBLING = "sibling"
    PARENT = "parent"
    COMPOSITE = "composite"
    EXPRESSION = "expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How far the value is from the equipment's own base, in per cent of it.

    The base is the median of daily medians of the newest `days`; it speaks once `learn` days are known.  With `hold`
    it stays as it was after the first `days`, so that slow wear cannot take it along.
    """

    kind: ClassVar[SignalKind] = SignalKind.BASELINE
    days: int = 30
    learn: int = 7
    hold: bool = False

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"baseline {self.days}d {self.learn}d{' held' if self.hold else ''}"

    def unit(self, _of: str) -> str:
        """The signal's unit, given the metric's."""
        return "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How fast the value changes over a window, per hour."""

    kind: ClassVar[SignalKind] = SignalKind.RATE
    window: timedelta

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"rate {_seconds(self.window)}"

    def unit(self, of: str) -> str:
        """The signal's unit, given the metric's."""
        return "1/h" if of == "1" else f"{of}/h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """How often a boolean became true within a window, per hour."""

    kind: ClassVar[SignalKind] = SignalKind.STARTS
    window: timedelta

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"starts {_seconds(self.window)}"

    def unit(self, _of: str) -> str:
        """The signal's unit, given the metric's."""
        return "1/h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of a window's readings lie outside `lowest` to `highest`, in per cent; of `at_least` readings."""

    kind: ClassVar[SignalKind] = SignalKind.SHARE
    window: timedelta
    lowest: float
    highest: float
    at_least: int = 20

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"share {_seconds(self.window)} {self.lowest:g} {self.highest:g} {self.at_least}"

    def unit(self, _of: str) -> str:
        """The signal's unit, given the metric's."""
        return "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """For how many seconds of a window the value lay outside `lowest` to `highest`; of a boolean, was true."""

    kind: ClassVar[SignalKind] = SignalKind.DURATION
    window: timedelta
    lowest: float
    highest: float

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"duration {_seconds(self.window)} {self.lowest:g} {self.highest:g}"

    def unit(self, _of: str) -> str:
        """The signal's unit, given the metric's."""
        return "s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """For how many seconds something has been due: since `after` became true, as long as `until` has not.

    Both are expressions over metrics and parameters.  Any later message of the equipment lets the time pass.
    """

    kind: ClassVar[SignalKind] = SignalKind.SEQUENCE
    after: str
    until: str

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"sequence {self.after} > {self.until}"

    def unit(self, _of: str) -> str:
        """The signal's unit, given the metric's."""
        return "s"


class Measure(StrEnum):
    """How a difference to another's value is expressed."""

    DIFFERENCE = "difference"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """How far the value is from that of related equipment: its siblings' median, or its parent's.

    Siblings have the same parent, site, type and kind.  Their readings count while they are younger than `fresh`.
    """

    with_parent: bool
    measure: Measure = Measure.DIFFERENCE
    fresh: timedelta = timedelta(minutes=10)

    @property
    def kind(self) -> SignalKind:
        """Which of the two it is."""
        return SignalKind.PARENT if self.with_parent else SignalKind.SIBLING

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"{self.kind} {self.measure} {_seconds(self.fresh)}"

    def unit(self, of: str) -> str:
        """The signal's unit, given the metric's."""
        return "%" if self.measure is Measure.PERCENT else of


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """Whether `when` holds: and, or, not over rules (by key) that stand, or stood within the last `within`."""

    kind: ClassVar[SignalKind] = SignalKind.COMPOSITE
    when: str
    within: timedelta = timedelta(0)

    @property
    def tag(self) -> str:
        """Two rules with the same tag on one metric share their memory."""
        return f"composite {_seconds(self.within)} {self.when}"

    def unit(self, _of: str) -> str:
        """The signal's unit, given the metric's."""
        return "1"


Windowed = Baseline | Rate | Starts | Share | Duration
Signal = Windowed | Sequence | Comparing | Composite


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """A signal's value when it was judged, in `unit`, and what a technician needs to believe it.

    `base`: what the value was compared with: the own base, the others' value, the value at the window's beginning.
    `over_s`: the window, or the age of the base in use.  `of`: whose value, or which condition or rules.
    """

    kind: SignalKind
    value: float
    unit: str
    base: float | None = None
    over_s: float | None = None
    of: str = ""


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g}s"
