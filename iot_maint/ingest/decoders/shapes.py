"""Checks of what stands in a parsed document; each raises `MalformedTelemetry` (`wrong_shape`)."""

from iot_maint.domain.errors import MalformedTelemetry


def object_of(value: object, what: str) -> dict[str, object]:
    """The value as an object."""
    if not isinstance(value, dict):
        raise MalformedTelemetry("wrong_shape", f"{what} is no object")
    return value


def list_of(value: object, what: str) -> list[object]:
    """The value as an array."""
    if not isinstance(value, list):
        raise MalformedTelemetry("wrong_shape", f"{what} is no array")
    return value


def name_of(value: object, what: str) -> str:
    """The value as a name; devices write numbers for names, too."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise MalformedTelemetry("wrong_shape", f"{what} is no name")
