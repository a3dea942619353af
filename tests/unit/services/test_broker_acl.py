"""The broker's ACL follows from the register."""

from dataclasses import replace

from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.services.broker_acl import mosquitto_acl
from tests.builders import an_equipment


def grants(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_a_device_may_publish_under_its_own_topic_and_the_service_may_only_read() -> None:
    assert grants(mosquitto_acl([an_equipment("P-1")], "iot-maint")) == [
        "user iot-maint",
        "topic read iot/v1/#",
        "user P-1",
        "topic write iot/v1/s1/P-1/telemetry",
    ]


def test_a_gateway_may_publish_for_all_equipment_that_hangs_on_it() -> None:
    hanging = [replace(an_equipment(code), gateway="gw 1") for code in ("P-2", "P-1")]
    assert grants(mosquitto_acl(hanging, "iot-maint"))[2:] == [
        "user gw 1",
        "topic write iot/v1/s1/P-1/telemetry",
        "topic write iot/v1/s1/P-2/telemetry",
    ]


def test_strangers_aliases_and_retired_equipment_may_publish_nothing() -> None:
    nobody = [
        an_equipment("P-1", status=EquipmentStatus.UNREGISTERED),
        an_equipment("P-2", status=EquipmentStatus.RETIRED),
        replace(an_equipment("P-3"), merged_into="P-4"),
    ]
    assert grants(mosquitto_acl(nobody, "iot-maint")) == ["user iot-maint", "topic read iot/v1/#"]


def test_no_device_gets_the_services_own_name() -> None:
    text = mosquitto_acl([an_equipment("iot-maint")], "iot-maint")
    assert grants(text) == ["user iot-maint", "topic read iot/v1/#"]
