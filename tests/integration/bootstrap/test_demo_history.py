"""What the demo's site has behind it: real recordings, stored as points, from which ordinary jobs plan and learn."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from iot_maint.bootstrap.demo_history import HISTORY, MODELLED, WEARING, prepare_site
from iot_maint.bootstrap.demo_site import write_demo_register
from iot_maint.bootstrap.installation import open_installation
from iot_maint.domain.trained_models import ModelStatus, owner_of_equipment
from iot_maint.domain.work_orders import Origin, WorkOrderStatus
from iot_maint.services.forecasting import forecast_due
from iot_maint.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")


def settings_at(folder: Path, story: datetime) -> Settings:
    return Settings(
        data_dir=folder / "data", clock=f"accelerated:{story.isoformat()}/{datetime.now(ZONE).isoformat()}/1"
    )


@pytest.mark.parametrize("day", ["2026-03-01", "2026-07-25", "2026-10-09"])
def test_the_ordinary_job_plans_the_wearing_bearing_whatever_the_season(tmp_path: Path, day: str) -> None:
    story = datetime.fromisoformat(f"{day}T06:00:00+08:00")
    settings = settings_at(tmp_path, story)
    write_demo_register(tmp_path / "register.csv")
    points = prepare_site(settings, tmp_path / "register.csv", tmp_path / "history.jsonl", story)
    assert points == pytest.approx(2 * HISTORY / timedelta(minutes=5), rel=0.02)

    with open_installation(settings) as installation:
        forecast_due(installation.database, installation.telemetry, installation.forecast_desk)
        with installation.database.transaction() as repositories:
            planned = repositories.orders.latest(WEARING, "PMP-BEAR")
            healthy = repositories.orders.latest(MODELLED, "PMP-BEAR")
            shadows = repositories.models.shadows(owner_of_equipment(MODELLED))
    assert healthy is None
    assert planned is not None
    assert (planned.origin, planned.status) == (Origin.FORECAST, WorkOrderStatus.PLANNED)
    evidence = planned.timeline[0].evidence
    assert evidence is not None
    assert evidence.projection is not None
    assert evidence.metric == "vib_rms"
    assert planned.planned_until is not None
    assert story < planned.planned_until <= evidence.projection.p10 < story + timedelta(days=7)
    assert [model.status for model in shadows] == [ModelStatus.SHADOW]
