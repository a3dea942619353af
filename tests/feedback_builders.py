"""Ended orders for tests of what is counted of them."""

from datetime import datetime, timedelta

from iot_maint.domain.feedback import EndedOrder
from iot_maint.domain.verdicts import Verdict
from tests.builders import DWELL, T0


def an_ended_order(
    verdict: Verdict | None = Verdict.REAL_FAULT,
    *,
    number: str = "WO-1",
    equipment: str = "P-1",
    fault_mode: str = "PMP-BEAR",
    found_mode: str | None = None,
    raised_at: datetime = T0 + DWELL,
    ended_at: datetime = T0 + timedelta(days=1),
    failed_at: datetime | None = None,
    attended_at: datetime | None = None,
    finished_at: datetime | None = None,
    sources: tuple[str, ...] = ("pump.bearing_temp_warning",),
) -> EndedOrder:
    return EndedOrder(
        number=number,
        site="s1",
        equipment=equipment,
        equipment_type="pump",
        fault_mode=fault_mode,
        onset_at=raised_at - DWELL,
        raised_at=raised_at,
        ended_at=ended_at,
        verdict=verdict,
        found_mode=found_mode,
        failed_at=failed_at,
        attended_at=attended_at,
        finished_at=finished_at,
        sources=sources,
    )
