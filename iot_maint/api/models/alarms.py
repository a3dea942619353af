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


class AlarmModel(Answer):
    """An alarm stands per equipment and fault mode, from its first rule to the last one's clearing."""

    id: int
    site: str = Field(examples=["yard"])
    equipment: str = Field(examples=["P-01"])
    equipment_name: str = Field(examples=["1 号生活水泵"])
    fault_mode: str = Field(examples=["PMP-BEAR"])
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


class AcknowledgementModel(Asked):
    """What is said with an acknowledgement."""

    note: Note = Field(default="", examples=["已通知值班人员"])
