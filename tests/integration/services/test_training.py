"""Training on stored history: what is healthy, what is left out, and who stands in for whom."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.domain.errors import InvalidInput, UnknownEquipment
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.queries import PageRequest
from iot_maint.domain.trained_models import ModelQuery, ModelScope, ModelStatus
from iot_maint.models.detector import Rows
from iot_maint.models.placing import PlacedKind
from iot_maint.services.training.asking import Way
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import a_work_order, an_alarm_event
from tests.trained_models import KINDS
from tests.training_stories import BIN, NOW, TrainingRig, a_request, a_training_rig

DAY_BINS = timedelta(days=1) // BIN


@pytest.fixture
def rig(tmp_path: Path, database: RelationalDatabase) -> Iterator[TrainingRig]:
    rig = a_training_rig(tmp_path, database)
    yield rig
    rig.store.close()


def test_a_pump_with_history_gets_a_model_of_its_own_in_registry_and_file(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)

    [outcome] = rig.train("P-1")

    assert (outcome.subject, outcome.way, outcome.rows) == ("P-1", Way.OWN, 30 * DAY_BINS)
    model = outcome.model
    assert model is not None
    assert (model.status, model.detector, model.created_by, model.equipment) == (
        ModelStatus.CANDIDATE,
        "distance",
        "trainer",
        "P-1",
    )
    card = model.card
    assert card.metrics == ("vib_rms", "bearing_temp")
    assert (card.gate, card.bin_s) == ("running", 300.0)
    assert (card.trained_from, card.trained_until) == (NOW - timedelta(days=30), NOW)
    assert card.present == {"vib_rms": 1.0, "bearing_temp": 1.0, "running": 1.0}
    assert card.tail[1] == pytest.approx(0.1, abs=0.01)
    assert {"iot-maint", "numpy", "scikit-learn", "python"} <= card.versions.keys()
    stored = rig.files.load(model.file)
    assert (stored.owner, stored.card) == (model.owner, card)
    assert KINDS["distance"].restore(stored.parts).recipe.metrics == card.metrics


def test_the_same_history_trains_to_the_same_file(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)

    first, again = rig.train("P-1"), rig.train("P-1")

    assert first[0].model is not None
    assert again[0].model is not None
    assert first[0].model.file == again[0].model.file
    assert first[0].model.id != again[0].model.id


def test_an_alarm_takes_its_time_out_with_a_margin_before_and_after(rig: TrainingRig) -> None:
    rig.pump("P-1", 40)
    raised = NOW - timedelta(days=20)
    with rig.database.transaction() as repositories:
        repositories.alarms.record(an_alarm_event(raised_at=raised))
        repositories.alarms.record(an_alarm_event(AlarmEventKind.CLEARED, raised_at=raised, after=timedelta(hours=12)))

    [outcome] = rig.train("P-1", days=40)

    # 3 days before the onset (10 minutes before the alarm), half a day of alarm, a day after it.
    gone = (timedelta(days=3, minutes=10) + timedelta(hours=12) + timedelta(days=1)) // BIN
    assert outcome.left_out == {"alarm": gone}
    assert outcome.rows == 40 * DAY_BINS - gone


def test_an_alarm_that_stands_takes_all_since_its_onset(rig: TrainingRig) -> None:
    rig.pump("P-1", 40)
    with rig.database.transaction() as repositories:
        repositories.alarms.record(an_alarm_event(raised_at=NOW - timedelta(days=10)))

    [outcome] = rig.train("P-1", days=40)

    assert outcome.left_out == {"alarm": (timedelta(days=13, minutes=10)) // BIN}


def test_an_open_order_takes_all_since_its_onset_even_without_its_alarm(rig: TrainingRig) -> None:
    rig.pump("P-1", 40)
    with rig.database.transaction() as repositories:
        repositories.orders.add(a_work_order(opened_at=NOW - timedelta(days=5)))

    [outcome] = rig.train("P-1", days=40)

    assert outcome.left_out == {"order": timedelta(days=8, minutes=10) // BIN}


def test_what_is_frozen_or_jumps_or_cannot_be_is_not_learned_from(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)
    at = NOW - timedelta(days=10)
    rig.write("P-1", [(epoch_ms(NOW - timedelta(days=5)), {"bearing_temp": 5_000.0})])
    rig.report_quality("P-1", at, vib_rms__frozen_s=86_400.0)
    rig.report_quality("P-1", NOW - timedelta(days=2), bearing_temp__jumps=3.0)

    [outcome] = rig.train("P-1")

    assert outcome.model is not None
    assert outcome.rows == 20 * DAY_BINS  # the other metric of each row is there
    card = outcome.model.card
    assert DAY_BINS <= outcome.left_out["data_fault"] <= DAY_BINS + 20
    assert card.present["vib_rms"] == pytest.approx(1 - 1 / 20, abs=0.002)
    assert card.present["bearing_temp"] == pytest.approx(1.0, abs=0.002)
    detector = KINDS["distance"].restore(rig.files.load(outcome.model.file).parts)
    assert detector.parts().arrays["mean"][1] == pytest.approx(45.0, abs=0.1)


def test_a_metric_that_is_hardly_ever_sent_is_said_and_left_out(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)
    rig.write("P-1", [(epoch_ms(NOW - timedelta(days=1)), {"motor_vib_rms": 2.0})])

    [outcome] = rig.train("P-1")

    assert outcome.model is not None
    assert "motor_vib_rms" in outcome.absent
    assert "tank_level" in outcome.absent
    assert outcome.model.card.metrics == ("vib_rms", "bearing_temp")


def test_a_new_pump_finds_its_place_in_its_fleet(rig: TrainingRig) -> None:
    for number, level in enumerate((1.0, 2.0, 4.0)):
        rig.pump(f"P-{number}", 30, level=level, seed=number)
    rig.pump("P-NEW", 4, level=8.0, seed=9)

    fleet, placed = rig.train("P-NEW")

    assert (fleet.subject, fleet.way) == ("pump/booster", Way.FLEET_ITSELF)
    assert (placed.subject, placed.way) == ("P-NEW", Way.FLEET)
    assert fleet.model is not None
    assert placed.model is not None
    assert fleet.model.card.members == ("P-0", "P-1", "P-2", "P-NEW")
    assert placed.model.card.fleet_file == fleet.model.file
    detector = PlacedKind(KINDS["distance"]).restore(rig.files.load(placed.model.file).parts)
    # At twice its own level, in the units of its own spread, it is far out; at its own level it is not.
    columns = ("vib_rms", "bearing_temp", "running")
    rows = Rows(
        metrics=columns, at_ms=np.array([1, 2], dtype=np.int64), values=np.array([[8.0, 45.0, 1.0], [16.0, 45.0, 1.0]])
    )
    scores, _ = detector.score(rows, None)
    assert scores.score[0] < 1.0
    assert scores.score[1] > 3.0
    assert scores.contributions[1, 0] > 0.9


def test_a_pump_of_a_day_and_a_fleet_that_is_too_small_are_told_what_it_takes(rig: TrainingRig) -> None:
    rig.pump("P-1", 1)
    rig.pump("P-2", 5)

    outcomes = {outcome.subject: outcome for outcome in rig.train("P-1", "P-2")}

    assert outcomes["P-1"].way is outcomes["P-2"].way is Way.TOO_SHORT
    assert outcomes["P-1"].days == pytest.approx(1.0)
    assert outcomes["P-1"].needed == 14.0
    with rig.database.reading() as repositories:
        assert not repositories.models.page(ModelQuery(), PageRequest()).items


def test_all_in_use_are_trained_and_those_with_nothing_to_watch_are_said(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)
    rig.pump("P-2", 20, seed=1)

    outcomes = {outcome.subject: outcome.way for outcome in rig.train()}

    assert outcomes == {"P-1": Way.OWN, "P-2": Way.OWN}


def test_what_it_would_do_is_said_without_doing_it(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)
    rig.pump("P-2", 3)
    rig.pump("P-3", 0.5)

    foreseen = {one.subject: (one.way, round(one.days, 1)) for one in rig.trainer.foresee(a_request())}

    assert foreseen == {"P-1": (Way.OWN, 20.0), "P-2": (Way.FLEET, 3.0), "P-3": (Way.TOO_SHORT, 0.5)}
    assert not (rig.folder / "models").exists()


def test_a_shadow_is_registered_as_one(rig: TrainingRig) -> None:
    rig.pump("P-1", 20)

    [outcome] = rig.train("P-1", shadow=True)

    assert outcome.model is not None
    assert outcome.model.status is ModelStatus.SHADOW
    with rig.database.reading() as repositories:
        page = repositories.models.page(ModelQuery(scope=ModelScope.EQUIPMENT), PageRequest())
    assert [model.id for model in page.items] == [outcome.model.id]


def test_a_request_that_nobody_could_fulfil_is_refused_by_name(rig: TrainingRig) -> None:
    rig.pump("P-1", 1)

    with pytest.raises(UnknownEquipment, match="no equipment P-9"):
        rig.train("P-9")
    with pytest.raises(InvalidInput, match=r"detector: magic is none; there are auto, distance"):
        list(rig.trainer.train(a_request("P-1", detector="magic")))
    with pytest.raises(InvalidInput, match="type: boat is none; there are"):
        list(rig.trainer.train(a_request(equipment_type="boat")))
    with pytest.raises(InvalidInput, match="to: is not after from"):
        rig.train("P-1", days=0)
    with pytest.raises(InvalidInput, match="from: is more than 1830 days before to"):
        rig.train("P-1", days=1831)
