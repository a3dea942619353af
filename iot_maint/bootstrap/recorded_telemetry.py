"""Recorded telemetry into the installation's store, as if it had come over MQTT in its time."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from iot_maint.bootstrap.installation import Installation
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.errors import MaintError
from iot_maint.domain.instants import instant
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.recordings import read_lines
from iot_maint.services.points import PointMaker
from iot_maint.services.recorded import KeptSpan, Line, Recorded, examine

_MESSAGES_AT_ONCE = 4_000


def lines_of(installation: Installation, files: Sequence[Path]) -> Iterator[Line]:
    """Every message of the files, one in memory at a time."""
    for path in files:
        for number, telemetry in read_lines(path, installation.settings.zone):
            yield Line(path, number, telemetry)


def check_recorded(installation: Installation, lines: Iterable[Line]) -> Recorded:
    """What the lines hold; `InvalidInput` for the first that the register or the store has no place for."""
    installation.roster.refresh()
    span = KeptSpan(now=installation.clock.now(), days=installation.settings.retention_days)
    recorded = examine(lines, installation.roster, span)
    if not recorded.messages:
        raise MaintError("there is no telemetry in what was to be imported: no row with a value")
    return recorded


def store_recorded(installation: Installation, telemetry: Iterable[Telemetry]) -> int:
    """Recorded telemetry as points in the store, where the drain would have put them; how many.

    Nothing is decided about it.  To store it again changes nothing: a point is known by equipment, metric and time.
    """
    points_of = PointMaker(installation.roster, installation.meter).points_of
    source = iter(telemetry)
    stored = 0
    while chunk := list(itertools.islice(source, _MESSAGES_AT_ONCE)):
        for points in points_of(TelemetryColumns.of(chunk)):
            installation.telemetry.write(points)
            stored += len(points)
    return stored


def note_reported(installation: Installation, recorded: Recorded) -> None:
    """From now on type and site of this equipment are fixed: its telemetry rests under them."""
    with installation.database.transaction() as repositories:
        for code, first_ms in recorded.first_ms.items():
            equipment = repositories.equipment.get(code)
            if equipment is not None and equipment.first_seen_at is None:
                repositories.equipment.update(replace(equipment, first_seen_at=instant(first_ms)))
