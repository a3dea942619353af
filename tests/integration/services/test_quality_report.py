"""The figures of each piece of equipment, as they stand in the telemetry store and in the API's answer."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.catalog import Language
from iot_maint.domain.telemetry import Point
from iot_maint.services.quality.document import quality_document
from iot_maint.services.quality.report import QualityReport
from iot_maint.storage.relational.database import RelationalDatabase
from iot_maint.storage.telemetry.sqlite import SqliteTelemetryStore
from tests.decide_path import SHANGHAI, register
from tests.silence_stories import CATALOG, USUAL, Site, Talk, a_pump, without


@pytest.fixture
def site(empty_databases: Callable[[], RelationalDatabase]) -> Site:
    database = empty_databases()
    register(database, a_pump("P-1"), a_pump("P-2"))
    return Site(database)


@pytest.fixture
def report(site: Site) -> QualityReport:
    return QualityReport(
        listener=site.listener, meter=site.meter, frozen_after=timedelta(hours=1), standing=site.watch.standing
    )


def fields(points: list[Point], code: str = "P-1") -> dict[str, float | str]:
    [found] = [dict(point.fields) for point in points if point.tags == {"site": "s1", "equipment": code}]
    return found


def test_a_device_that_sends_all_it_should_is_complete(site: Site, report: QualityReport) -> None:
    site.play(1, Talk("P-1"))
    report.points(site.now_ms)
    site.play(30, Talk("P-1"))
    found = fields(report.points(site.now_ms))
    assert found["completeness"] == 1.0
    assert (found["frozen"], found["silent"], found["jumps"], found["out_of_range"]) == (0, 0, 0, 0)
    assert (found["lag_p95_s"], found["skew_s"]) == (0.0, 0.0)


def test_a_series_that_comes_half_as_often_as_it_should_is_half_complete(site: Site, report: QualityReport) -> None:
    site.play(1, Talk("P-1"))
    report.points(site.now_ms)
    site.play(60, Talk("P-1", every_s=10))
    found = fields(report.points(site.now_ms))
    assert found["suction_pressure.completeness"] == pytest.approx(0.5, abs=0.01)
    assert found["vib_rms.completeness"] == 1.0
    assert site.meter.registry.get_sample_value("iot_maint_incomplete_series") == 2  # and so is running


def test_a_value_that_never_changes_is_frozen_unless_it_is_zero_or_a_state(site: Site, report: QualityReport) -> None:
    at_rest = {**USUAL, "vib_rms": 0.0, "starts_per_hour": 3.0}
    site.play(61, Talk("P-1", at_rest, every_s=60))
    found = fields(report.points(site.now_ms))
    assert {name for name in found if name.endswith(".frozen_s")} == {
        "bearing_temp.frozen_s",
        "suction_pressure.frozen_s",
    }
    site.play(1, Talk("P-1", {**at_rest, "bearing_temp": 61.0}, every_s=60))
    assert fields(report.points(site.now_ms))["frozen"] == 1


def test_the_registers_own_time_without_a_change_is_the_one_that_counts(
    site: Site, report: QualityReport, empty_databases: Callable[[], RelationalDatabase]
) -> None:
    database = empty_databases()
    register(database, a_pump("P-1", parameters={"stuck.bearing_temp": 600.0, "stuck.starts_per_hour": 600.0}))
    other = Site(database)
    watching = QualityReport(
        listener=other.listener, meter=other.meter, frozen_after=timedelta(hours=1), standing=other.watch.standing
    )
    for one in (site, other):
        one.play(11, Talk("P-1", {**USUAL, "starts_per_hour": 3.0}, every_s=60))
    assert fields(report.points(site.now_ms))["frozen"] == 0
    found = fields(watching.points(other.now_ms))
    # Of a steady metric to stay the same is normal, unless somebody says for how long.
    assert {name for name in found if name.endswith(".frozen_s")} == {
        "bearing_temp.frozen_s",
        "starts_per_hour.frozen_s",
    }


def test_what_cannot_be_is_counted_once_a_report(site: Site, report: QualityReport) -> None:
    site.play(5, Talk("P-1"))
    site.play(5, Talk("P-1", {**USUAL, "bearing_temp": 6553.5}, every_s=60))
    assert fields(report.points(site.now_ms))["bearing_temp.out_of_range"] == 5
    assert "bearing_temp.out_of_range" not in fields(report.points(site.now_ms))


def test_a_jump_that_no_bearing_makes_is_counted(site: Site, report: QualityReport) -> None:
    site.play(5, Talk("P-1"))
    site.play(1, Talk("P-1", {**USUAL, "bearing_temp": 250.0}, every_s=60))
    assert fields(report.points(site.now_ms))["bearing_temp.jumps"] == 1


def test_a_silent_sensor_is_one(site: Site, report: QualityReport) -> None:
    site.play(5, Talk("P-1"), Talk("P-2"))
    site.play(10, Talk("P-1", without("vib_rms")), Talk("P-2"))
    points = report.points(site.now_ms)
    assert (fields(points)["silent"], fields(points)["vib_rms.silent"]) == (1, 1)
    assert fields(points, "P-2")["silent"] == 0


def test_whoever_is_cut_off_with_its_gateway_is_silent_too(empty_databases: Callable[[], RelationalDatabase]) -> None:
    database = empty_databases()
    register(database, a_pump("P-1", "GW-1"), a_pump("P-2", "GW-1"), a_pump("P-3"))
    site = Site(database)
    report = QualityReport(
        listener=site.listener, meter=site.meter, frozen_after=timedelta(hours=1), standing=site.watch.standing
    )
    site.play(5, Talk("P-1"), Talk("P-2"), Talk("P-3"))
    site.play(10, Talk("P-3"))
    points = report.points(site.now_ms)
    assert [fields(points, code)["silent"] for code in ("P-1", "P-2", "P-3")] == [1, 1, 0]
    assert [fields(points, code)["vib_rms.silent"] for code in ("P-1", "P-2")] == [1, 1]


def test_the_answer_is_the_newest_report_alone(site: Site, report: QualityReport, tmp_path: Path) -> None:
    store = SqliteTelemetryStore(tmp_path / "telemetry.db")
    try:
        site.play(5, Talk("P-1"))
        site.play(5, Talk("P-1", {**USUAL, "bearing_temp": 6553.5}, every_s=60))
        store.write(report.points(site.now_ms))
        document = quality_document(
            a_pump("P-1"), CATALOG.types["pump"], store.read_last("data_quality", "P-1"), Language.ZH_CN, SHANGHAI
        )
        assert "超出物理范围" in str(document)
        site.play(5, Talk("P-1"))
        store.write(report.points(site.now_ms))
        document = quality_document(
            a_pump("P-1"), CATALOG.types["pump"], store.read_last("data_quality", "P-1"), Language.ZH_CN, SHANGHAI
        )
        assert "超出物理范围" not in str(document)
    finally:
        store.close()


def test_before_the_first_report_there_is_nothing_to_say() -> None:
    document = quality_document(a_pump("P-1"), CATALOG.types["pump"], {}, Language.EN, SHANGHAI)
    assert (document["at"], document["metrics"]) == (None, [])
