"""A contact that chatters is one order with one line about it, however the stream is cut and whoever restarts."""

from collections.abc import Callable, Sequence

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.telemetry import Telemetry
from iot_maint.domain.work_orders import EntryKind
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import an_equipment
from tests.decide_path import DecidePath, register, start_path, told_events, told_orders
from tests.pump_stories import at
from tests.supply_stories import sent

CATALOG = load_catalog()
ROOM = an_equipment("R-1", name="电缆夹层", equipment_type="power_room", kind="room")


def chatter(first_s: int, last_s: int, every_s: int) -> list[Telemetry]:
    """A water contact that comes and goes."""
    return [
        sent("R-1", second / 60, water_leak=float(index % 2 == 0))
        for index, second in enumerate(range(first_s, last_s, every_s))
    ]


def dry(first_s: int, last_s: int) -> list[Telemetry]:
    return [sent("R-1", second / 60, water_leak=0.0, room_temp=22.0) for second in range(first_s, last_s, 60)]


STREAM = [*dry(0, 600), *chatter(600, 1800, 4), *dry(1800, 3600), *chatter(3600, 3660, 30), *dry(3660, 4200)]


def tell(database: RelationalDatabase, batch: int, *, restart_every: int | None = None) -> tuple[DecidePath, bytes]:
    """The stream in such batches; after each `restart_every` messages the process dies and another one goes on."""
    register(database, ROOM)
    pieces: Sequence[Sequence[Telemetry]] = [STREAM]
    if restart_every is not None:
        pieces = [STREAM[start : start + restart_every] for start in range(0, len(STREAM), restart_every)]
    outcomes = []
    path = start_path(database, CATALOG, at(0))
    for number, piece in enumerate(pieces, start=1):
        path = start_path(database, CATALOG, path.clock.now())
        outcomes += path.replay(piece, batch=batch)
        path.monitor.checkpoint(number)
    return path, told_events(outcomes)


def test_a_chattering_contact_is_one_order_that_says_so(database: RelationalDatabase) -> None:
    path, _ = tell(database, 200)

    (order,) = path.orders()
    assert [(entry.kind, entry.note) for entry in order.timeline] == [
        (EntryKind.OPENED, ""),
        *[(EntryKind.ALARM_CLEARED, ""), (EntryKind.EVIDENCE_ADDED, "")] * 2,
        (EntryKind.ALARM_CLEARED, ""),
        (EntryKind.ALARM_FLAPPING, "×4"),
        (EntryKind.ALARM_CLEARED, "×150"),
        (EntryKind.EVIDENCE_ADDED, ""),
        (EntryKind.ALARM_CLEARED, ""),
    ]


def test_the_list_says_how_often_and_since_when(database: RelationalDatabase) -> None:
    path, _ = tell(database, 200)
    with path.database.reading() as repositories:
        alarms = repositories.alarms.page(AlarmQuery(), PageRequest(sort="raised_at")).items

    flapping = [alarm for alarm in alarms if alarm.flapping is not None]
    assert len(alarms) == 5
    assert [(one.flapping.since, one.flapping.count) for one in flapping if one.flapping is not None] == [(at(10), 150)]
    assert flapping[0].cleared_at == at((1796 + 600) / 60)


@pytest.mark.parametrize(("batch", "restart_every"), [(1, None), (7, None), (1000, None), (5, 13), (1, 50)])
def test_cuts_and_restarts_change_nothing(
    empty_databases: Callable[[], RelationalDatabase], batch: int, restart_every: int | None
) -> None:
    whole, whole_events = tell(empty_databases(), 200)
    path, events = tell(empty_databases(), batch, restart_every=restart_every)

    assert events == whole_events
    assert told_orders(path.database) == told_orders(whole.database)
