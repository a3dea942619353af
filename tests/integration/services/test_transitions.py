from dataclasses import replace

import pytest

from iot_maint.domain.errors import Conflict, UnknownThing
from iot_maint.domain.work_orders import Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import RelationalDatabase
from iot_maint.storage.relational.orders import SqlWorkOrders
from tests.api_builders import StandingClock
from tests.builders import a_work_order

NUMBER = "WO-20260101-0001"


def _dispatch(database: RelationalDatabase, clock: StandingClock) -> WorkOrder:
    with database.transaction() as repositories:
        return transition_order(repositories, NUMBER, Transition.DISPATCH, by="doer", note="", clock=clock, channels=())


def test_whoever_comes_second_is_told_what_the_order_became(
    database: RelationalDatabase, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as repositories:
        repositories.orders.add(a_work_order(NUMBER, status=WorkOrderStatus.DISPATCHED))
    really, looks = SqlWorkOrders.get, iter([True])

    def look_too_early(self: SqlWorkOrders, number: str) -> WorkOrder | None:
        order = really(self, number)
        early = next(looks, False)
        return replace(order, status=WorkOrderStatus.OPEN) if early and order is not None else order

    monkeypatch.setattr(SqlWorkOrders, "get", look_too_early)
    with pytest.raises(Conflict, match="became dispatched meanwhile"):
        _dispatch(database, clock)
    with database.reading() as repositories:
        order = repositories.orders.get(NUMBER)
        assert repositories.outbox.depth() == 0
    assert order is not None
    assert order.timeline == ()


def test_an_order_nobody_opened_takes_no_step(database: RelationalDatabase, clock: StandingClock) -> None:
    with pytest.raises(UnknownThing):
        _dispatch(database, clock)
