"""Some of the figures of `python -m benchmarks.detection`, with a margin: they are deterministic."""

import pytest

from benchmarks.detection import _bearings
from benchmarks.detection_data import DATA
from benchmarks.detection_measures import by_protocol, clock_neutral
from benchmarks.detection_subjects import FOLLOWER, STRICTER, always, by_the_clock, ours
from iot_maint.models.alarming import DEFAULT_LIMIT, Limit
from iot_maint.models.kinds import DEFAULT

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no public data in {DATA}: link `shared` beside the repository"
)


def test_the_default_detector_holds_the_bars_of_skab() -> None:
    verdict = by_protocol(ours(DEFAULT, Limit.at(DEFAULT_LIMIT)))
    assert verdict.f1 >= 0.88
    assert verdict.far <= 11
    assert verdict.mar <= 14


def test_the_kind_that_follows_slow_changes_holds_the_bars_of_skab_whenever_it_begins() -> None:
    f1, healthy, controls = clock_neutral(STRICTER[FOLLOWER])
    assert f1 >= 0.865
    assert healthy <= 4.5
    assert controls <= 5


def test_the_trivial_ones_score_as_published() -> None:
    assert by_protocol(always).f1 == pytest.approx(0.69, abs=0.01)
    assert by_protocol(by_the_clock).f1 > 0.93


def test_five_of_six_bearings_are_found_in_time() -> None:
    assert _bearings(DEFAULT)["right of 6"] >= 5
