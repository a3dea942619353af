"""Trains models: each piece of equipment on its own healthy history, else as one of its fleet."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, DetectorSpec, EquipmentType
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.ports import Clock, Database, TelemetryStore
from iot_maint.domain.trained_models import owner_of_equipment
from iot_maint.models.detector import DetectorKind, Recipe
from iot_maint.services.model_files import ModelFiles
from iot_maint.services.training.asking import (
    AUTO,
    ENOUGH_DAYS,
    LONGEST,
    PLACE_DAYS,
    TrainingOutcome,
    TrainingRequest,
    Way,
    outcome_of,
    status_of,
    targets_of,
)
from iot_maint.services.training.fanning import FanOut
from iot_maint.services.training.fitting import FitJob, Fitted, NotFitted, fit
from iot_maint.services.training.fleets import Fleet, FleetTrainer
from iot_maint.services.training.history import History, HistoryReader
from iot_maint.services.training.keeping import Keeper, card_of
from iot_maint.services.training.recipes import recipe_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainer:
    """`kinds` are the detectors that there are; `default_kind` is what `auto` means where a type names none."""

    database: Database
    store: TelemetryStore
    files: ModelFiles
    catalog: Catalog
    kinds: Mapping[str, DetectorKind]
    default_kind: str
    clock: Clock
    zone: ZoneInfo
    fan_out: FanOut

    def asked_for(self, request: TrainingRequest) -> int:
        """How many pieces of equipment; fleets come on top.  Errors as in `train`."""
        return sum(1 for _ in self._asked(request))

    def foresee(self, request: TrainingRequest) -> Iterator[TrainingOutcome]:
        """How much history there is and which way it would go; nothing is fitted or kept."""
        reader = self._reader(request)
        for equipment, type_, recipe in self._asked(request):
            if recipe is None:
                yield TrainingOutcome(subject=equipment.code, way=Way.NOTHING_TO_WATCH)
                continue
            history = reader.read(equipment, type_, recipe)
            own, placed = history.days >= ENOUGH_DAYS, history.days >= PLACE_DAYS
            yield outcome_of(history, Way.OWN if own else Way.FLEET if placed else Way.TOO_SHORT)

    def train(self, request: TrainingRequest) -> Iterator[TrainingOutcome]:
        """Fit, keep and register, one after the other as they are done; fleets after all that have enough."""
        keeper = Keeper(database=self.database, files=self.files, clock=self.clock)
        under_way: deque[tuple[History, DetectorKind, DetectorSpec]] = deque()
        short: list[History] = []
        idle: list[TrainingOutcome] = []

        def jobs() -> Iterator[FitJob]:
            reader = self._reader(request)
            for equipment, type_, recipe in self._asked(request):
                if recipe is None or type_.detector is None:
                    idle.append(TrainingOutcome(subject=equipment.code, way=Way.NOTHING_TO_WATCH))
                    continue
                history = reader.read(equipment, type_, recipe)
                if history.days < ENOUGH_DAYS or not history.recipe.metrics:
                    short.append(history)
                    continue
                kind = self._kind(request, type_)
                under_way.append((history, kind, type_.detector))
                yield FitJob(kind=kind, rows=history.rows, recipe=history.recipe, seed=request.seed)

        for result in self.fan_out(fit, jobs()):
            history, kind, spec = under_way.popleft()
            if isinstance(result, NotFitted):
                yield replace(outcome_of(history, Way.NOT_FITTED), trouble=result.reason)
            else:
                yield _keep_own(keeper, request, history, kind, spec, result)
        yield from idle
        yield from self._train_fleets(keeper, request, short)

    def _train_fleets(
        self, keeper: Keeper, request: TrainingRequest, short: Sequence[History]
    ) -> Iterator[TrainingOutcome]:
        fleets: dict[tuple[str, str], list[History]] = {}
        for history in short:
            if history.days < PLACE_DAYS or not history.recipe.metrics:
                yield outcome_of(history, Way.TOO_SHORT)
            else:
                key = (history.equipment.type, history.equipment.kind or "")
                fleets.setdefault(key, []).append(history)
        trainer = FleetTrainer(
            database=self.database, reader=self._reader(request), keeper=keeper, fan_out=self.fan_out
        )
        for (type_name, kind), members in sorted(fleets.items()):
            type_ = self.catalog.types[type_name]
            declared = recipe_for(type_, kind or None)
            if declared is not None and type_.detector is not None:
                fleet = Fleet(type=type_, kind=kind or None, spec=type_.detector, declared=declared)
                yield from trainer.train(request, fleet, self._kind(request, type_), members)

    def _asked(self, request: TrainingRequest) -> Iterator[tuple[Equipment, EquipmentType, Recipe | None]]:
        """`InvalidInput` or `UnknownEquipment` for a request that nobody could fulfil, before anything is read."""
        if request.type is not None and request.type not in self.catalog.types:
            raise InvalidInput("type", f"{request.type} is none; there are {', '.join(self.catalog.types)}")
        if request.until <= request.start:
            raise InvalidInput("to", "is not after from")
        if request.until - request.start > LONGEST:
            raise InvalidInput("from", f"is more than {LONGEST.days} days before to; a history is held in memory")
        if request.detector not in (AUTO, *self.kinds):
            raise InvalidInput("detector", f"{request.detector} is none; there are {', '.join((AUTO, *self.kinds))}")
        with self.database.reading() as repositories:
            targets = targets_of(repositories, request)
        for equipment in targets:
            type_ = self.catalog.types.get(equipment.type)
            if type_ is not None:
                yield equipment, type_, recipe_for(type_, equipment.kind)

    def _kind(self, request: TrainingRequest, type_: EquipmentType) -> DetectorKind:
        own = type_.detector.default if type_.detector is not None else None
        wanted = (own or self.default_kind) if request.detector == AUTO else request.detector
        if wanted not in self.kinds:
            raise InvalidInput(f"{type_.name}.detector.default", f"{wanted} is none; there are {', '.join(self.kinds)}")
        return self.kinds[wanted]

    def _reader(self, request: TrainingRequest) -> HistoryReader:
        return HistoryReader(
            database=self.database, store=self.store, zone=self.zone, start=request.start, until=request.until
        )


def _keep_own(
    keeper: Keeper,
    request: TrainingRequest,
    history: History,
    kind: DetectorKind,
    spec: DetectorSpec,
    fitted: Fitted,
) -> TrainingOutcome:
    equipment = history.equipment
    card = card_of(request, kind.name, spec, history.recipe, history, fitted)
    owner = owner_of_equipment(equipment.code)
    model = keeper.keep(request, owner, equipment.type, equipment.kind, card, fitted.parts, status_of(request))
    return replace(outcome_of(history, Way.OWN), model=model)
