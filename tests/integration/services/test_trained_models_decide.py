"""From stored history to an order: what was trained, promoted and loaded from its file decides about new telemetry."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.telemetry import Telemetry
from iot_maint.models.kinds import KINDS
from iot_maint.services.model_choice import ModelChoice
from iot_maint.services.model_loading import ModelLoader
from iot_maint.services.model_registry import promote_model
from iot_maint.services.monitoring import Outcome
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import CATALOG
from tests.decide_path import DecidePath, start_path
from tests.training_stories import BIN, NOW, TrainingRig, a_request, a_training_rig


@pytest.fixture
def rig(tmp_path: Path, database: RelationalDatabase) -> Iterator[TrainingRig]:
    rig = a_training_rig(tmp_path, database)
    yield replace(rig, trainer=replace(rig.trainer, kinds=KINDS, default_kind="pca"))
    rig.store.close()


def new_days(code: str, *, level: float, healthy_days: float = 1.0, faulty_days: float = 0.5) -> list[Telemetry]:
    """Healthy at its level, then shaking at one and a half times of it: far below every limit of the catalog."""
    count = round((healthy_days + faulty_days) * timedelta(days=1) / BIN)
    noise = np.random.default_rng(77).normal(size=(count, 2)).tolist()
    story = []
    for number, (a, b) in enumerate(noise):
        at_ms = epoch_ms(NOW + number * BIN)
        shaking = 1.5 if number >= healthy_days * timedelta(days=1) / BIN else 1.0
        values = {"vib_rms": level * (shaking + 0.1 * a), "bearing_temp": 45.0 + b, "running": 1.0}
        story.append(Telemetry(site="s1", equipment=code, at_ms=at_ms, received_at_ms=at_ms, values=values))
    return story


def train(rig: TrainingRig, code: str, *, shadow: bool = False) -> int:
    outcomes = rig.trainer.train(a_request(code, shadow=shadow))
    [number] = [one.model.id for one in outcomes if one.model is not None and one.model.equipment == code]
    return number


def promote(rig: TrainingRig, number: int) -> None:
    with rig.database.transaction() as repositories:
        promote_model(repositories, number, by="chief", clock=rig.clock)


def decide(rig: TrainingRig, telemetry: list[Telemetry]) -> tuple[DecidePath, list[Outcome]]:
    choice = ModelChoice(rig.database, ModelLoader(files=rig.files, kinds=KINDS))
    path = start_path(rig.database, CATALOG, NOW, models=choice)
    return path, path.replay(telemetry)


def test_a_promoted_model_opens_one_order_that_names_the_culprit(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)
    promote(rig, train(rig, "P-1"))

    path, _ = decide(rig, new_days("P-1", level=2.0))

    [order] = path.orders()
    evidence = order.evidence[0]
    assert (evidence.rule, evidence.metric) == ("model.pca", "vib_rms")
    assert order.onset_at >= NOW + timedelta(days=1)


def test_a_new_pumps_place_in_its_fleet_decides_at_its_own_level(rig: TrainingRig) -> None:
    for number, level in enumerate((1.0, 2.0)):
        rig.pump(f"P-{number}", 20, level=level, seed=number)
    rig.pump("P-NEW", 4, level=0.8, seed=9)
    promote(rig, train(rig, "P-NEW"))

    path, _ = decide(rig, new_days("P-NEW", level=0.8))

    [order] = path.orders()
    assert (order.evidence[0].rule, order.evidence[0].metric) == ("model.pca.fleet", "vib_rms")
    assert order.onset_at >= NOW + timedelta(days=1)


def test_a_shadow_finds_the_same_and_orders_nothing(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)
    train(rig, "P-1", shadow=True)

    path, outcomes = decide(rig, new_days("P-1", level=2.0))

    assert path.orders() == []
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    assert {(finding.evidence.metric, finding.shadow) for finding in findings} == {("vib_rms", True)}


def test_a_candidate_says_nothing(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)
    train(rig, "P-1")

    path, outcomes = decide(rig, new_days("P-1", level=2.0))

    assert path.orders() == []
    assert not any(outcome.findings for outcome in outcomes)
