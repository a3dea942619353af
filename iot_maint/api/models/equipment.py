"""Equipment as answers, and what the register is told."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from iot_maint.api.models.common import Answer, Asked, Code, Day, Instant, Note, ShortText
from iot_maint.domain.equipment import EquipmentStatus, TransferKind

Finite = Annotated[float, Field(allow_inf_nan=False)]
Parameters = dict[Code, Finite]
GivenStatus = Literal[
    EquipmentStatus.IN_SERVICE, EquipmentStatus.UNDER_MAINTENANCE, EquipmentStatus.STOPPED, EquipmentStatus.RETIRED
]
MAX_QUANTITY = 1_000_000


class EquipmentModel(Answer):
    """One piece of equipment as the register knows it."""

    code: str = Field(examples=["P-01"])
    name: str = Field(examples=["1 号生活水泵"])
    type: str = Field(examples=["pump"])
    type_label: str = Field(examples=["水泵"])
    kind: str | None = Field(examples=["booster"])
    kind_label: str | None
    site: str = Field(examples=["yard"])
    status: EquipmentStatus
    status_label: str
    building: str | None
    floor: str | None
    room: str | None
    maker: str | None
    model: str | None
    serial: str | None
    commissioned_on: Day | None
    warranty_until: Day | None
    contractor: str | None
    contractor_licence: str | None
    contractor_phone: str | None
    parent: str | None
    gateway: str | None
    gateway_device: str | None
    parameters: dict[str, float] = Field(examples=[{"setpoint": 0.45, "nameplate.power_kw": 15}])
    merged_into: str | None = Field(description="The equipment whose alias this code has become.")
    first_seen_at: Instant | None


class ArchiveFields(Asked):
    """What the archive may say of any equipment; null empties a field."""

    kind: Code | None = None
    building: ShortText | None = None
    floor: ShortText | None = None
    room: ShortText | None = None
    maker: ShortText | None = None
    model: ShortText | None = None
    serial: ShortText | None = None
    commissioned_on: date | None = None
    warranty_until: date | None = None
    contractor: ShortText | None = None
    contractor_licence: ShortText | None = None
    contractor_phone: ShortText | None = None
    parent: Code | None = None
    gateway: ShortText | None = None
    gateway_device: ShortText | None = None
    parameters: dict[Code, Finite | None] = Field(
        default_factory=dict, max_length=500, description="By dotted name; null takes one away, others stay."
    )


class NewEquipmentModel(ArchiveFields):
    """Equipment to register."""

    code: Code = Field(examples=["P-07"])
    name: ShortText = Field(examples=["7 号生活水泵"])
    type: Code = Field(examples=["pump"])
    site: Code = Field(examples=["yard"])
    status: GivenStatus = EquipmentStatus.IN_SERVICE


class EquipmentChangeModel(ArchiveFields):
    """A change: what is not named stays.  Type and site are fixed once it has reported."""

    name: ShortText | None = Field(default=None, examples=["7 号生活水泵(备用)"])
    type: Code | None = None
    site: Code | None = None
    status: GivenStatus | None = None

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        for name in ("name", "type", "site", "status"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be empty")
        return self


class ConfirmationModel(Asked):
    """As what an unregistered code is registered."""

    type: Code = Field(examples=["pump"])
    kind: Code | None = Field(default=None, examples=["booster"])
    name: ShortText | None = None


class MergeModel(Asked):
    """Into which registered equipment a code is merged."""

    into: Code = Field(examples=["P-01"])


class TransferModel(Answer):
    """A job that copies one identity's points to another; it runs until nothing older can come any more."""

    id: int
    kind: TransferKind
    source: str
    target: str
    from_measurement: str
    to_measurement: str
    requested_at: Instant
    requested_by: str
    points_copied: int
    finished_at: Instant | None


class PartModel(Answer):
    """A part that is built in."""

    code: str
    name: str
    quantity: int


class NewPartModel(Asked):
    """A part that is built in; an existing code is corrected."""

    code: Code = Field(examples=["bearing-6308"])
    name: ShortText = Field(examples=["驱动端轴承 6308"])
    quantity: int = Field(ge=0, le=MAX_QUANTITY, examples=[2])


class ReplacementModel(Answer):
    """A part that was replaced."""

    part: str
    quantity: int
    replaced_on: Day
    work_order: str | None
    note: str
    recorded_by: str


class NewReplacementModel(Asked):
    """A part that was replaced, perhaps under a work order."""

    quantity: int = Field(ge=1, le=MAX_QUANTITY, examples=[1])
    replaced_on: date = Field(examples=["2026-01-02"])
    work_order: Code | None = Field(default=None, examples=["WO-20260101-0001"])
    note: Note = ""


class DocumentModel(Answer):
    """A manual, drawing or certificate, by link."""

    title: str
    url: str


class NewDocumentModel(Asked):
    """A link to add."""

    title: ShortText = Field(examples=["使用说明书"])
    url: Annotated[str, Field(min_length=8, max_length=2_000)] = Field(examples=["https://example.org/manual.pdf"])


class PartsModel(Answer):
    """What is built in, and what of it was replaced when."""

    parts: list[PartModel]
    replacements: list[ReplacementModel]


class DocumentsModel(Answer):
    """All links."""

    documents: list[DocumentModel]
