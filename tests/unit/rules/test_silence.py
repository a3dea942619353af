"""Who is silent, whatever the order and the intervals in which they fell silent."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.rules.silence import MANY, Hearing, judge, usual_patience

NOW = 1_000_000_000
MINUTE = 60_000


def a_hearing(gateways: list[list[list[tuple[int, int]]]]) -> Hearing:
    """Gateways of equipment of series, each series as (unheard for, patience) in ms."""
    series: list[tuple[int, int]] = []
    equipment_of: list[int] = []
    gateway_of: list[int] = []
    for gateway, pieces in enumerate(gateways):
        for piece in pieces:
            equipment_of += [len(gateway_of)] * len(piece)
            gateway_of.append(gateway)
            series += piece
    heard = np.array([NOW - unheard for unheard, _ in series], dtype=np.int64)
    equipment_heard = np.zeros(len(gateway_of), dtype=np.int64)
    np.maximum.at(equipment_heard, np.array(equipment_of), heard)
    return Hearing(
        series_heard=heard,
        series_from=np.zeros(len(series), dtype=np.int64),
        patience=np.array([patience for _, patience in series], dtype=np.int64),
        missed=np.ones(len(series), dtype=np.bool_),
        equipment_of=np.array(equipment_of, dtype=np.int64),
        equipment_heard=equipment_heard,
        equipment_from=np.zeros(len(gateway_of), dtype=np.int64),
        gateway_of=np.array(gateway_of, dtype=np.int64),
        gateway_from=np.zeros(len(gateways), dtype=np.int64),
        gateway_standing=np.zeros(len(gateways), dtype=np.bool_),
    )


patience = st.sampled_from([1, 3, 15, 180]).map(lambda minutes: minutes * MINUTE)
piece = st.lists(patience, min_size=1, max_size=5)
site = st.lists(st.lists(piece, min_size=1, max_size=4), min_size=1, max_size=4)


@given(site, st.data())
def test_a_gateway_that_died_never_looks_like_dead_sensors(
    patiences: list[list[list[int]]], data: st.DataObject
) -> None:
    """All heard last within one of their intervals before the moment of its death, at any time after that."""
    since = data.draw(st.integers(0, 2000)) * MINUTE // 4

    def unheard(wait: int) -> tuple[int, int]:
        return since + data.draw(st.integers(0, wait // 3)), wait

    hearing = a_hearing([[[unheard(wait) for wait in one] for one in pieces] for pieces in patiences])
    silent = judge(hearing, NOW)

    assert not silent.series.any()
    assert not silent.equipment.any()


@given(site, st.data())
def test_who_was_heard_within_his_patience_is_never_silent(
    patiences: list[list[list[int]]], data: st.DataObject
) -> None:
    def unheard(wait: int) -> tuple[int, int]:
        return data.draw(st.integers(0, 2 * wait)), wait

    hearing = a_hearing([[[unheard(wait) for wait in one] for one in pieces] for pieces in patiences])
    silent = judge(hearing, NOW)

    overdue = NOW - hearing.series_heard >= hearing.patience
    assert not (silent.series & ~overdue).any()
    for row in np.flatnonzero(silent.equipment):
        assert (NOW - hearing.equipment_heard[row]) >= hearing.patience[hearing.equipment_of == row].min()


@given(site, st.data())
def test_a_child_of_a_silent_parent_is_never_named(patiences: list[list[list[int]]], data: st.DataObject) -> None:
    def unheard(wait: int) -> tuple[int, int]:
        return data.draw(st.integers(0, 5 * wait)), wait

    hearing = a_hearing([[[unheard(wait) for wait in one] for one in pieces] for pieces in patiences])
    silent = judge(hearing, NOW)

    assert not (silent.equipment & silent.gateways[hearing.gateway_of]).any()
    parents = silent.equipment | silent.gateways[hearing.gateway_of]
    assert not (silent.series & parents[hearing.equipment_of]).any()


def test_the_sensor_that_stopped_while_its_device_went_on_is_named_alone() -> None:
    silent = judge(a_hearing([[[(5000, 3 * MINUTE), (4 * MINUTE, 3 * MINUTE)]]]), NOW)
    assert silent.series.tolist() == [False, True]
    assert not silent.equipment.any()
    assert not silent.gateways.any()


def test_gateways_below_many_fall_silent_one_by_one() -> None:
    dead = [[(5 * MINUTE, MINUTE)]]
    assert judge(a_hearing([dead] * (MANY - 1)), NOW).gateways.all()
    silent = judge(a_hearing([dead] * MANY), NOW)
    assert not silent.gateways.any()
    assert silent.nothing_heard == (MANY, MANY)


def test_half_of_many_silent_are_named_and_more_than_half_are_not() -> None:
    dead, alive = [[(5 * MINUTE, MINUTE)]], [[(1000, MINUTE)]]
    assert judge(a_hearing([dead] * 5 + [alive] * 5), NOW).gateways.sum() == 5
    assert judge(a_hearing([dead] * 6 + [alive] * 5), NOW).nothing_heard == (6, 11)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 100), st.booleans()), max_size=30))
def test_the_usual_patience_is_the_lower_median_of_those_that_are_missed(children: list[tuple[int, int, bool]]) -> None:
    columns = [np.array(column) for column in zip(*children, strict=True)] if children else [np.zeros(0)] * 3
    found = usual_patience(columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2].astype(np.bool_), 4)
    for parent in range(4):
        waits = sorted(wait for owner, wait, missed in children if owner == parent and missed)
        assert found[parent] == (waits[(len(waits) - 1) // 2] if waits else 0)
