"""Labelled history as answers."""

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant
from iot_maint.domain.verdicts import Verdict


class FaultModel(Answer):
    """One label: a fault that was confirmed, or an alarm behind which there was none."""

    equipment: str = Field(examples=["P-01"])
    fault_mode: str = Field(description="What it really was.", examples=["PMP-BEAR"])
    onset: Instant = Field(description="The alarm's first crossing, or the failure if that came before.")
    failure: Instant = Field(description="Until when the label reaches: the failure, else the end of the repair.")
    failed_at: Instant | None
    finished_at: Instant
    work_order: str = Field(examples=["WO-20260101-0001"])
    verdict: Verdict
    verdict_label: str = Field(examples=["真故障"])
