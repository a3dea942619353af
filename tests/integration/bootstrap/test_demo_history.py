"""What the demo's site has behind it: real recordings, stored as points, from which ordinary jobs plan and learn."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from iot_maint.bootstrap.demo_history import HISTORY, MODELLED, WEARING, prepare_site, store_recording
from iot_maint.bootstrap.demo_site import write_demo_register
from iot_maint.bootstrap.installation import open_installation
from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.trained_models import ModelStatus, owner_of_equipment
from iot_maint.domain.work_orders import Origin, WorkOrderStatus
from iot_maint.services.forecasting import forecast_due
from iot_maint.services.register.importing import import_rows
from iot_maint.settings import Settings
from iot_maint.storage.register_files import read_register

ZONE = ZoneInfo("Asia/Shanghai")
LINE = (
    '{{"topic":"iot/v1/yunting/BP-03/telemetry",'
    '"payload":{{"ts":{ts},"values":{{"vib_rms":{value},"running":true}}}}}}\n'
)


def settings_at(folder: Path, story: datetime) -> Settings:
    return Settings(
        data_dir=folder / "data", clock=f"accelerated:{story.isoformat()}/{datetime.now(ZONE).isoformat()}/1"
    )


def test_a_recording_is_stored_as_the_points_of_its_equipment(tmp_path: Path) -> None:
    register, recording = tmp_path / "register.csv", tmp_path / "history.jsonl"
    write_demo_register(register)
    recording.write_text("".join(LINE.format(ts=1767225600000 + 60_000 * n, value=2 + n) for n in range(3)), "utf-8")
    with open_installation(settings_at(tmp_path, datetime(2026, 1, 2, tzinfo=ZONE))) as installation:
        with installation.database.transaction() as repositories:
            import_rows(repositories, installation.catalog, installation.clock, read_register(register))
        assert store_recording(installation, recording) == 3
        (points,) = installation.telemetry.read_points("pump", "yunting", "BP-03")
    assert [(point.at_ms, point.fields) for point in points] == [
        (1767225600000 + 60_000 * n, {"vib_rms": 2.0 + n, "running": 1.0}) for n in range(3)
    ]


def test_a_damaged_recording_is_refused_by_file_and_line(tmp_path: Path) -> None:
    recording = tmp_path / "history.jsonl"
    recording.write_text(LINE.format(ts=1767225600000, value=2.0) + "{\n", "utf-8")
    with (
        open_installation(settings_at(tmp_path, datetime(2026, 1, 2, tzinfo=ZONE))) as installation,
        pytest.raises(InvalidInput, match=r"history\.jsonl:2"),
    ):
        store_recording(installation, recording)


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
