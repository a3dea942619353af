"""An installation of which a registry's champion scores a pump, without weeks of history to train it on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.modelling import model_files
from iot_maint.domain.trained_models import owner_of_equipment
from iot_maint.models.detector import Recipe, Rows
from iot_maint.models.kinds import KINDS
from iot_maint.services.model_files import StoredModel
from iot_maint.services.model_registry import promote_model, register_model
from iot_maint.settings import Settings
from tests.trained_models import a_card, a_trained_model


def crown_detector(settings: Settings, code: str, healthy: Sequence[Mapping[str, float]]) -> int:
    """The champion of that pump is a PCA that has learned from these values, a row a minute; its id."""
    recipe = Recipe(metrics=("vib_rms", "bearing_temp"), bin_s=60.0)
    values = np.array([[one[name] for name in recipe.metrics] for one in healthy])
    rows = Rows(metrics=recipe.metrics, at_ms=60_000 * np.arange(1, len(values) + 1, dtype=np.int64), values=values)
    card = replace(a_card(detector="pca"), dwell_rows=5)
    parts = KINDS["pca"].fit(rows, recipe).parts()
    name = model_files(settings).save(StoredModel(owner=owner_of_equipment(code), card=card, parts=parts))
    with open_installation(settings) as installation, installation.database.transaction() as repositories:
        model = register_model(repositories, a_trained_model(code, detector="pca", file=name, card=card))
        promote_model(repositories, model.id, by="chief", clock=installation.clock)
    return model.id
