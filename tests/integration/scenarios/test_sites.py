"""Stories of whole sites: what hangs on one another is one event, however the stream is cut."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.work_orders import WorkOrderStatus
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import DecidePath, register, start_path, told_orders
from tests.site_stories import SITES, SiteScenario, messages_of

CATALOG = load_catalog()
each_site = pytest.mark.parametrize("scenario", SITES, ids=[scenario.name for scenario in SITES])


def tell(scenario: SiteScenario, database: RelationalDatabase, batch: int = 200) -> DecidePath:
    """The story, in batches of so many messages."""
    register(database, *scenario.equipment)
    path = start_path(database, CATALOG, scenario.story.t0)
    path.replay(path.admit(messages_of(scenario)).telemetry, batch)
    return path


@each_site
def test_a_site_s_story_opens_the_orders_that_are_expected_and_no_other(
    scenario: SiteScenario, database: RelationalDatabase
) -> None:
    orders = sorted(tell(scenario, database).orders(), key=lambda order: order.raised_at)

    told = [(order.equipment, order.fault_mode, order.status) for order in orders]
    wanted = scenario.expected.orders
    assert told == [(one.equipment, one.fault_mode, WorkOrderStatus.OPEN) for one in wanted]
    for order, expected in zip(orders, wanted, strict=True):
        first, last = expected.between
        assert scenario.story.t0 + first <= order.raised_at <= scenario.story.t0 + last
        symptoms = {f"{symptom.equipment}/{symptom.fault_mode}" for symptom in order.symptoms}
        assert symptoms == expected.symptoms
        assert all(symptom.cleared_at is not None and symptom.order is None for symptom in order.symptoms)


@pytest.mark.slow
@each_site
def test_a_site_s_story_cut_otherwise_gives_the_same_orders(
    scenario: SiteScenario, empty_databases: Callable[[], RelationalDatabase]
) -> None:
    whole = tell(scenario, empty_databases())
    cut = tell(scenario, empty_databases(), batch=17)

    assert told_orders(cut.database) == told_orders(whole.database)


@each_site
def test_without_a_parent_in_the_register_every_piece_of_equipment_has_its_own_order(
    scenario: SiteScenario, database: RelationalDatabase
) -> None:
    register(database, *(replace(one, parent=None) for one in scenario.equipment))
    path = start_path(database, CATALOG, scenario.story.t0)
    path.replay(path.admit(messages_of(scenario)).telemetry)

    behind = {one.code for one in scenario.equipment if one.parent is not None}
    symptoms = {one for order in scenario.expected.orders for one in order.symptoms if one.partition("/")[0] in behind}
    opened = {f"{order.equipment}/{order.fault_mode}" for order in path.orders()}
    assert symptoms <= opened
