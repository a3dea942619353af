"""What `doctor` says of a part that does not answer or refuses: in every case the setting that a person mends."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from iot_maint.bootstrap.examination import Check, checks
from iot_maint.bootstrap.installation import open_installation
from iot_maint.domain.errors import MaintError
from iot_maint.settings import Settings
from tests.builders import an_equipment
from tests.decide_path import register
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.processes import free_port


def complaint_of(name: str, settings: Settings) -> str:
    """What the check of that name says of an installation that fails it."""
    with open_installation(settings) as installation:
        found: Mapping[str, Check] = {check.name: check for check in checks(installation, fix=False)}
        with pytest.raises(MaintError) as failure:
            found[name].run()
        return found[name].explain(failure.value)


@pytest.mark.parametrize(("wrong", "status"), [("token", "401"), ("bucket", "404")])
def test_a_telemetry_store_that_refuses_names_its_setting(
    influxdb: InfluxdbBucket, tmp_path: Path, wrong: str, status: str
) -> None:
    bucket = replace(influxdb, bucket="nosuch") if wrong == "bucket" else influxdb
    url = bucket.telemetry_url
    if wrong == "token":
        url = url.replace(influxdb.token, "guessed")
    said = complaint_of("telemetry", Settings(data_dir=tmp_path, telemetry_url=SecretStr(url)))
    assert f"answered {status}" in said
    assert said.endswith("see IOT_MAINT_TELEMETRY_URL")


def test_a_database_that_is_not_there_names_its_setting(tmp_path: Path) -> None:
    url = SecretStr(f"postgresql+psycopg://iot:secret@127.0.0.1:{free_port()}/iot")
    said = complaint_of("database", Settings(data_dir=tmp_path, database_url=url))
    assert said.endswith("see IOT_MAINT_DATABASE_URL")
    assert "secret" not in said


def test_a_broker_that_is_not_there_names_its_setting_once(tmp_path: Path) -> None:
    url = SecretStr(f"mqtt://127.0.0.1:{free_port()}")
    said = complaint_of("broker", Settings(data_dir=tmp_path, mqtt_url=url))
    assert said.count("IOT_MAINT_MQTT_URL") == 1


def test_a_rule_that_names_no_equipment_of_the_register_is_told_with_the_code_meant(tmp_path: Path) -> None:
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "own.toml").write_text(
        """schema = 1
extends = "pump"
[rules.own_bearing]
metric = "bearing_temp"
above = 70
clear = 68
for = "10m"
severity = "warning"
fault_mode = "PMP-BEAR"
equipment = ["BP-71"]
basis = "engineering default"
""",
        encoding="utf-8",
    )
    settings = Settings(data_dir=tmp_path / "data", catalog_dir=tmp_path / "types")
    with open_installation(settings) as installation:
        register(installation.database, an_equipment("BP-17"))

    said = complaint_of("rules", settings)

    assert said.startswith("pump.own_bearing names BP-71, which is not in the register; did you mean BP-17?: mend ")
