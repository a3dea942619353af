"""A setting that is deployed under a name the service does not know would be ignored in silence."""

import re
from pathlib import Path
from typing import Any

import yaml

from iot_maint.settings import FILE_SUFFIX, PREFIX, Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}


def test_the_compose_file_sets_known_settings_for_the_service() -> None:
    services: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    given = set(services["iot-maint"]["environment"])
    assert given <= KNOWN
    assert {"IOT_MAINT_MQTT_URL", "IOT_MAINT_TELEMETRY_URL", "IOT_MAINT_DATABASE_URL"} <= given


def test_the_systemd_unit_and_its_example_name_known_settings() -> None:
    for name in ("iot-maint.service", "iot-maint.env.example"):
        given = set(re.findall(rf"\b{PREFIX}\w+(?==)", (DEPLOY / name).read_text()))
        assert given
        assert {setting.removesuffix(FILE_SUFFIX) for setting in given} <= KNOWN, name
