"""Bins of event time: the means that a naive reading by reading gives, whatever the cut."""

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.models.bins import Bins, Readings, SlotState

WIDTHS, BIN_MS = (2, 1, 3), (1000, 500, 1000)
Reading = tuple[int, int, int, float]  # slot, column, at_ms, value
Row = tuple[int, int, tuple[float | None, ...], int]  # slot, end, means, position

readings = st.lists(
    st.integers(0, 2).flatmap(
        lambda slot: st.tuples(
            st.just(slot),
            st.integers(0, WIDTHS[slot] - 1),
            st.integers(-3000, 6000),
            st.floats(-1e6, 1e6, allow_nan=False),
        )
    ),
    max_size=60,
)


def make() -> Bins:
    bins = Bins()
    for width, bin_ms in zip(WIDTHS, BIN_MS, strict=True):
        bins.add(width, bin_ms)
    return bins


def play(bins: Bins, items: Sequence[Reading], first: int = 0) -> list[Row]:
    slots, columns, at_ms, values = list(zip(*items, strict=True)) or [(), (), (), ()]
    taken = bins.take(
        Readings(
            np.array(slots, dtype=np.int64),
            np.array(columns, dtype=np.int64),
            np.array(at_ms, dtype=np.int64),
            np.array(values, dtype=np.float64),
            np.arange(first, first + len(items)),
        )
    )
    bins.apply(taken)
    return [
        (slot, at_ms, tuple(None if math.isnan(mean) else mean for mean in means[: WIDTHS[slot]]), position)
        for slot, at_ms, means, position in zip(
            taken.slots.tolist(), taken.at_ms.tolist(), taken.values.tolist(), taken.positions.tolist(), strict=True
        )
    ]


def naively(items: Sequence[Reading]) -> list[Row]:
    rows: list[Row] = []
    last: dict[tuple[int, int], int] = {}
    opened: dict[int, int] = {}
    held: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for position, (slot, column, at_ms, value) in enumerate(items):
        if at_ms <= last.get((slot, column), -(10**9)):
            continue
        last[slot, column] = at_ms
        number = at_ms // BIN_MS[slot]
        if number < opened.get(slot, number):
            continue
        if number > opened.get(slot, number):
            means = tuple(
                math.fsum(held[slot][one]) / len(held[slot][one]) if held[slot][one] else None
                for one in range(WIDTHS[slot])
            )
            rows.append((slot, (opened[slot] + 1) * BIN_MS[slot], means, position))
            held[slot].clear()
        opened[slot] = number
        held[slot][column].append(value)
    return rows


def approx(rows: Sequence[Row]) -> list[Row]:
    return sorted(
        (slot, at_ms, tuple(None if mean is None else round(mean, 3) for mean in means), position)
        for slot, at_ms, means, position in rows
    )


@given(readings)
def test_bins_hold_the_mean_of_every_metric_and_end_with_the_first_reading_of_a_later_one(
    items: list[Reading],
) -> None:
    assert approx(play(make(), items)) == approx(naively(items))


@given(readings, st.lists(st.integers(0, 60), max_size=4))
def test_any_cut_of_the_stream_gives_the_same_rows_and_the_same_memory_to_the_last_bit(
    items: list[Reading], cuts: list[int]
) -> None:
    whole, pieces = make(), make()
    expected = sorted(play(whole, items), key=lambda row: row[:2])
    edges = [0, *sorted(min(cut, len(items)) for cut in cuts), len(items)]
    found = [row for one, other in itertools.pairwise(edges) for row in play(pieces, items[one:other], one)]
    assert sorted(found, key=lambda row: row[:2]) == expected
    assert [whole.state_of(slot) for slot in range(3)] == [pieces.state_of(slot) for slot in range(3)]


@given(readings, readings)
def test_a_slot_that_is_put_back_goes_on_as_if_nothing_had_happened(
    before: list[Reading], after: list[Reading]
) -> None:
    going_on, restarted = make(), make()
    play(going_on, before)
    for slot in range(3):
        restarted.put(slot, going_on.state_of(slot))
    assert play(restarted, after) == play(going_on, after)


def test_a_slot_remembers_nothing_at_first() -> None:
    assert make().state_of(0) == SlotState(None, (None, None), (0.0, 0.0), (0, 0))


def test_the_same_reading_twice_counts_once() -> None:
    rows = play(make(), [(1, 0, 100, 2.0), (1, 0, 100, 2.0), (1, 0, 200, 5.0), (1, 0, 700, 9.0)])
    assert rows == [(1, 500, (3.5,), 3)]
