"""A source in shadow is recorded and never ordered, beside the real alarms of the same fault, until it is promoted."""

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import Alarm
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.shadow import ShadowChange
from iot_maint.services.shadowing import switch_shadow
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import StandingClock
from tests.decide_path import DecidePath, register, start_path
from tests.pump_stories import BEARING, COOL, HOT, PUMP, SEIZING, at, bearing_at

WARNING, CRITICAL = "pump.bearing_temp_warning", "pump.bearing_temp_critical"
CATALOG = load_catalog()


def a_path(database: RelationalDatabase) -> DecidePath:
    register(database, PUMP)
    return start_path(database, CATALOG, at(0))


def switch(path: DecidePath, source: str, shadow: bool | None, *, equipment: str | None = None) -> None:
    with path.database.transaction() as repositories:
        switch_shadow(repositories, CATALOG, StandingClock(), source, equipment=equipment, shadow=shadow, by="engineer")
    path.roster.refresh()


def alarms(database: RelationalDatabase, *, shadow: bool | None = None) -> list[Alarm]:
    with database.reading() as repositories:
        query = AlarmQuery(fault_mode=BEARING, shadow=shadow)
        return list(repositories.alarms.page(query, PageRequest(sort="raised_at")).items)


def test_a_rule_in_shadow_records_its_alarm_and_orders_nothing(database: RelationalDatabase) -> None:
    path = a_path(database)
    switch(path, WARNING, True)

    path.replay([*bearing_at(HOT, 0, 20), *bearing_at(COOL, 21, 30)])

    [alarm] = alarms(database)
    assert (alarm.key.fault_mode, alarm.key.shadow, alarm.cleared_at) == (BEARING, True, at(21))
    assert path.orders() == []
    assert (alarms(database, shadow=True), alarms(database, shadow=False)) == ([alarm], [])


def test_a_real_rule_of_the_same_fault_orders_although_the_shadow_stands(database: RelationalDatabase) -> None:
    path = a_path(database)
    switch(path, WARNING, True)

    path.replay(bearing_at(SEIZING, 0, 30))

    assert [(one.key.shadow, one.rules) for one in alarms(database)] == [(False, (CRITICAL,)), (True, (WARNING,))]
    [order] = path.orders()
    assert {evidence.rule for evidence in order.evidence} == {CRITICAL}


def test_both_may_be_raised_at_the_same_instant(database: RelationalDatabase) -> None:
    path = a_path(database)
    switch(path, CRITICAL, True)
    story = [*bearing_at(HOT, 0, 4), *bearing_at(SEIZING, 5, 12)]

    path.replay(story)

    assert [(one.key.raised_at, one.key.shadow) for one in alarms(database)] == [(at(10), False), (at(10), True)]


def test_a_promoted_rule_lets_its_shadow_go_and_orders_after_a_dwell_of_its_own(database: RelationalDatabase) -> None:
    path = a_path(database)
    switch(path, WARNING, True)
    path.replay(bearing_at(HOT, 0, 20))

    switch(path, WARNING, False)
    path.replay(bearing_at(HOT, 21, 40))

    shadow, real = alarms(database)
    assert (shadow.key.shadow, shadow.cleared_at) == (True, at(21))
    assert (real.key.shadow, real.onset_at, real.key.raised_at) == (False, at(21), at(31))
    assert [order.raised_at for order in path.orders()] == [at(31)]


def test_the_equipments_own_switch_goes_before_the_one_for_all(database: RelationalDatabase) -> None:
    path = a_path(database)
    switch(path, WARNING, True)
    switch(path, WARNING, False, equipment="P-1")

    path.replay(bearing_at(HOT, 0, 20))

    assert [one.key.shadow for one in alarms(database)] == [False]


def test_every_change_is_kept_and_one_that_changes_nothing_is_not(database: RelationalDatabase) -> None:
    path = a_path(database)
    for shadow in (True, True, False, None):
        switch(path, WARNING, shadow)
    switch(path, "model.pca", True)

    with database.reading() as repositories:
        assert [(one.source, one.shadow) for one in repositories.shadows.switches()] == [("model.pca", True)]
        changes = repositories.shadows.changes()
    assert [(one.source, one.old, one.new) for one in changes] == [
        (WARNING, None, True),
        (WARNING, True, False),
        (WARNING, False, None),
        ("model.pca", None, True),
    ]
    assert isinstance(changes[0], ShadowChange)
    assert changes[0].changed_by == "engineer"
