import pytest

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.values import MAX_METRICS, MAX_TEXT, Dropped, read_value, read_values


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (2.1, 2.1),
        (5, 5.0),
        (True, 1.0),
        (False, 0.0),
        ("23.5", 23.5),
        (" -9999 ", -9999.0),
        ("1e3", 1000.0),
        ("1", 1.0),
        ("0", 0.0),
        ("true", 1.0),
        ("False", 0.0),
        ("ON", 1.0),
        ("off", 0.0),
        ("开", 1.0),
        ("关", 0.0),
        (65535, 65535.0),
    ],
)
def test_numbers_switches_and_numeric_strings_become_floats(written: object, number: float) -> None:
    value = read_value(written)
    assert value == number
    assert isinstance(value, float)


@pytest.mark.parametrize("written", ["远程", "AUTO", "1_000", "23,5", "_"])
def test_other_text_stays_text(written: str) -> None:
    assert read_value(written) == written
    assert isinstance(read_value(written), str)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (None, Dropped.NULL),
        (float("nan"), Dropped.NOT_FINITE),
        (float("-inf"), Dropped.NOT_FINITE),
        (10**400, Dropped.NOT_FINITE),
        ("NaN", Dropped.NOT_FINITE),
        ("1e400", Dropped.NOT_FINITE),
        ("", Dropped.EMPTY_TEXT),
        ("  ", Dropped.EMPTY_TEXT),
        ("x" * (MAX_TEXT + 1), Dropped.LONG_TEXT),
        ("a\x00b", Dropped.UNPRINTABLE_TEXT),
        ("\ud800", Dropped.UNPRINTABLE_TEXT),
        ({"v": 1}, Dropped.NESTED),
        ([1], Dropped.NESTED),
    ],
)
def test_values_that_cannot_be_kept_are_dropped_by_reason(written: object, reason: Dropped) -> None:
    assert read_value(written) is reason


def test_dropped_values_are_counted_and_leave_the_good_ones() -> None:
    dropped = {"null": 1}
    numbers, texts = read_values({"a": 1, "mode": "AUTO", "b": None, "": 2, "c\n": 3, "x" * 129: 4}, dropped)
    assert numbers == {"a": 1.0}
    assert texts == {"mode": "AUTO"}
    assert dropped == {"null": 2, "bad_metric_name": 3}


def test_a_thousand_metrics_are_taken_and_one_more_is_not() -> None:
    metrics: dict[str, object] = {f"m{n}": n for n in range(MAX_METRICS)}
    assert len(read_values(metrics, {})[0]) == MAX_METRICS
    with pytest.raises(MalformedTelemetry, match="too_many_values"):
        read_values(metrics | {"one_more": 1}, {})
