"""Tables of history become telemetry in the order of time, with what is missing left out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.columns import OriginTable
from iot_maint.domain.history import HistoryRows, rows_of_series
from iot_maint.services.backtest.columns import pieces, telemetry_of

cells = st.dictionaries(
    st.integers(0, 20), st.dictionaries(st.sampled_from("abc"), st.floats(-9, 9), max_size=3), max_size=8
)
NAMES = ("a", "b", "c")


def rows_from(told: dict[int, dict[str, float]]) -> HistoryRows:
    series = [
        (
            np.array(sorted(at for at in told if name in told[at]), dtype=np.int64),
            np.array([told[at][name] for at in sorted(told) if name in told[at]]),
        )
        for name in NAMES
    ]
    return rows_of_series(NAMES, series)


@given(st.lists(cells, min_size=1, max_size=3), st.integers(1, 5))
def test_every_value_is_there_once_in_the_order_of_time(told: list[dict[int, dict[str, float]]], size: int) -> None:
    parts = [("s", f"P-{number}", rows_from(one)) for number, one in enumerate(told)]

    telemetry = telemetry_of(parts, OriginTable())

    expected = sorted(
        (at, number, tuple(sorted(values.items())))
        for number, one in enumerate(told)
        for at, values in one.items()
        if values
    )
    found = [(item.at_ms, int(item.equipment[2:]), tuple(sorted(item.values.items()))) for item in telemetry]
    assert found == expected
    assert [item for piece in pieces(telemetry, size) for item in piece] == list(telemetry)


def test_origins_stay_the_very_same_from_slice_to_slice() -> None:
    table = OriginTable()
    first = telemetry_of([("s", "P", rows_from({1: {"a": 1.0}}))], table)
    second = telemetry_of([("s", "P", rows_from({2: {"a": 2.0}}))], table)

    assert first.origins is second.origins
