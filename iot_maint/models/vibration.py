"""What a vibration snapshot says in a few numbers, for sites that send waveforms: each becomes a metric of its own.

RMS is the energy, kurtosis and crest tell of single blows as early bearing damage makes them, band powers tell where
in the spectrum the energy lies.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import MaintError

BANDS = 4  # equal shares of the spectrum up to half the sampling rate
FEWEST_SAMPLES = 64


def features(waveform: Floats, *, rate_hz: float, bands_hz: Sequence[tuple[float, float]] = ()) -> Mapping[str, float]:
    """`rms`, `peak`, `kurtosis`, `crest`, `band_1` … of a waveform (n,) without its mean; units are the waveform's.

    `band_n` is the RMS within that band, without `bands_hz` one of four equal ones.  Kurtosis is 3 for a normal
    rustle.  A waveform that stands still has a kurtosis and a crest of 0.  Raises `MaintError` where there are too few
    samples or some are no numbers.
    """
    if waveform.ndim != 1 or len(waveform) < FEWEST_SAMPLES:
        raise MaintError(f"a vibration snapshot of {waveform.size} samples is too short: it takes {FEWEST_SAMPLES}")
    if not np.isfinite(waveform).all():
        raise MaintError("a vibration snapshot holds values that are no numbers")
    swing = waveform - waveform.mean()
    rms = float(np.sqrt(np.mean(swing * swing)))
    peak = float(np.abs(swing).max())
    moves = rms > 1e-12
    told = {
        "rms": rms,
        "peak": peak,
        "kurtosis": float(np.mean((swing / rms) ** 4)) if moves else 0.0,
        "crest": peak / rms if moves else 0.0,
    }
    width = rate_hz / 2.0 / BANDS
    bands = bands_hz or [(number * width, (number + 1) * width) for number in range(BANDS)]
    return told | {f"band_{number}": power for number, power in enumerate(_band_rms(swing, rate_hz, bands), start=1)}


def _band_rms(swing: Floats, rate_hz: float, bands_hz: Sequence[tuple[float, float]]) -> list[float]:
    spectrum = np.abs(np.fft.rfft(swing) / len(swing)) ** 2
    # Every line but the first and, of an even count, the last stands for two.
    spectrum[1 : (len(swing) + 1) // 2] *= 2.0
    at_hz = np.fft.rfftfreq(len(swing), 1.0 / rate_hz)
    last = at_hz[-1]
    return [
        float(np.sqrt(spectrum[(at_hz >= low) & ((at_hz < high) | ((high >= last) & (at_hz == last)))].sum()))
        for low, high in bands_hz
    ]
