"""What a backtest looks at: the equipment, the time, the faults that are known; and what there is where nothing is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from iot_maint.bootstrap.backtest_cluster import subjects_of
from iot_maint.bootstrap.replaying import read_entries
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import EquipmentStatus, Monitored
from iot_maint.domain.errors import MaintError, UnknownEquipment
from iot_maint.domain.instants import instant
from iot_maint.domain.ports import HistoryStore
from iot_maint.ingest.recordings import read_recording
from iot_maint.services.backtest.choosing import compared_metrics, is_tried
from iot_maint.services.feedback.faults import Labels, labels_of
from iot_maint.services.quantities import say_instant
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import open_database
from iot_maint.storage.telemetry import open_telemetry_store

_NAMED = 5  # pieces of equipment whose history an error tells of


def tried_equipment(
    settings: Settings,
    register: Path | None,
    codes: Sequence[str],
    catalog: Catalog,
    models: Mapping[str, LiveModel],
) -> tuple[tuple[Monitored, ...], tuple[Monitored, ...]]:
    """The equipment for which the (narrowed) catalog has rules, or a model is tried; and what that is compared with.

    All counts as in service: the status is today's.
    """
    entries = _in_service(read_entries(settings, register))
    known = {entry.equipment.code for entry in entries}
    if unknown := [code for code in codes if code not in known]:
        raise UnknownEquipment(f"no equipment {', '.join(unknown)} in the register")
    tried = tuple(
        entry
        for entry in entries
        if is_tried(entry, codes, catalog)
        or (entry.equipment.code in models and entry.equipment.type in catalog.types and _is_named(entry, codes))
    )
    if not tried:
        raise MaintError("the register has no equipment for these rules: see `equipment list`, or give --register FILE")
    if not compared_metrics(catalog):
        return tried, ()
    sites, codes_tried = {one.equipment.site for one in tried}, {one.equipment.code for one in tried}
    return tried, tuple(
        one
        for one in entries
        if one.equipment.site in sites and one.equipment.code not in codes_tried and one.equipment.type in catalog.types
    )


def _is_named(entry: Monitored, codes: Sequence[str]) -> bool:
    return not codes or entry.equipment.code in codes


def _in_service(entries: Iterable[Monitored]) -> list[Monitored]:
    """What is known and not merged; what is in shadow is tried as if it were promoted: that is the question."""
    return [
        replace(entry, equipment=replace(entry.equipment, status=EquipmentStatus.IN_SERVICE), shadow={})
        for entry in entries
        if entry.equipment.registered and entry.equipment.merged_into is None
    ]


def span_of_files(settings: Settings, files: Sequence[Path]) -> tuple[datetime, datetime]:
    """From the first reading to just after the last."""
    times = [item.at_ms for file in files for item in read_recording(file, settings.zone)]
    if not times:
        raise MaintError(f"{', '.join(map(str, files))}: no telemetry")
    return instant(min(times)), instant(max(times)) + timedelta(milliseconds=1)


def labels_in_orders(settings: Settings, entries: Sequence[Monitored]) -> Labels:
    """What the installation's orders say of this equipment's history."""
    with open_database(settings.database) as database, database.reading() as repositories:
        return labels_of(repositories, {entry.equipment.code for entry in entries})


def say_what_there_is(
    settings: Settings, entries: Sequence[Monitored], catalog: Catalog, models: Mapping[str, LiveModel]
) -> str:
    """The history of the first few pieces of equipment, where the asked time has none."""
    told = []
    with _history(settings) as store:
        for one in subjects_of(entries[:_NAMED], catalog, models):
            span = store.read_span(one.measurement, one.site, one.equipment, one.metrics)
            first, last = (
                "" if span is None else say_instant(instant(at_ms), settings.zone)
                for at_ms in (span.first_ms if span else 0, span.last_ms if span else 0)
            )
            told.append(f"{one.equipment}: {f'{first} to {last}' if span else 'nothing'}")
    more = f"; … ({len(entries)} in all)" if len(entries) > _NAMED else ""
    return f"no history in the asked time; there is {'; '.join(told)}{more}"


@contextmanager
def _history(settings: Settings) -> Iterator[HistoryStore]:
    store = open_telemetry_store(settings.telemetry, tls_files=settings.telemetry_tls)
    try:
        yield store
    finally:
        store.close()
