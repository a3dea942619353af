"""Forecasts, within one transaction."""

from datetime import date
from typing import Protocol

from iot_maint.domain.forecasts import Forecast


class ForecastRepository(Protocol):
    """The forecasts that were made, one a day of each fault mode."""

    def claim(self, equipment: str, day: date) -> bool:
        """This transaction makes the equipment's forecasts of that day; false when that day or a later one is done."""
        ...

    def done(self) -> dict[str, date]:
        """By equipment, the last day that is done."""
        ...

    def looked_at(self, equipment: str) -> date | None:
        """Its last day that is done."""
        ...

    def add(self, forecast: Forecast) -> None: ...

    def standing(self, equipment: str) -> dict[str, Forecast]:
        """By fault mode, those of the last day that is done: what grows now."""
        ...

    def history(self, equipment: str, fault_mode: str | None, limit: int) -> list[Forecast]:
        """The newest first."""
        ...
