"""What the service says of itself."""

from typing import Literal

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant
from iot_maint.domain.platform_alarms import PlatformAlarmKind


class AliveModel(Answer):
    """The process answers."""

    status: Literal["alive"]


class ClockModel(Answer):
    """A clock that is not the system's: an accelerated one, shared by all processes."""

    setting: str
    now: Instant


class PlatformAlarmModel(Answer):
    """An alarm of the platform itself that stands."""

    kind: PlatformAlarmKind
    label: str = Field(examples=["消息代理不可达"])
    worker: str
    since: Instant
    detail: str
    stops_data: bool = Field(description="While it stands, telemetry does not come in, or is not judged or stored.")


class ReadyModel(Answer):
    """Whether every dependency is ready, and nothing stops the data of this process."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str] = Field(description="`ok`, or one line that says what is wrong.")
    platform_alarms: list[PlatformAlarmModel] = Field(
        description="Those of all workers.  One of this process that stops data makes it not ready."
    )
    clock: ClockModel | None = Field(description="Null while the clock is the system's.")
