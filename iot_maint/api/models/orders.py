"""Work orders as answers, and what a step is told."""

from typing import Literal

from pydantic import Field

from iot_maint.api.models.common import Answer, Asked, Code, Instant, InstantBody, Note
from iot_maint.domain.catalog import Comparison, Severity
from iot_maint.domain.findings import FindingKind, RunningKnowledge
from iot_maint.domain.signals import SignalKind
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import EntryKind, Origin, Transition, WorkOrderStatus


class ReadingModel(Answer):
    """One value."""

    at: Instant
    value: float


class SilenceModel(Answer):
    """Who was not heard, since when: one metric, or all of a gateway's equipment."""

    heard_at: Instant
    silent_s: float = Field(examples=[180])
    interval_s: float = Field(examples=[60])
    gateway: str | None = Field(examples=["GW-1"])
    equipment: list[str] = Field(examples=[["P-1", "P-2"]])


class ProjectionModel(Answer):
    """When the limit will be reached, with 10, 50 and 90 % probability, and what is planned for it.

    `…_before`: what stood when the plan was made or last moved; `gone`: the growth is no longer seen.
    """

    p10: Instant
    p50: Instant
    p90: Instant
    confidence: float = Field(examples=[0.98])
    planned_for: Instant | None
    planned_until: Instant | None
    p10_before: Instant | None
    p50_before: Instant | None
    p90_before: Instant | None
    planned_before: Instant | None
    missed: bool = Field(description="The window before went by and the order was still only planned.")
    also: list[str] = Field(examples=[["bearing_temp"]])
    gone: bool


class ContributionModel(Answer):
    """One metric's part in an anomaly; `direction` is 1 where it is too high, -1 where too low."""

    metric: str = Field(examples=["vib_rms"])
    metric_label: str = Field(examples=["振动速度有效值"])
    share: float = Field(examples=[0.71])
    direction: int = Field(examples=[1])
    value: float | None = Field(examples=[3.4])


class AnomalyModel(Answer):
    """What a detector said; `score` is −log10 of the share of healthy time above it, `confidence` 0 to 1."""

    model: str = Field(examples=["P-1-20261101-1"])
    detector: str = Field(examples=["tracker"])
    score: float = Field(examples=[4.2])
    confidence: float = Field(examples=[1.0])
    contributions: list[ContributionModel]


class SensedModel(Answer):
    """What a signal said when its limit was crossed, and what it was compared with."""

    kind: SignalKind = Field(examples=["baseline"])
    kind_label: str = Field(examples=["相对自身基线的偏差"])
    value: float = Field(examples=[25.4])
    unit: str = Field(examples=["%"])
    base: float | None = Field(description="The own base, the others' value, the value at the window's beginning.")
    over_s: float | None = Field(description="The window.")
    of: str = Field(description="Whose value, which condition, which rules, or which inputs.")


class EvidenceModel(Answer):
    """Numbers behind a finding, and one sentence that says them.

    Of a silence they stand in `silence`, and there is no `comparison` and no limit.  Of a forecast, `projection` has
    the dates, and `readings` are the healthy level when the growth began and the level when the forecast was made.
    Of an `anomaly`, `limit` and `clear_limit` are the score's, and `readings` those of the metric that drove it most.
    Of a `signal`, the limits are in `limit_unit`, and `readings` are those that it was made of.
    """

    kind: FindingKind
    at: Instant
    rule: str = Field(examples=["pump.bearing_temp_warning"])
    metric: str = Field(examples=["bearing_temp"])
    metric_label: str = Field(examples=["轴承温度"])
    unit: str | None = Field(examples=["°C"])
    limit_unit: str | None = Field(default=None, examples=["°C"])
    comparison: Comparison | None
    limit: float | None = Field(examples=[80])
    clear_limit: float | None = Field(examples=[79])
    dwell_s: float = Field(examples=[600])
    occurrences: int = Field(examples=[1])
    severity: Severity
    basis: str = Field(examples=["engineering default"])
    basis_label: str = Field(examples=["工程经验值"])
    running: RunningKnowledge
    readings: list[ReadingModel]
    signal: SensedModel | None = None
    silence: SilenceModel | None
    projection: ProjectionModel | None
    anomaly: AnomalyModel | None
    text: str = Field(examples=["轴承温度 83.2 °C，连续 10 min 高于限值 80 °C（工程经验值）"])


class SpareModel(Answer):
    """A spare part that the repair is likely to need."""

    code: str = Field(examples=["bearing"])
    label: str = Field(examples=["轴承"])


