"""Telemetry in columns is the same telemetry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.columns import ColumnsBuilder, LastMade, Origin, OriginTable, TelemetryColumns
from iot_maint.domain.telemetry import Telemetry, TimestampSource

words = st.sampled_from(["a", "b", "c"])
instants = st.integers(0, 2**53)
telemetry = st.builds(
    Telemetry,
    site=words,
    equipment=words,
    at_ms=instants,
    received_at_ms=instants,
    values=st.dictionaries(words, st.floats(allow_nan=False), max_size=3),
    texts=st.dictionaries(words, words, max_size=2),
    retained=st.booleans(),
    ts_source=st.sampled_from(TimestampSource),
)
batches = st.lists(telemetry, max_size=8)


@given(batches)
def test_what_goes_in_comes_out_one_by_one_by_index_and_by_slice(batch: list[Telemetry]) -> None:
    columns = TelemetryColumns.of(batch)

    assert list(columns) == batch
    assert [columns[index] for index in range(-len(batch), len(batch))] == [*batch, *batch]
    assert columns[1:3] == tuple(batch[1:3])
    assert columns == batch
    with pytest.raises(IndexError):
        columns[len(batch)]


@given(st.lists(batches, min_size=1, max_size=4), st.booleans())
def test_joined_batches_are_one_after_the_other(parts: list[list[Telemetry]], one_table: bool) -> None:
    table = OriginTable()
    columns = []
    for part in parts:
        builder = ColumnsBuilder(table if one_table else None)
        for item in part:
            builder.add(item)
        columns.append(builder.build())

    assert list(TelemetryColumns.joined(columns)) == [item for part in parts for item in part]


@given(batches, st.data())
def test_what_is_selected_keeps_its_numbers(batch: list[Telemetry], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(batch), max_size=len(batch)))

    selected = TelemetryColumns.of(batch).select(np.array(kept, dtype=np.bool_))

    expected = [item for item, keep in zip(batch, kept, strict=True) if keep]
    assert [(item.equipment, item.at_ms, item.values) for item in selected] == [
        (item.equipment, item.at_ms, item.values) for item in expected
    ]


@given(batches)
def test_messages_with_a_certain_number_are_found(batch: list[Telemetry]) -> None:
    found = TelemetryColumns.of(batch).messages_with(np.array([0.0, 1.5]))

    assert found.tolist() == [n for n, item in enumerate(batch) if {0.0, 1.5} & set(item.values.values())]


def a_message(number: int) -> Telemetry:
    return Telemetry(site="S", equipment=f"P-{number}", at_ms=1, received_at_ms=2, values={"a": float(number)})


def test_batches_bring_the_same_table_while_they_name_most_of_it_and_only_their_own_part_when_not() -> None:
    table = OriginTable()
    seen = []
    for numbers in (range(4), range(4), [2]):
        builder = ColumnsBuilder(table)
        for number in numbers:
            builder.add(a_message(number))
        seen.append(builder.build())

    assert seen[0].origins is seen[1].origins
    assert seen[2].origins == (Origin("S", "P-2", ("a",)),)
    assert list(seen[2]) == [a_message(2)]


def test_columns_that_do_not_fit_are_refused() -> None:
    one = np.zeros(1, dtype=np.int64)
    origins = (Origin("S", "P", ("a",)),)
    with pytest.raises(ValueError, match="origin"):
        TelemetryColumns(origins=(), origin_of=one, at_ms=one, received_at_ms=one, values=np.zeros(1))
    with pytest.raises(ValueError, match="lengths"):
        TelemetryColumns(origins=origins, origin_of=one, at_ms=one[:0], received_at_ms=one, values=np.zeros(1))
    with pytest.raises(ValueError, match="values"):
        TelemetryColumns(origins=origins, origin_of=one, at_ms=one, received_at_ms=one, values=np.zeros(2))


def test_what_was_made_is_kept_for_the_same_object_alone() -> None:
    made: list[tuple[int, ...]] = []

    def make(source: tuple[int, ...]) -> str:
        made.append(source)
        return f"of {source}"

    last = LastMade(make)
    first, equal = tuple(range(1, 3)), tuple(range(1, 3))
    assert (last.of(first), last.of(first)) == ("of (1, 2)", "of (1, 2)")
    assert len(made) == 1
    last.of(equal)
    assert len(made) == 2
    last.forget()
    last.of(equal)
    assert len(made) == 3
