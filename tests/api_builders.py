"""An API over real SQLite stores with the built-in catalog, on a clock that stands until a test moves it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient

from iot_maint.api.app import create_app
from iot_maint.api.context import ApiContext
from iot_maint.bootstrap.standing import StandingEverywhere
from iot_maint.catalog.load import load_catalog
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.catalog import Language
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.outbox import Channel
from iot_maint.domain.platform_alarms import PlatformAlarm
from iot_maint.domain.tokens import Scope
from iot_maint.domain.work_orders import WorkOrder
from iot_maint.metering import PrometheusMeter
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.tokens import issue_token
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.telemetry import open_telemetry_store
from tests.builders import T0, an_alarm_event
from tests.migrated import a_database

SHANGHAI = ZoneInfo("Asia/Shanghai")
CATALOG = load_catalog()
CHANNELS = (Channel.TELEMETRY, Channel.WEBHOOK)


@dataclass
class StandingClock:
    """A clock that a test moves."""

    at: datetime = T0 + timedelta(hours=1)

    def now(self) -> datetime:
        return self.at


@dataclass
class ApiUnderTest:
    """The context, and clients whose tokens may nothing, read and write."""

    folder: Path
    context: ApiContext
    database: RelationalDatabase
    clock: StandingClock
    stranger: TestClient
    reader: TestClient
    writer: TestClient

    def register(self, *equipment: Equipment) -> None:
        with self.database.transaction() as repositories:
            for one in equipment:
                assert repositories.equipment.add(one)

    def save(self, event: AlarmEvent, equipment_type: str = "elevator") -> None:
        """An alarm event as the decide path saves it, which leads to no order."""
        desk = OrderDesk(catalog=CATALOG, clock=self.clock, site_zone=SHANGHAI, channels=CHANNELS)
        with self.database.transaction() as repositories:
            assert desk.save(repositories, event, equipment_type) is None

    def happen(self, event: AlarmEvent | None = None, equipment_type: str = "pump") -> WorkOrder:
        """An alarm event as the decide path saves it; the order that it led to."""
        desk = OrderDesk(catalog=CATALOG, clock=self.clock, site_zone=SHANGHAI, channels=CHANNELS)
        with self.database.transaction() as repositories:
            step = desk.save(repositories, event or a_bearing_event(), equipment_type)
        assert step is not None
        return step.order


def a_bearing_event() -> AlarmEvent:
    return an_alarm_event(fault_mode="PMP-BEAR")


def a_context(
    folder: Path,
    *,
    language: Language = Language.ZH_CN,
    checks: Mapping[str, Callable[[], None]] | None = None,
    clock_setting: str = "system",
    database_url: str | None = None,
    standing: Sequence[PlatformAlarm] = (),
) -> tuple[ApiContext, RelationalDatabase, StandingClock]:
    """A context on stores in that folder; nothing is opened yet."""
    clock = StandingClock()
    database = open_database(database_url or f"sqlite:///{folder / 'iot-maint.db'}")
    context = ApiContext(
        database=database,
        telemetry=open_telemetry_store(f"sqlite:///{folder / 'telemetry.db'}"),
        catalog=CATALOG,
        clock=clock,
        meters=PrometheusMeter().registry,
        zone=SHANGHAI,
        language=language,
        late_after=timedelta(hours=1),
        channels=CHANNELS,
        checks=checks if checks is not None else {"database": database.check},
        standing_here=lambda: standing,
        standing_everywhere=StandingEverywhere(database),
        clock_setting=clock_setting,
    )
    return context, database, clock


def an_api(
    folder: Path,
    *,
    language: Language = Language.ZH_CN,
    checks: Mapping[str, Callable[[], None]] | None = None,
    clock_setting: str = "system",
    database_url: str | None = None,
    standing: Sequence[PlatformAlarm] = (),
) -> ApiUnderTest:
    """An API on stores in that folder."""
    context, database, clock = a_context(
        folder,
        language=language,
        checks=checks,
        clock_setting=clock_setting,
        database_url=database_url or a_database(folder),
        standing=standing,
    )
    app = create_app(context)
    with database.transaction() as repositories:
        read, _ = issue_token(repositories, "looker", Scope.READ, clock)
        write, _ = issue_token(repositories, "doer", Scope.WRITE, clock)

    def client(secret: str | None = None) -> TestClient:
        headers = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
        return TestClient(app, raise_server_exceptions=False, headers=headers)

    return ApiUnderTest(
        folder=folder,
        context=context,
        database=database,
        clock=clock,
        stranger=client(),
        reader=client(read),
        writer=client(write),
    )
