"""From a rule's tables to what it looks at."""

import math
from datetime import timedelta

from iot_maint.catalog.schema import BaselineTable, DurationTable, RangeTable, RuleTable, ShareTable
from iot_maint.domain.signals import Baseline, Composite, Duration, Rate, Sequence, Share, Signal, Starts


def build_signal(table: RuleTable) -> Signal | None:
    """The signal that a rule declares; None: the value itself."""
    declared = {
        "baseline": _baseline(table.baseline),
        "rate": None if table.rate is None else Rate(window=table.rate.window),
        "starts": None if table.starts is None else Starts(window=table.starts.window),
        "share": _share(table.share),
        "duration": _duration(table.duration),
        "sequence": None
        if table.sequence is None
        else Sequence(after=table.sequence.after, until=table.sequence.until),
        "when": None if table.when is None else Composite(when=table.when, within=table.within or timedelta(0)),
    }
    return next((signal for signal in declared.values() if signal is not None), None)


def _baseline(table: BaselineTable | None) -> Baseline | None:
    return None if table is None else Baseline(days=table.days, learn=table.learn, hold=table.hold)


def _share(table: ShareTable | None) -> Share | None:
    if table is None:
        return None
    lowest, highest = _range(table)
    return Share(window=table.window, lowest=lowest, highest=highest, at_least=table.at_least)


def _duration(table: DurationTable | None) -> Duration | None:
    if table is None:
        return None
    lowest, highest = _range(table)
    return Duration(window=table.window, lowest=lowest, highest=highest)


def _range(table: RangeTable) -> tuple[float, float]:
    """From where to where nothing is counted."""
    lowest = -math.inf if table.below is None else table.below
    return lowest, math.inf if table.above is None else table.above
