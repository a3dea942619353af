"""Who may use which topic of the broker, from the register: a device publishes under its own topic and nowhere else."""

from collections.abc import Iterable, Iterator

from iot_maint.domain.equipment import Equipment, EquipmentStatus

SUBSCRIPTION = "iot/v1/#"


def mosquitto_acl(equipment: Iterable[Equipment], service_user: str) -> str:
    """Mosquitto's `acl_file`.  The user of a device is its gateway's name, or its own code where it has no gateway.

    What is not granted is refused.  Equipment that nobody registered, or that is retired, may publish nothing.
    """
    grants: dict[str, list[str]] = {}
    for one in sorted(equipment, key=lambda known: known.code):
        if one.registered and one.status is not EquipmentStatus.RETIRED and one.merged_into is None:
            grants.setdefault(one.gateway or one.code, []).append(f"iot/v1/{one.site}/{one.code}/telemetry")
    return "\n".join(_lines(grants, service_user)) + "\n"


def _lines(grants: dict[str, list[str]], service_user: str) -> Iterator[str]:
    yield "# Made by `iot-maint broker acl` from the equipment register; make it anew when the register changes."
    yield ""
    yield "# The service reads telemetry and never writes: the platform never commands equipment."
    yield f"user {service_user}"
    yield f"topic read {SUBSCRIPTION}"
    for user, topics in sorted(grants.items()):
        if user == service_user:
            yield f"# {user} is the service's own user; give the device or gateway another name."
            continue
        yield ""
        yield f"user {user}"
        yield from (f"topic write {topic}" for topic in topics)
