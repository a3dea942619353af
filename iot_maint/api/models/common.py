"""Shapes that many resources share."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from iot_maint.domain.instants import sayable

T = TypeVar("T")

# Texts from outside: no control characters, which neither PostgreSQL nor a CSV would take.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
WITH_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


def in_bounds(value: datetime | None) -> datetime | None:
    """Every zone must be able to say it: year 9999 may be 10000 elsewhere, and long ago offsets had seconds."""
    return None if value is None else sayable(value)


InstantBody = Annotated[AwareDatetime, AfterValidator(in_bounds)]

# Instants are rendered by the services, with the site's offset; a model only names their form.
Instant = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-01T08:00:00+08:00"]})
]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-01-01"]})]
Code = Annotated[str, Field(min_length=1, max_length=128, pattern=PRINTABLE)]
ShortText = Annotated[str, Field(min_length=1, max_length=200, pattern=PRINTABLE)]
Note = Annotated[str, Field(max_length=2_000, pattern=WITH_LINES)]


class Answer(BaseModel):
    """What the API says: frozen, and nothing beyond what is declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(BaseModel):
    """What the API is told: an unknown member is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PageOf(Answer, Generic[T]):
    """Some rows, and the cursor of the next ones (null: that was all)."""

    items: list[T]
    next_cursor: str | None


class FieldProblem(Answer):
    """What is wrong with one member or parameter."""

    field: str
    reason: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["urn:iot-maint:problem:illegal-transition"])
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem] | None = Field(default=None, description="One entry a field, where fields are wrong.")
    legal: list[str] | None = Field(default=None, description="The legal transitions, after an illegal one.")
