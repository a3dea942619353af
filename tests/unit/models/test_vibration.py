"""A vibration snapshot in a few numbers."""

import numpy as np
import pytest

from iot_maint.domain.errors import MaintError
from iot_maint.models.vibration import features

RATE_HZ = 2560.0
AT_S = np.arange(2560) / RATE_HZ


def test_a_sine_has_the_rms_crest_and_kurtosis_of_a_sine() -> None:
    told = features(3.0 + 2.0 * np.sin(2 * np.pi * 100 * AT_S), rate_hz=RATE_HZ)
    assert told["rms"] == pytest.approx(2.0 / np.sqrt(2))
    assert told["crest"] == pytest.approx(np.sqrt(2), abs=1e-3)
    assert told["kurtosis"] == pytest.approx(1.5)


def test_its_energy_lies_in_its_band_and_all_bands_make_up_the_whole() -> None:
    chance = np.random.default_rng(1)
    wave = np.sin(2 * np.pi * 100 * AT_S) + 0.5 * np.sin(2 * np.pi * 1000 * AT_S) + 0.1 * chance.normal(size=2560)
    told = features(wave, rate_hz=RATE_HZ)
    bands = [told[f"band_{number}"] for number in range(1, 5)]
    assert bands[0] == max(bands)
    assert bands[3] > 3 * bands[1]
    assert np.sqrt(np.sum(np.square(bands))) == pytest.approx(told["rms"])
    assert features(wave, rate_hz=RATE_HZ, bands_hz=[(990.0, 1010.0)])["band_1"] == pytest.approx(0.354, abs=0.01)


def test_blows_raise_the_kurtosis_before_the_rms() -> None:
    chance = np.random.default_rng(2)
    quiet = chance.normal(size=2560)
    blows = quiet.copy()
    blows[::256] += 8.0
    before, after = features(quiet, rate_hz=RATE_HZ), features(blows, rate_hz=RATE_HZ)
    assert before["kurtosis"] == pytest.approx(3.0, abs=0.3)
    assert after["kurtosis"] > 2 * before["kurtosis"]
    assert after["crest"] > before["crest"]
    assert after["rms"] < 1.3 * before["rms"]


def test_a_sensor_that_stands_still_is_no_division_by_zero() -> None:
    assert features(np.full(128, 7.0), rate_hz=RATE_HZ)["kurtosis"] == 0.0


@pytest.mark.parametrize("wave", [np.zeros(10), np.full(100, np.nan), np.zeros((4, 64))])
def test_what_is_no_snapshot_is_refused(wave: np.ndarray) -> None:
    with pytest.raises(MaintError, match="snapshot"):
        features(wave, rate_hz=RATE_HZ)
