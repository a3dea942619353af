"""The compose file cannot be run where the tests run; what can be checked without containers is checked here."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# Started, awaited, gone: nothing to watch.
ONE_SHOTS = {
    name
    for service in SERVICES.values()
    for name, wait in service.get("depends_on", {}).items()
    if wait["condition"] == "service_completed_successfully"
}
SECRET_NAME = re.compile(r"PASSWORD|TOKEN|SECRET")
REQUIRED_VARIABLE = re.compile(r"\$\{(\w+):\?[^}]*}")


def every_service(*, lasting: bool = False) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", sorted(set(SERVICES) - (ONE_SHOTS if lasting else set())))


@every_service(lasting=True)
def test_every_lasting_service_has_a_healthcheck(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@every_service()
def test_a_service_waits_for_the_health_of_those_it_needs(name: str) -> None:
    for needed, wait in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed in ONE_SHOTS else "service_healthy"
        assert wait["condition"] == expected


@every_service()
def test_every_mounted_file_is_in_the_repository(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source, target, *mode = mount.split(":")
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
            assert mode == ["ro"], f"{target} of {name} can be written"
        else:
            assert source in COMPOSE["volumes"]


@every_service()
def test_a_service_can_change_nothing_but_its_volumes(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@every_service()
def test_ports_are_bound_to_this_machine(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.match(r"(127\.0\.0\.1|\$\{MQTT_BIND:-127\.0\.0\.1}):\d+:\d+$", port)


@every_service()
def test_secrets_come_from_outside_and_have_no_default(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET_NAME.search(variable) and value is not None:
            assert REQUIRED_VARIABLE.fullmatch(value), f"{variable} of {name}"
        for user_info in re.findall(r"://([^@/]*)@", value or ""):
            _user, _, password = user_info.partition(":")
            assert not password or REQUIRED_VARIABLE.fullmatch(password) or REQUIRED_VARIABLE.search(user_info)


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        if "build" not in service:
            assert re.search(r":\d", service["image"]), name


def test_the_example_names_every_variable_and_gives_no_secret() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    example = dict(re.findall(r"^#?(\w+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    passed_through = {
        variable
        for service in SERVICES.values()
        for variable, value in service.get("environment", {}).items()
        if value is None
    }

    assert set(re.findall(r"\$\{(\w+)", text)) | passed_through == set(example)
    assert not [name for name, value in example.items() if SECRET_NAME.search(name) and value]


def test_what_the_image_copies_is_in_the_repository() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]

    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in allowed


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["iot-maint"]
