"""The explicit map from the kinds of signals over one metric to what makes them."""

from iot_maint.domain.signals import Baseline, Duration, Rate, Share, Starts, Windowed
from iot_maint.rules.quiet import QuietBand
from iot_maint.rules.signals.baseline import compile_baseline
from iot_maint.rules.signals.duration import compile_duration
from iot_maint.rules.signals.fold import Fold
from iot_maint.rules.signals.rate import compile_rate
from iot_maint.rules.signals.share import compile_share
from iot_maint.rules.signals.starts import compile_starts


def compile_signal(declared: Windowed, metric_unit: str, band: QuietBand, *, learns: bool, gated: bool) -> Fold:
    """The fold of one declaration; `band` holds the signal's values that cross no limit."""
    match declared:
        case Baseline():
            return compile_baseline(declared, band, learns)
        case Rate():
            return compile_rate(declared, metric_unit, band)
        case Starts():
            return compile_starts(declared, band)
        case Share():
            return compile_share(declared, band, gated)
        case Duration():
            return compile_duration(declared, band)
