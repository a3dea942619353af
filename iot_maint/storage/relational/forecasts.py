"""Forecasts in the database, one a day of each fault mode."""

from datetime import date

from sqlalchemy import Connection, RowMapping, select, update

from iot_maint.domain.forecasts import Forecast
from iot_maint.storage.relational.rows import from_json, from_row, to_json, to_row
from iot_maint.storage.relational.statements import insert_all_new, insert_new
from iot_maint.storage.relational.tables.forecasts import forecast_days, forecasts

_NO_DAY = ""  # before any


class SqlForecasts:
    """`ForecastRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, equipment: str, day: date) -> bool:
        """This transaction makes the equipment's forecasts of that day; false when that day or a later one is done."""
        insert_all_new(
            self._connection, forecast_days, [{"equipment": equipment, "day": _NO_DAY}], unique=("equipment",)
        )
        statement = (
            update(forecast_days)
            .where(forecast_days.c.equipment == equipment, forecast_days.c.day < day.isoformat())
            .values(day=day.isoformat())
            .returning(forecast_days.c.equipment)
        )
        return self._connection.execute(statement).first() is not None

    def done(self) -> dict[str, date]:
        """By equipment, the last day that is done."""
        statement = select(forecast_days.c.equipment, forecast_days.c.day)
        return {row.equipment: date.fromisoformat(row.day) for row in self._connection.execute(statement)}

    def looked_at(self, equipment: str) -> date | None:
        """Its last day that is done."""
        day = self._connection.execute(
            select(forecast_days.c.day).where(forecast_days.c.equipment == equipment)
        ).scalar_one_or_none()
        return None if day is None else date.fromisoformat(day)

    def add(self, forecast: Forecast) -> None:
        """Keep it; the day's is there once."""
        values = {**to_row(forecast), "day": forecast.day.isoformat(), "also": to_json(forecast.also)}
        insert_new(self._connection, forecasts, values, unique=("equipment", "fault_mode", "day"))

    def standing(self, equipment: str) -> dict[str, Forecast]:
        """By fault mode, those of the last day that is done: what grows now."""
        statement = (
            select(forecasts)
            .join(forecast_days, forecast_days.c.equipment == forecasts.c.equipment)
            .where(forecasts.c.equipment == equipment, forecasts.c.day == forecast_days.c.day)
            .order_by(forecasts.c.fault_mode)
        )
        found = (_forecast(row) for row in self._connection.execute(statement).mappings())
        return {forecast.fault_mode: forecast for forecast in found}

    def history(self, equipment: str, fault_mode: str | None, limit: int) -> list[Forecast]:
        """The newest first."""
        statement = select(forecasts).where(forecasts.c.equipment == equipment)
        if fault_mode is not None:
            statement = statement.where(forecasts.c.fault_mode == fault_mode)
        statement = statement.order_by(forecasts.c.day.desc(), forecasts.c.fault_mode).limit(limit)
        return [_forecast(row) for row in self._connection.execute(statement).mappings()]


def _forecast(row: RowMapping) -> Forecast:
    return from_row(row, Forecast, also=from_json(row["also"], tuple[str, ...]))
