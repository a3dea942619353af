"""What every part of an installation shares: catalog, clock, stores and the register in memory."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from iot_maint.catalog import load_catalog
from iot_maint.clock import parse_clock
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.errors import BrokenSetting, MaintError
from iot_maint.domain.outbox import Channel
from iot_maint.domain.ports import Clock, TelemetryStore
from iot_maint.metering import PrometheusMeter
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.platform_alarms import PlatformBoard
from iot_maint.services.roster import Roster
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.telemetry import open_telemetry_store

ID_FILE = "installation"
ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One installation's parts; the stores connect at their first use.  `platform` is what stands on this process."""

    settings: Settings
    catalog: Catalog
    clock: Clock
    meter: PrometheusMeter
    platform: PlatformBoard
    database: RelationalDatabase
    telemetry: TelemetryStore
    roster: Roster

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Where order events go."""
        webhook = (Channel.WEBHOOK,) if self.settings.webhook_url is not None else ()
        return (Channel.TELEMETRY, *webhook)

    @property
    def desk(self) -> OrderDesk:
        """Where alarm events become orders."""
        return OrderDesk(
            catalog=self.catalog,
            clock=self.clock,
            site_zone=self.settings.zone,
            channels=self.channels,
            repair_check=self.settings.repair_check,
        )


@contextmanager
def open_installation(settings: Settings) -> Iterator[Installation]:
    """The installation of these settings; `BrokenSetting` or `BrokenCatalog` before anything is opened."""
    if (settings.webhook_url is None) is not (settings.webhook_secret is None):
        raise BrokenSetting("IOT_MAINT_WEBHOOK_URL and IOT_MAINT_WEBHOOK_SECRET go together; set both or neither")
    clock = parse_clock(settings.clock)
    catalog = load_catalog(settings.catalog_dir, settings.service_levels)
    make_data_dir(settings.data_dir)
    with ExitStack() as stack:
        database = open_database(settings.database)
        stack.callback(database.close)
        telemetry = open_telemetry_store(settings.telemetry, tls_files=settings.telemetry_tls)
        stack.callback(telemetry.close)
        meter = PrometheusMeter()
        yield Installation(
            settings=settings,
            catalog=catalog,
            clock=clock,
            meter=meter,
            platform=PlatformBoard(worker=settings.worker, clock=clock, meter=meter),
            database=database,
            telemetry=telemetry,
            roster=Roster(database, catalog, settings.late_after, time.monotonic, settings.zone),
        )


def make_data_dir(data_dir: Path) -> None:
    """The data directory, readable by its owner alone: it holds the register, the orders and the spool."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BrokenSetting(f"IOT_MAINT_DATA_DIR: cannot make {data_dir}: {error}") from None


def installation_id(data_dir: Path) -> str:
    """The random id of the installation, made once.  Two processes that start at once agree on one."""
    path = data_dir / ID_FILE
    try:
        if not path.exists():
            _make_id(path)
        text = path.read_bytes().strip().decode("ascii", "replace")
    except OSError as error:
        raise MaintError(f"cannot make or read {path}: {error.strerror}") from None
    if len(text) != ID_BYTES * 2:
        raise MaintError(
            f"{path} is damaged: it should hold {ID_BYTES * 2} hexadecimal digits; remove it to make a new one"
        )
    return text


def _make_id(path: Path) -> None:
    """Written aside and linked to its name when it is whole: nobody reads half of it, and the first one stays."""
    own = path.with_name(f"{ID_FILE}.{secrets.token_hex(8)}")
    try:
        with own.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(ID_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(own)
    finally:
        own.unlink(missing_ok=True)
