"""Fitted detectors as the registry knows them: whose they are, where they stand, and the card that says what they are.

The arrays rest in a file; the registry knows the file by the name that its content gives it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ModelStatus(StrEnum):
    """A candidate waits, a shadow scores and never orders, the champion decides, a retired one may come back."""

    CANDIDATE = "candidate"
    SHADOW = "shadow"
    CHAMPION = "champion"
    RETIRED = "retired"


class ModelScope(StrEnum):
    """Whom a model speaks of: one piece of equipment, or all of a type and kind, pooled."""

    EQUIPMENT = "equipment"
    FLEET = "fleet"


class ModelEventKind(StrEnum):
    """What happened to a model."""

    TRAINED = "trained"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOwner:
    """`subject` is a code of equipment, or `type` or `type/kind` of a fleet: together with the scope it is unique."""

    scope: ModelScope
    subject: str


def owner_of_fleet(equipment_type: str, kind: str | None) -> ModelOwner:
    """All equipment of that type and kind; a type's and a kind's names hold no slash."""
    return ModelOwner(scope=ModelScope.FLEET, subject=equipment_type if kind is None else f"{equipment_type}/{kind}")


def owner_of_equipment(code: str) -> ModelOwner:
    """One piece of equipment."""
    return ModelOwner(scope=ModelScope.EQUIPMENT, subject=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What a model was made of, for whoever has to trust it.

    `metrics` are watched, `drivers` explain them, `gate` tells the regimes apart, in bins of `bin_s` seconds.
    `rows` healthy ones in [`trained_from`, `trained_until`) were learned from; `left_out` are bins by reason, `present`
    the share of rows in which each metric had a value.  `members` are the equipment of a fleet.  Where the equipment's
    own history was too short, `fleet_file` names the fleet model's file that stands behind it.
    An anomaly is raised after `dwell_rows` rows in a row beyond the score `limit`, and cleared below `clear_limit`.
    Of the newest training rows, `percentiles` are the scores that so large a share stays below (`p50`, `p90`, `p99`),
    `tail` the share that reached 0.5, 1, 1.5, … 4.  `reason` is why it was trained.
    """

    detector: str
    metrics: tuple[str, ...]
    drivers: tuple[str, ...]
    gate: str | None
    bin_s: float
    trained_from: datetime
    trained_until: datetime
    rows: int
    left_out: Mapping[str, int]
    present: Mapping[str, float]
    limit: float
    clear_limit: float
    dwell_rows: int
    percentiles: Mapping[str, float]
    tail: tuple[float, ...]
    seed: int
    versions: Mapping[str, str]
    members: tuple[str, ...] = ()
    fleet_file: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A row of the registry.  `id` is 0 before it is stored; `backtest` is what a backtest said of it, as JSON.

    `replaced`: the champion in whose place it came, and that a rollback puts back.
    """

    owner: ModelOwner
    equipment_type: str
    kind: str | None
    detector: str
    status: ModelStatus
    file: str
    card: ModelCard
    created_at: datetime
    created_by: str
    id: int = 0
    backtest: str | None = None
    promoted_at: datetime | None = None
    promoted_by: str | None = None
    replaced: int | None = None
    retired_at: datetime | None = None

    @property
    def equipment(self) -> str | None:
        """The code of the one piece of equipment that it speaks of; None of a fleet."""
        return self.owner.subject if self.owner.scope is ModelScope.EQUIPMENT else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEvent:
    """One line of a model's story."""

    kind: ModelEventKind
    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelQuery:
    """Filters; `None` filters nothing."""

    equipment: str | None = None
    type: str | None = None
    detector: str | None = None
    status: ModelStatus | None = None
    scope: ModelScope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """When a champion was last held against its calibration, and what came of it.

    `claimed_at`: some process has begun; it has finished once `checked_at` is not older.
    """

    equipment: str
    claimed_at: datetime
    checked_at: datetime | None = None
    drift: float | None = None
    outcome: str = ""
