"""Alarms as answers."""

from pydantic import Field

from iot_maint.api.models.common import Answer, Asked, Instant, Note
from iot_maint.domain.alarms import AlarmStatus
from iot_maint.domain.catalog import Severity


class NoteModel(Answer):
    """What somebody (or the closing of an order) said of an alarm."""

    at: Instant
    by: str
    note: str


class CauseModel(Answer):
    """The alarm that explains this one, and its newest order."""

    alarm: int
    equipment: str = Field(examples=["PR-01"])
    equipment_name: str = Field(examples=["1 号配电房"])
    fault_mode: str = Field(examples=["PWR-SUPPLY"])
    fault_mode_label: str = Field(examples=["供电中断"])
    order: str | None = Field(examples=["WO-20260101-0001"])


class FlappingModel(Answer):
    """How often it was raised since then, up to its last event."""

    since: Instant
    count: int = Field(examples=[4])


class AlarmModel(Answer):
    """An alarm stands per equipment and fault mode, from its first rule to the last one's clearing.

    One of the platform itself (`platform` is true) is of no site and no equipment, and opens no order.
    """

    id: int
    site: str | None = Field(examples=["yard"])
    equipment: str | None = Field(examples=["P-01"], description="Null for an alarm of the platform itself.")
    equipment_name: str | None = Field(examples=["1 号生活水泵"])
    fault_mode: str = Field(examples=["PMP-BEAR"], description="Of the platform: what is wrong, as `broker_away`.")
    fault_mode_label: str = Field(examples=["轴承劣化"])
    severity: Severity
    severity_label: str
    status: AlarmStatus
    status_label: str
    onset_at: Instant
    raised_at: Instant
    cleared_at: Instant | None
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    rules: list[str] = Field(description="Every rule that ever contributed.", examples=[["pump.vib_rms_warning"]])
    orders: dict[Severity, str] = Field(description="Numbers of the work orders that it led to, by severity.")
    notes: list[NoteModel]
    shadow: bool = Field(description="Of a source in shadow: recorded, never ordered.")
    model: str | None = Field(description="Of that model, which the registry has in shadow.")
    platform: bool
    worker: str | None = Field(description="The worker that raised an alarm of the platform.")
    detail: str | None = Field(description="In one line what the platform's other side said.")
    cause: CauseModel | None = Field(description="What explains it; it opens no order of its own while that stands.")
    locked_out: bool = Field(description="Raised while its equipment was under repair.")
    flapping: FlappingModel | None = Field(description="It comes and goes, and is kept as one alarm.")
    held_back: str | None = Field(
        description="Why it has no order yet, in the reader's language.", examples=["设备维修中，暂不派单"]
    )


class AcknowledgementModel(Asked):
    """What is said with an acknowledgement."""

    note: Note = Field(default="", examples=["已通知值班人员"])
