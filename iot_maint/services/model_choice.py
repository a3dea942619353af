"""Which models score which equipment now: the registry's champions and shadows, each loaded from its verified file."""

import logging
from collections.abc import Mapping, Sequence
from threading import Lock

from iot_maint.domain.errors import RefusedModel
from iot_maint.domain.ports import Database, Repositories
from iot_maint.domain.trained_models import ModelStatus, TrainedModel
from iot_maint.services.model_loading import LoadedModel, ModelLoader
from iot_maint.services.model_registry import champions_before
from iot_maint.services.scoring.live_models import LiveModel

log = logging.getLogger(__name__)


class ModelChoice:
    """`LiveModels` of the registry.  `refresh` may be called from another thread than the one that scores.

    A champion whose file is refused leaves the one in place that scored before it; at a start, the last champion
    before it whose file is good.  A shadow whose file is refused is left out.
    """

    def __init__(self, database: Database, loader: ModelLoader) -> None:
        self._database = database
        self._loader = loader
        self._registry_revision = -1
        self._revision = 0
        self._models: Mapping[str, Sequence[LiveModel]] = {}
        self._loaded: dict[int, LoadedModel] = {}
        self._refused: dict[int, str] = {}
        self._lock = Lock()

    @property
    def revision(self) -> int:
        """Another number after every change.

        The first time it looks itself, so that nothing is scored as if there were no models; `StoreUnavailable` then.
        """
        if self._registry_revision < 0:
            self.refresh()
        return self._revision

    @property
    def refused(self) -> Mapping[int, str]:
        """By model, why its file is not used."""
        return self._refused

    def of(self, equipment: str, /) -> Sequence[LiveModel]:
        """The champion, if there is one, and what scores in its shadow."""
        return self._models.get(equipment, ())

    def refresh(self) -> bool:
        """Look again; whether anything has changed.  One number is asked for while nothing has.

        `StoreUnavailable` leaves what is known as it is.  Files that were refused are asked again each time.
        """
        with self._lock:
            with self._database.reading() as repositories:
                revision = repositories.models.revision()
                if revision == self._registry_revision and not self._refused:
                    return False
                models = self._look(repositories)
            changed = _names(models) != _names(self._models)
            if changed:
                self._models = models
                self._revision += 1  # after what it stands for: another thread reads it
            self._registry_revision = revision
            return changed

    def _look(self, repositories: Repositories) -> Mapping[str, Sequence[LiveModel]]:
        used: dict[int, LoadedModel] = {}
        refused: dict[int, str] = {}
        found: dict[str, list[LiveModel]] = {}
        for model in repositories.models.in_use():
            if model.equipment is None:
                continue
            loaded = self._load(model, refused)
            shadow = model.status is ModelStatus.SHADOW
            if loaded is None and not shadow:
                loaded = self._instead(repositories, model, refused)
            if loaded is not None:
                used[loaded.id] = loaded
                found.setdefault(model.equipment, []).append(live_model(loaded, shadow=shadow))
        self._loaded = used
        for number, reason in refused.items():
            if self._refused.get(number) != reason:
                log.error("%s", reason)
        self._refused = refused
        return {code: tuple(models) for code, models in found.items()}

    def _load(self, model: TrainedModel, refused: dict[int, str]) -> LoadedModel | None:
        loaded = self._loaded.get(model.id)
        if loaded is not None:
            return loaded
        try:
            return self._loader.load(model)
        except RefusedModel as error:
            refused[model.id] = str(error)
            return None

    def _instead(
        self, repositories: Repositories, champion: TrainedModel, refused: dict[int, str]
    ) -> LoadedModel | None:
        """What scored until now, else the last champion before it that can be loaded."""
        for model in champions_before(repositories, champion):
            loaded = self._load(model, refused)
            if loaded is not None:
                return loaded
        return None


def _names(models: Mapping[str, Sequence[LiveModel]]) -> Mapping[str, Sequence[tuple[str, bool]]]:
    """Who scores what, without the detectors, of which one does not ask whether they are equal."""
    return {code: [(one.id, one.shadow) for one in some] for code, some in models.items()}


def live_model(loaded: LoadedModel, *, shadow: bool) -> LiveModel:
    """With the limits of its card."""
    return LiveModel(
        id=str(loaded.id),
        kind=loaded.kind,
        detector=loaded.detector,
        limit=loaded.card.limit,
        clear_limit=loaded.card.clear_limit,
        dwell_rows=loaded.card.dwell_rows,
        shadow=shadow,
    )
