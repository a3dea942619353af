"""An installation with a history: its register in its database, its telemetry in its store, as the drain leaves it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from iot_maint.bootstrap.backtesting import Asked, run_backtest
from iot_maint.bootstrap.spreading import map_here
from iot_maint.catalog import load_catalog
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.telemetry import Telemetry
from iot_maint.metering import PrometheusMeter
from iot_maint.services.backtest.result import BacktestResult
from iot_maint.services.points import PointMaker
from iot_maint.services.roster import Roster
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import open_database
from iot_maint.storage.telemetry import open_telemetry_store
from tests.decide_path import register


def an_installation(folder: Path, *equipment: Equipment, telemetry_url: str | None = None) -> Settings:
    """With that equipment, and no history yet."""
    settings = Settings(data_dir=folder, telemetry_url=telemetry_url)
    with open_database(settings.database) as database:
        register(database, *equipment)
    return settings


def store_history(settings: Settings, telemetry: Iterable[Telemetry]) -> None:
    """Let the telemetry rest in the store, by the same way as live."""
    catalog = load_catalog()
    store = open_telemetry_store(settings.telemetry)
    with open_database(settings.database) as database:
        maker = PointMaker(Roster(database, catalog, timedelta(hours=1), lambda: 0.0), PrometheusMeter())
        for points in maker.points_of(TelemetryColumns.of(telemetry)):
            store.write(points)
    store.close()


def backtest(
    settings: Settings, *rules: str, start: datetime, end: datetime, equipment: Sequence[str] = ()
) -> BacktestResult:
    """In this process."""
    asked = Asked(rules=rules, start=start, end=end, equipment=tuple(equipment))
    return run_backtest(settings, asked, map_here)
