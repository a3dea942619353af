"""What `doctor` looks at: each check one real round trip, answering with what it found or raising what to do."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from iot_maint.bootstrap.ingesting import broker_address, client_id
from iot_maint.bootstrap.installation import Installation, installation_id
from iot_maint.clock import read_system_time
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.errors import BrokenSetting, MaintError
from iot_maint.ingest.probe import probe_broker
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.rules.program import too_slow
from iot_maint.rules.state import decode_state
from iot_maint.services.named_equipment import misnamed_equipment
from iot_maint.services.worker_report import say_workers, worker_problems
from iot_maint.settings import unknown_variables
from iot_maint.storage.telemetry import InfluxTelemetryStore

NEEDED_BYTES = 1 << 30
BUILT_AFTER = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before this release was made is wrong
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named look at one thing; `run` gives what was found, or raises `MaintError` with what to do.

    `setting` is what to mend where the other side's own words do not say it.
    """

    name: str
    run: Callable[[], str]
    setting: str = ""

    def explain(self, error: MaintError) -> str:
        """The failure, with the setting that it hangs on."""
        said = str(error)
        return said if not self.setting or self.setting in said else f"{said}: see {self.setting}"


def checks(installation: Installation, *, fix: bool) -> list[Check]:
    """All checks of an installation, in the order in which a person would mend."""
    return [
        Check(name="settings", run=_settings),
        Check(name="data", run=lambda: _data(installation)),
        Check(name="clock", run=lambda: _clock(installation)),
        Check(name="catalog", run=lambda: _catalog(installation)),
        Check(name="database", run=lambda: _database(installation), setting="IOT_MAINT_DATABASE_URL"),
        Check(name="telemetry", run=lambda: _telemetry(installation), setting="IOT_MAINT_TELEMETRY_URL"),
        Check(name="retention", run=lambda: _retention(installation, fix=fix)),
        Check(name="broker", run=lambda: _broker(installation), setting="IOT_MAINT_MQTT_URL"),
        Check(name="workers", run=lambda: _workers(installation)),
        Check(name="rules", run=lambda: _rules(installation)),
    ]


def _settings() -> str:
    if unknown := unknown_variables():
        raise BrokenSetting(f"no such setting: {', '.join(unknown)}; see docs/settings.md for the names")
    return "every IOT_MAINT_* variable is known"


def _data(installation: Installation) -> str:
    folder = installation.settings.data_dir
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise MaintError(f"{folder} has {free >> 20} MiB left; the spool wants 1 GiB at least")
    probe = folder / "doctor.db"
    try:
        with sqlite3.connect(probe) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE probe (x)")
        connection.close()
    except sqlite3.Error as error:
        raise MaintError(f"cannot write in {folder}: {error}") from None
    finally:
        for path in folder.glob("doctor.db*"):
            path.unlink(missing_ok=True)
    return f"{folder} can be written, {free >> 30} GiB free; installation {installation_id(folder)[:8]}"


def _clock(installation: Installation) -> str:
    now = read_system_time()
    if now < BUILT_AFTER:
        raise MaintError(f"the machine's clock says {now:%Y-%m-%d}; set it, and keep it with NTP")
    setting = installation.settings.clock
    zone = installation.settings.zone
    shown = installation.clock.now().astimezone(zone).isoformat(timespec="seconds")
    return f"{shown} ({zone.key})" if setting == "system" else f"{shown} ({zone.key}), NOT real time: {setting}"


def _catalog(installation: Installation) -> str:
    types = installation.catalog.types.values()
    rules = sum(len(t.rules) for t in types)
    names = ", ".join(sorted(t.name for t in types))
    return f"{names}: {rules} rules"


def _database(installation: Installation) -> str:
    installation.database.check()
    with installation.database.reading() as repositories:
        known = repositories.equipment.monitored()
        waiting = repositories.outbox.depth()
        given_up = repositories.outbox.dead(1)
    unregistered = sum(entry.equipment.stranger for entry in known)
    lost = "; some were given up: see `iot-maint dead-letters deliveries`" if given_up else ""
    return f"{len(known)} equipment, {unregistered} of it unregistered; {waiting} order events wait to go out{lost}"


def _telemetry(installation: Installation) -> str:
    installation.telemetry.check()
    return f"{type(installation.telemetry).__name__} answers and may be written"


def _retention(installation: Installation, *, fix: bool) -> str:
    store, days = installation.telemetry, installation.settings.retention_days
    if not isinstance(store, InfluxTelemetryStore):
        return "telemetry is kept for ever" if days is None else f"telemetry is kept {days} days, enforced by the jobs"
    set_days = store.retention_days()
    if days is None or set_days == days:
        return "the bucket keeps telemetry for ever" if set_days is None else f"the bucket keeps {set_days} days"
    if not fix:
        raise MaintError(
            f"the bucket keeps {set_days or 'all'} days, IOT_MAINT_RETENTION_DAYS says {days}: `doctor --fix` sets it"
        )
    store.set_retention(days)
    return f"the bucket now keeps {days} days"


def _broker(installation: Installation) -> str:
    address = broker_address(installation)
    topics = TopicMap(installation.settings.topics, installation.roster.devices_of)
    probe_broker(address, f"{client_id(installation)}-doctor", topics.topic_filters)
    return f"{address} accepts us and the subscription to {', '.join(topics.topic_filters)}"


def _workers(installation: Installation) -> str:
    with installation.database.reading() as repositories:
        found = [
            replace(record, sites=repositories.workers.sites_of(record.worker)) for record in repositories.workers.all()
        ]
    now = installation.clock.now()
    if problems := worker_problems(found, now):
        raise MaintError("; ".join(problems))
    return say_workers(found, now)


def _rules(installation: Installation) -> str:
    installation.roster.refresh()
    register = {code: entry.equipment for code, entry in installation.roster.entries.items()}
    if misnamed := list(misnamed_equipment(installation.catalog, register)):
        more = f" and {len(misnamed) - SHOWN} more" if len(misnamed) > SHOWN else ""
        raise MaintError(
            f"{'; '.join(misnamed[:SHOWN])}{more}: mend the rule's equipment in IOT_MAINT_CATALOG_DIR, or the register"
        )
    with installation.database.reading() as repositories:
        states = repositories.checkpoints.load_states()
    slow: list[str] = []
    running = 0
    for code, entry in installation.roster.entries.items():
        rules = _slow_rules(installation, entry, states.get(code))
        slow += [f"{code} {rule}" for rule in rules]
        program = installation.roster.program(entry)
        running += 0 if program is None else len(program.active)
    if slow:
        more = f" and {len(slow) - SHOWN} more" if len(slow) > SHOWN else ""
        raise MaintError(
            f"not running, sampled too slowly: {', '.join(slow[:SHOWN])}{more}; "
            "set interval.<metric> in the register to the device's real interval"
        )
    return f"{running} limits run"


def _slow_rules(installation: Installation, entry: Monitored, state: bytes | None) -> list[str]:
    program = installation.roster.program(entry)
    return [] if program is None or state is None else sorted(too_slow(decode_state(state), program))
