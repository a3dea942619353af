"""A throwaway installation for a replay: the live decide path over a database that is gone afterwards."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from iot_maint.bootstrap.flapping import flap_limits_of
from iot_maint.catalog import load_catalog
from iot_maint.clock import ReplayClock
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import LimitChange, Monitored
from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.instants import instant
from iot_maint.domain.ports import Clock
from iot_maint.domain.shadow import ShadowChange
from iot_maint.metering import PrometheusMeter
from iot_maint.services.follow_up import FollowUp
from iot_maint.services.monitoring import Monitor
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.register.importing import Rows, import_rows
from iot_maint.services.roster import Roster
from iot_maint.services.scoring.live_models import NO_MODELS, LiveModels
from iot_maint.settings import Settings
from iot_maint.storage.register_files import read_register
from iot_maint.storage.relational.database import RelationalDatabase, open_database

NEVER_LATE = timedelta(days=365_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a replay plays: the monitor, the clock that follows the data, and the catalog for its texts."""

    monitor: Monitor
    clock: ReplayClock
    catalog: Catalog
    database: RelationalDatabase
    follow_up: FollowUp


@contextmanager
def open_stage(settings: Settings, register: Path | None, models: LiveModels = NO_MODELS) -> Iterator[Stage]:
    """A stage with the equipment of a register file, or (None) of the installation; the latter is only read.

    `models`: who scores what.
    """
    catalog = load_catalog(settings.catalog_dir, settings.service_levels)
    rows = read_register(register) if register is not None else None
    clock = ReplayClock(instant(0))
    with (
        tempfile.TemporaryDirectory(prefix="iot-maint-replay-") as folder,
        open_database(f"sqlite:///{Path(folder) / 'replay.db'}") as database,
    ):
        if rows is None:
            copy_entries(database, read_entries(settings, None), clock)
        else:
            _import(rows, f"{register}", database, catalog, clock)
        desk = OrderDesk(
            catalog=catalog, clock=clock, site_zone=settings.zone, channels=(), repair_check=settings.repair_check
        )
        monitor = Monitor(
            database=database,
            roster=Roster(database, catalog, NEVER_LATE, time.monotonic, settings.zone),
            desk=desk,
            clock=clock,
            meter=PrometheusMeter(),
            worker="replay",
            spool_id="replay",
            flap_limits=flap_limits_of(settings),
            models=models,
        )
        monitor.start()
        follow_up = FollowUp(database=database, desk=desk, heard=None)
        yield Stage(monitor=monitor, clock=clock, catalog=catalog, database=database, follow_up=follow_up)


def read_entries(settings: Settings, register: Path | None) -> list[Monitored]:
    """The equipment of a register file, or (None) of the installation, with limits of one's own as they stand."""
    with tempfile.TemporaryDirectory(prefix="iot-maint-register-") as folder:
        url = settings.database if register is None else f"sqlite:///{Path(folder) / 'register.db'}"
        with open_database(url) as database:
            if register is not None:
                catalog = load_catalog(settings.catalog_dir, settings.service_levels)
                _import(read_register(register), f"{register}", database, catalog, ReplayClock(instant(0)))
            with database.reading() as repositories:
                return repositories.equipment.monitored()


def copy_entries(stage: RelationalDatabase, entries: Sequence[Monitored], clock: Clock) -> None:
    """Put the equipment with its limits into a stage's register; what it refers to and is not there is left out."""
    codes = {entry.equipment.code for entry in entries}
    with stage.transaction() as repositories:
        # Parents first: a row refers only to what is there.
        for entry in entries:
            repositories.equipment.add(replace(entry.equipment, parent=None, merged_into=None))
        for entry in entries:
            parent, heir = (
                code if code in codes else None for code in (entry.equipment.parent, entry.equipment.merged_into)
            )
            repositories.equipment.update(replace(entry.equipment, parent=parent, merged_into=heir))
            for key, override in entry.overrides.items():
                repositories.equipment.set_override(
                    LimitChange(
                        equipment=entry.equipment.code,
                        rule_key=key,
                        changed_at=clock.now(),
                        changed_by="replay",
                        old=None,
                        new=override,
                    )
                )
            for source, shadow in entry.shadow.items():
                repositories.shadows.change(
                    ShadowChange(
                        source=source,
                        equipment=entry.equipment.code,
                        changed_at=clock.now(),
                        changed_by="replay",
                        old=None,
                        new=shadow,
                    ),
                    None,
                )


def _import(rows: Rows, name: str, database: RelationalDatabase, catalog: Catalog, clock: ReplayClock) -> None:
    with database.transaction() as repositories:
        report = import_rows(repositories, catalog, clock, rows)
    if report.refused:
        row = report.refused[0]
        raise InvalidInput(f"{name}:{row.line}: {row.column}", row.reason)
