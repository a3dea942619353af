"""What two MQTT filters have in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.ingest.topic_filters import Levels, covers, overlap

LEVEL = st.sampled_from(["a", "b", "+", "$x"])
FILTERS = st.builds(
    lambda levels, end: (*levels, *end), st.lists(LEVEL, min_size=1, max_size=3), st.sampled_from([(), ("#",)])
)
TOPICS = st.lists(st.sampled_from(["a", "b", "$x"]), min_size=1, max_size=4).map(tuple)


def matches(topic_filter: Levels, topic: Levels) -> bool:
    """By the standard's words, level by level."""
    if topic[0].startswith("$") and topic_filter[0] in {"+", "#"}:
        return False
    if topic_filter[-1] == "#":
        beginning = topic_filter[:-1]
        return len(topic) >= len(beginning) and matches_all(beginning, topic[: len(beginning)])
    return len(topic) == len(topic_filter) and matches_all(topic_filter, topic)


def matches_all(levels: Levels, topic: Levels) -> bool:
    return all(level in {"+", part} for level, part in zip(levels, topic, strict=True))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("a/+/c", "+/b/c", "a/b/c"),
        ("a/#", "a", "a"),
        ("a/#", "+/b/#", "a/b/#"),
        ("a/+", "a/b/c", None),
        ("#", "$SYS/x", None),
        ("$SYS/#", "$SYS/x", "$SYS/x"),
        ("spBv1.0/yard/#", "spBv1.0/yard/+/edge-1/#", "spBv1.0/yard/+/edge-1/#"),
    ],
)
def test_filters_overlap_in_what_both_match(one: str, other: str, both: str | None) -> None:
    expected = None if both is None else tuple(both.split("/"))
    assert overlap(tuple(one.split("/")), tuple(other.split("/"))) == expected


@given(FILTERS, FILTERS, TOPICS)
def test_a_topic_is_in_the_overlap_exactly_when_both_match_it(one: Levels, other: Levels, topic: Levels) -> None:
    both = overlap(one, other)
    assert (both is not None and matches(both, topic)) == (matches(one, topic) and matches(other, topic))


@given(FILTERS, FILTERS, TOPICS)
def test_what_is_covered_matches_nothing_more(wide: Levels, narrow: Levels, topic: Levels) -> None:
    if covers(wide, narrow) and matches(narrow, topic):
        assert matches(wide, topic)
