"""What a training is asked for, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import InvalidInput, UnknownEquipment
from iot_maint.domain.ports import Repositories
from iot_maint.domain.trained_models import ModelStatus, TrainedModel
from iot_maint.services.training.history import History

AUTO = "auto"
LOOK_BACK = timedelta(days=90)
# At a minute and ten metrics a fifth of a GiB; what is older was other equipment, most likely.
LONGEST = timedelta(days=5 * 366)
# A detector of one's own has to have seen two weekends.
ENOUGH_DAYS = 14.0
# For one's place among the fleet a working day and a night suffice, twice.
PLACE_DAYS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """Which equipment (`codes`, or all of a `type`, or all), on which span, with which detector, on whose word."""

    start: datetime
    until: datetime
    by: str
    codes: Sequence[str] = ()
    type: str | None = None
    detector: str = AUTO
    shadow: bool = False
    seed: int = 0
    reason: str = ""


class Way(StrEnum):
    """How a model came about, or why none did."""

    OWN = "own"
    FLEET = "fleet"
    FLEET_ITSELF = "fleet_itself"
    NOTHING_TO_WATCH = "nothing_to_watch"
    TOO_SHORT = "too_short"
    NOT_FITTED = "not_fitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOutcome:
    """One piece of equipment, or (`FLEET_ITSELF`) the fleet of a type and kind.

    `days` of healthy history were there, `needed` it takes for a model of its own.
    """

    subject: str
    way: Way
    days: float = 0.0
    needed: float = ENOUGH_DAYS
    rows: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    absent: Sequence[str] = ()
    model: TrainedModel | None = None
    trouble: str = ""


def outcome_of(history: History, way: Way) -> TrainingOutcome:
    """What the history alone says."""
    return TrainingOutcome(
        subject=history.equipment.code,
        way=way,
        days=history.days,
        rows=history.count,
        left_out=history.left_out,
        absent=history.absent,
    )


def status_of(request: TrainingRequest) -> ModelStatus:
    """Where a new model stands."""
    return ModelStatus.SHADOW if request.shadow else ModelStatus.CANDIDATE


def targets_of(repositories: Repositories, request: TrainingRequest) -> list[Equipment]:
    """By code; `UnknownEquipment` or `InvalidInput` name the code that cannot be trained."""
    register = {one.equipment.code: one.equipment for one in repositories.equipment.monitored()}
    for code in request.codes:
        if code not in register:
            raise UnknownEquipment(f"no equipment {code} in the register; `iot-maint equipment list` shows all")
        if not register[code].registered or register[code].merged_into is not None:
            raise InvalidInput(
                code, "is not registered: confirm it first, or name the equipment that it was merged into"
            )
    chosen = set(request.codes)
    return [
        one
        for code, one in sorted(register.items())
        if (code in chosen if chosen else one.in_use and request.type in (None, one.type))
    ]


def fleet_of(repositories: Repositories, equipment_type: str, kind: str | None) -> list[Equipment]:
    """All equipment in use of that type and kind, by code."""
    register = sorted(
        (one.equipment for one in repositories.equipment.monitored()), key=lambda equipment: equipment.code
    )
    return [one for one in register if one.in_use and (one.type, one.kind) == (equipment_type, kind)]
