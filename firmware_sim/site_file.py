"""What a site file may say."""

from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, field_validator, model_validator

from firmware_sim.fault_spec import ParamValue
from firmware_sim.quantities import Duration, Start
from firmware_sim.strict import Strict

_TOPIC_LEVEL = r"^[^/+#\s]+$"


class LinkSpec(Strict):
    """The way from the devices to the broker. `skew_s`: standard deviation of the devices' clocks."""

    loss: float = Field(default=0.005, ge=0.0, le=1.0)
    duplicates: float = Field(default=0.002, ge=0.0, le=1.0)
    skew_s: float = Field(default=2.0, ge=0.0)
    latency_s: float = Field(default=0.3, ge=0.0)


class EquipmentEntry(Strict):
    """One device, or with `count` many: `{n}` in code and name is its number, zero-padded."""

    code: str = Field(pattern=_TOPIC_LEVEL)
    name: str = ""
    profile: str
    tick: Duration | None = None
    count: int | None = Field(default=None, ge=1)
    params: dict[str, float] = Field(default_factory=dict)
    gateway: str = ""
    parent: str = ""
    building: str = ""
    floor: str = ""
    room: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""

    def expand(self) -> list[Self]:
        """The single devices this entry stands for."""
        if self.count is None:
            return [self]
        numbers = [f"{n:0{len(str(self.count))}d}" for n in range(1, self.count + 1)]
        return [
            self.model_copy(
                update={"code": self.code.replace("{n}", n), "name": self.name.replace("{n}", n), "count": None}
            )
            for n in numbers
        ]

    @model_validator(mode="after")
    def _tick_forward(self) -> Self:
        if self.tick is not None and self.tick.total_seconds() <= 0:
            raise ValueError("tick: must be longer than nothing")
        if self.count is not None and "{n}" not in self.code:
            raise ValueError("code: with count it needs {n}")
        return self


class FaultEntry(Strict):
    """One entry of the timeline; further keys are parameters of the fault."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, ParamValue]

    equipment: str
    fault: str
    start: Start = Field(default="0s", validate_default=True)
    duration: Duration | None = None

    @property
    def params(self) -> dict[str, ParamValue]:
        return dict(self.__pydantic_extra__)


class SiteFile(Strict):
    """`name` is the site's code in topics and in the register."""

    schema_: Literal[1] = Field(alias="schema")
    name: str = Field(pattern=_TOPIC_LEVEL)
    seed: int = 1
    timezone: str = "Asia/Shanghai"
    link: LinkSpec = LinkSpec()
    equipment: list[EquipmentEntry] = Field(min_length=1)
    faults: list[FaultEntry] = Field(default_factory=list)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{name!r} is no IANA time zone") from error
        return name