class JudgementModel(Answer):
    """What was found, said by whom and when."""

    verdict: Verdict
    label: str = Field(examples=["真故障"])
    at: Instant
    by: str = Field(examples=["zhang"])
    fault_mode: str | None = Field(description="What it really was, where the order named another one.")
    fault_mode_label: str | None
    failed_at: Instant | None = Field(description="When the equipment stopped doing its work, if it came to that.")
    parts: str = Field(examples=["轴承 6308 × 2"])


class EntryModel(Answer):
    """One line in the order's story."""

    kind: EntryKind
    label: str = Field(examples=["开单"])
    at: Instant
    recorded_at: Instant
    by: str = Field(examples=["rules"])
    rule: str | None
    severity: Severity | None
    transition: Transition | None
    note: str
    judgement: JudgementModel | None = Field(description="The verdict that was said with it.")


class SymptomModel(Answer):
    """An alarm that the order's fault explains; `order` is one of its own, if it has one nevertheless."""

    alarm: int
    equipment: str = Field(examples=["E-03"])
    equipment_name: str = Field(examples=["3 号客梯"])
    fault_mode: str = Field(examples=["ELV-HVAC"])
    fault_mode_label: str
    severity: Severity
    severity_label: str
    raised_at: Instant
    cleared_at: Instant | None
    order: str | None
    text: str = Field(examples=["电梯 E-03：机房温度异常"])


class WorkOrderModel(Answer):
    """A work order: what, where, why, the evidence, what to do, by when."""

    number: str = Field(examples=["WO-20260101-0001"])
    site: str = Field(examples=["yard"])
    equipment: str = Field(examples=["P-01"])
    equipment_name: str = Field(examples=["1 号生活水泵"])
    equipment_type: str = Field(examples=["pump"])
    fault_mode: str = Field(examples=["PMP-BEAR"])
    fault_mode_label: str = Field(examples=["轴承劣化"])
    origin: Origin
    origin_label: str
    status: WorkOrderStatus
    status_label: str = Field(examples=["待派单"])
    transitions: list[Transition] = Field(description="The legal next steps.")
    severity: Severity
    severity_label: str
    urgency: int = Field(description="1 is the most urgent.", examples=[3])
    urgency_label: str = Field(description="The service level; of a planned order, that it counts once it is due.")
    title: str = Field(examples=["1 号生活水泵：轴承劣化"])
    cause: str
    action: str
    trade: str = Field(examples=["机修工"])
    spares: list[SpareModel]
    evidence: list[EvidenceModel]
    deadlines: dict[Literal["dispatch", "acknowledge", "arrive", "finish"], Instant]
    onset_at: Instant = Field(description="Event time of the first crossing.")
    raised_at: Instant = Field(description="Event time when the dwell was complete.")
    opened_at: Instant = Field(description="The clock when the order was saved.")
    previous: str | None = Field(description="The ended order that this one follows for the same fault.")
    ended_at: Instant | None = Field(description="When it was closed or cancelled.")
    verdict: Verdict | None = Field(description="What was found; null: nobody has said so yet.")
    verdict_label: str | None = Field(examples=["真故障"])
    judgement: JudgementModel | None
    watched_since: Instant | None = Field(
        description="Completed then; whether the fault stays away is not known yet. Its answer is a timeline entry."
    )
    symptoms: list[SymptomModel]
    planned_for: Instant | None = Field(description="Start of the maintenance window that a forecast planned it into.")
    planned_until: Instant | None = Field(description="End of that window.")
    timeline: list[EntryModel]


class FoundModel(Asked):
    """What was found where a preventive order had sent somebody."""

    fault_mode: Code | None = Field(
        default=None, description="With `real_fault`: what it really was, if not the order's.", examples=["PMP-CAV"]
    )
    failed_at: InstantBody | None = Field(
        default=None, description="With `real_fault`: when the equipment stopped doing its work, if it came to that."
    )
    parts: Note = Field(default="", description="Which parts were replaced.", examples=["轴承 6308 × 2"])
    note: Note = Field(default="", examples=["已更换轴承，振动恢复正常"])


class StepModel(FoundModel):
    """What is said with a step.  A verdict, and what belongs to it, goes with the steps that end the work alone."""

    verdict: Verdict | None = Field(default=None, examples=["real_fault"])


class VerdictModel(FoundModel):
    """A verdict that is said, or mended, after the work was done."""

    verdict: Verdict = Field(examples=["false_alarm"])
