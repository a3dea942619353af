"""Switches of shadow as answers, and as they are asked for."""

from pydantic import Field

from iot_maint.api.models.common import Answer, Asked, Code, Instant, Note


class ShadowSwitchModel(Answer):
    """A source of findings that somebody has put into shadow, or promoted."""

    source: str = Field(examples=["pump.vib_rms_warning"], description="A rule's id, or `model.<detector>`.")
    equipment: str | None = Field(description="Null: all equipment that has no switch of its own.")
    shadow: bool = Field(description="True: what it finds is recorded and never ordered.")


class ShadowSwitchesModel(Answer):
    """All that is switched; everything else is as it is declared."""

    items: list[ShadowSwitchModel]


class ShadowChangeModel(Answer):
    """Who switched what, when, why, from what to what; nulls are as it is declared."""

    source: str
    equipment: str | None
    changed_at: Instant
    changed_by: str
    old: bool | None
    new: bool | None
    note: str


class ShadowChangesModel(Answer):
    """Every change, oldest first."""

    items: list[ShadowChangeModel]


class ShadowWishModel(Asked):
    """What is wanted of a source."""

    shadow: bool | None = Field(description="True: into shadow; false: promoted; null: as it is declared.")
    equipment: Code | None = Field(default=None, examples=["P-01"])
    note: Note = Field(default="", examples=["回测 90 天误报 0 次"])


class ShadowStateModel(Answer):
    """What now holds for the source there; null: as it is declared."""

    source: str
    equipment: str | None
    shadow: bool | None
