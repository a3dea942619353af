"""Which models score which equipment now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from iot_maint.models.detector import Detector, DetectorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveModel:
    """A model in use on one piece of equipment.

    `limit`, `clear_limit` are scores; an anomaly is raised after `dwell_rows` rows beyond the limit.  In `shadow` it
    records and never orders.
    """

    id: str
    kind: DetectorKind
    detector: Detector
    limit: float
    clear_limit: float
    dwell_rows: int
    shadow: bool = False


class LiveModels(Protocol):
    """The registry's answer, refreshed as cheaply as a number is compared."""

    @property
    def revision(self) -> int:
        """Another number after every change."""
        ...

    def of(self, equipment: str, /) -> Sequence[LiveModel]:
        """The champion, if there is one, and what scores in its shadow."""
        ...


class _NoModels:
    revision = 0

    def of(self, _equipment: str) -> Sequence[LiveModel]:
        return ()


NO_MODELS: LiveModels = _NoModels()  # nothing was ever trained, or nothing shall score
