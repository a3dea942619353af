"""What the service says of itself."""

from typing import Literal

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant


class AliveModel(Answer):
    """The process answers."""

    status: Literal["alive"]


class ClockModel(Answer):
    """A clock that is not the system's: an accelerated one, shared by all processes."""

    setting: str
    now: Instant


class ReadyModel(Answer):
    """Whether every dependency is ready."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str] = Field(description="`ok`, or one line that says what is wrong.")
    clock: ClockModel | None = Field(description="Null while the clock is the system's.")
