"""Trained models as answers."""

from pydantic import Field, JsonValue

from iot_maint.api.models.common import Answer, Asked, Instant, Note
from iot_maint.domain.trained_models import ModelEventKind, ModelScope, ModelStatus


class ModelCardModel(Answer):
    """What a model was made of."""

    detector: str
    metrics: list[str] = Field(description="Watched; may be culprits.", examples=[["vib_rms", "bearing_temp"]])
    drivers: list[str] = Field(description="Only explain.", examples=[["suction_pressure"]])
    gate: str | None = Field(description="While it is 0 the equipment stands.", examples=["running"])
    bin_s: float = Field(description="Seconds between rows.")
    trained_from: Instant
    trained_until: Instant
    rows: int = Field(description="Healthy rows that it learned from.")
    left_out: dict[str, int] = Field(description="Bins that it did not learn from, by reason.")
    present: dict[str, float] = Field(description="The share of rows in which each metric had a value.")
    limit: float = Field(description="The score beyond which an anomaly is raised.")
    clear_limit: float
    dwell_rows: int
    percentiles: dict[str, float] = Field(description="Scores of its own training rows.")
    tail: list[float] = Field(description="The share of training rows that reached 0.5, 1, 1.5, … 4.")
    seed: int
    versions: dict[str, str]
    members: list[str] = Field(description="The equipment of its fleet.")
    fleet_file: str | None = Field(description="The fleet's model behind it, where its own history was too short.")
    reason: str


class ModelEventModel(Answer):
    """One line of a model's story."""

    event: ModelEventKind
    event_label: str
    at: Instant
    by: str
    note: str


class TrainedModelModel(Answer):
    """A fitted detector: a candidate waits, a shadow scores and never orders, the champion decides."""

    id: int
    scope: ModelScope
    equipment: str | None = Field(description="Null for a fleet's.", examples=["P-01"])
    type: str = Field(examples=["pump"])
    kind: str | None
    detector: str
    status: ModelStatus
    status_label: str
    file: str
    created_at: Instant
    created_by: str
    promoted_at: Instant | None
    promoted_by: str | None
    replaced: int | None = Field(description="The champion in whose place it came, which a rollback puts back.")
    retired_at: Instant | None
    card: ModelCardModel
    backtest: dict[str, JsonValue] | None = Field(description="What a backtest said of it.")
    events: list[ModelEventModel]


class PromotionModel(Asked):
    """What is said with a promotion."""

    note: Note = Field(default="", examples=["回测通过"])
    replaces: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="The champion that you know of: 409 if it is another by now."
    )


class RollbackModel(Asked):
    """What is said with a rollback."""

    note: Note = Field(default="", examples=["误报增多"])
