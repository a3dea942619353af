"""How the topics of other gateways are read: the entries of the setting `topics`, checked when they are loaded."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StrictBool, field_validator, model_validator

from iot_maint.domain.units import CONVERSIONS

Name = Annotated[str, Field(min_length=1, max_length=128)]

SPARKPLUG = "spBv1.0"
LEVEL_NAMES = ("site", "equipment", "gateway", "metric")
_LAST_BIT = 15


class Format(StrEnum):
    """What can be read beside the product's own format."""

    THINGSBOARD = "thingsboard"
    THINGSBOARD_GATEWAY = "thingsboard_gateway"
    SPARKPLUG_B = "sparkplug_b"
    SENML = "senml"
    LINE_PROTOCOL = "line_protocol"
    ALIBABA = "alibaba"
    HUAWEI = "huawei"
    TENCENT = "tencent"
    HOMIE = "homie"
    TASMOTA = "tasmota"
    DTU = "dtu"


class Register(BaseModel):
    """What a name in the payload (a Modbus address, or any other) is called here, and how its number is read.

    metric value = (raw × `scale` + `offset`), converted from `unit` to `to_unit`.  A raw value in `missing` is none.
    `signed` reads 16 bits as two's complement; `bit` takes one bit of a status word, 0 the lowest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    address: Name
    metric: Name
    scale: FiniteFloat = Field(default=1.0, strict=True)
    offset: FiniteFloat = Field(default=0.0, strict=True)
    unit: str | None = None
    to_unit: str | None = None
    missing: tuple[FiniteFloat, ...] = ()
    signed: StrictBool = False
    bit: int | None = Field(default=None, ge=0, le=_LAST_BIT)

    @model_validator(mode="after")
    def _conversion_is_known(self) -> Self:
        if (self.unit is None) != (self.to_unit is None):
            raise ValueError(f"register {self.address}: unit and to_unit go together")
        if self.unit is not None and self.to_unit is not None and (self.unit, self.to_unit) not in CONVERSIONS:
            known = ", ".join(f"{source} to {target}" for source, target in CONVERSIONS)
            raise ValueError(
                f"register {self.address}: no conversion of {self.unit} to {self.to_unit}; there are {known}"
            )
        return self


class TopicRule(BaseModel):
    """One entry: which topics, what format, and whose data it is.

    `topic` is an MQTT filter in which levels may have names: `{equipment}`, `{site}`, `{gateway}`, `{metric}`.
    Where a gateway is known (from its level, from `gateway`, or by Sparkplug's topic), names of equipment in topic and
    payload are those that the register has for that gateway, and no others are accepted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    format: Format
    site: Name | None = None
    gateway: Name | None = None
    equipment_tag: Name = "equipment"  # line protocol: the tag that names the equipment
    rebirth: StrictBool = False  # Sparkplug: whether births may be asked for, the one thing that is ever published
    registers: tuple[Register, ...] = ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The topic's levels, with their names in braces."""
        return tuple(self.topic.split("/"))

    @property
    def topic_filter(self) -> str:
        """What to subscribe to."""
        return "/".join("+" if level.startswith("{") else level for level in self.levels)

    def filter_at(self, site: str) -> str | None:
        """What to subscribe to for one site alone; None where the topic does not tell sites apart."""
        if "{site}" in self.levels:
            return "/".join(site if level == "{site}" else "+" if level[:1] == "{" else level for level in self.levels)
        return self.topic_filter if self.site == site else None

    @field_validator("topic")
    @classmethod
    def _is_a_filter(cls, topic: str) -> str:
        levels = topic.split("/")
        for level in levels:
            if level[:1] == "{" and level[-1:] == "}":
                if level[1:-1] not in LEVEL_NAMES:
                    raise ValueError(f"{level} is no name of a level; there are {', '.join(LEVEL_NAMES)}")
            elif any(sign in level for sign in "{}\0") or (len(level) > 1 and ("+" in level or "#" in level)):
                raise ValueError(f"{level!r} is neither a level's text, nor + or #, nor a name in braces")
        if not any(levels) or "#" in levels[:-1] or topic.startswith("$share/"):
            raise ValueError(f"{topic!r} is no topic filter; # stands at the end alone, and shares are not for here")
        names = Counter(level for level in levels if level.startswith("{") and level != "{metric}")
        if any(count > 1 for count in names.values()):
            raise ValueError("a level's name stands twice; only {metric} may")
        return topic

    @model_validator(mode="after")
    def _tells_whose_data_it_is(self) -> Self:
        names = {level[1:-1] for level in self.levels if level.startswith("{")}
        if self.format is Format.SPARKPLUG_B:
            if self.levels[0] != SPARKPLUG or names - {"site"} or self.gateway is not None:
                raise ValueError(f"a Sparkplug topic starts with {SPARKPLUG}/ and says itself whose data it is")
            return self
        if self.rebirth:
            raise ValueError("rebirth is for the format sparkplug_b alone")
        if ("metric" in names) != (self.format is Format.HOMIE):
            raise ValueError("{metric} belongs into the topic of the format homie, and into no other")
        if "gateway" in names or self.gateway is not None:
            return self
        if self.format is Format.THINGSBOARD_GATEWAY:
            raise ValueError("the payload names the equipment: say whose by {gateway} in the topic or by gateway")
        if "equipment" not in names:
            raise ValueError("whose data is it? put {equipment} or {gateway} into the topic, or set gateway")
        if "site" not in names and self.site is None:
            raise ValueError("at which site is it? put {site} into the topic, or set site")
        return self
