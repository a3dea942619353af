"""What one of several workers takes on, in words, and filters that are none."""

import pytest

from iot_maint.domain.shares import Share
from iot_maint.ingest.part import PACE, WHOLE, Pace, Part, filter_problem


def test_a_part_says_what_it_is() -> None:
    parts = [WHOLE, Part(share=Share(2, 3)), Part(filters=("iot/v1/a/#", "iot/v1/b/#")), Part(leaving=True)]
    assert [str(part) for part in parts] == ["everything", "2/3", "iot/v1/a/# iot/v1/b/#", "leaving"]


@pytest.mark.parametrize("text", ["iot/v1/yard/+/telemetry", "#", "+/+", "spBv1.0/yard/#", "/sys/+/东区"])
def test_filters_are_accepted(text: str) -> None:
    assert filter_problem(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no topic filter"),
        ("a\0b", "no topic filter"),
        ("a/#/b", "one whole level"),
        ("a/b+", "one whole level"),
        ("x#", "one whole level"),
        ("$share/group/iot/v1/#", "splits the messages of one equipment"),
    ],
)
def test_what_is_no_filter_is_refused_in_words(text: str, said: str) -> None:
    assert said in (filter_problem(text) or "")


def test_a_record_is_read_again_long_before_it_is_believed_no_more() -> None:
    assert PACE.look_s <= PACE.lease_s / 10
    with pytest.raises(ValueError, match=r"believed for 1\.0 s is read only every 1\.0 s"):
        Pace(look_s=1.0, lease_s=1.0)
