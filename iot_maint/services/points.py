"""From telemetry to points: the measurement is looked up when a batch is stored, not when it was received."""

from collections.abc import Sequence

import numpy as np

from iot_maint.domain.catalog import UNREGISTERED
from iot_maint.domain.columns import LastMade, Origin, TelemetryColumns
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.point_columns import Head, PointColumns
from iot_maint.domain.ports import Meter
from iot_maint.domain.telemetry import Point, Telemetry
from iot_maint.rules.interpretation import compile_interpretation
from iot_maint.services.roster import Roster

_MOST_HEADS = 2**20


class PointMaker:
    """Turns telemetry into points by the register as it is now; counts what had to be dropped."""

    def __init__(self, roster: Roster, meter: Meter) -> None:
        self._roster = roster
        self._meter = meter
        self._interpret_unknown = compile_interpretation(None)
        self._sentinels = np.array(sorted(roster.sentinels), dtype=np.float64)
        self._revision = roster.revision
        self._heads = LastMade(self._heads_of)
        self._head_by_origin: dict[Origin, Head] = {}

    def points_of(self, telemetry: TelemetryColumns) -> Sequence[Sequence[Point]]:
        """One point a message; none for a message of which nothing was left.  As they come in columns, and beside
        them those of the few messages in which something has to be understood or dropped first.

        An absent database does not hold up the telemetry of a register that was read before.
        """
        try:
            self._roster.refresh_for(telemetry.origins)
        except StoreUnavailable:
            if not self._roster.loaded:  # everything would look unregistered
                raise
        if self._revision != self._roster.revision:
            self._revision = self._roster.revision
            self._heads.forget()
            self._head_by_origin.clear()
        heads = self._heads.of(telemetry.origins)
        odd = set(telemetry.texts) | set(telemetry.messages_with(self._sentinels).tolist())
        if (telemetry.sizes == 0).any():
            odd |= set(np.flatnonzero(telemetry.sizes == 0).tolist())
        if not odd:
            return [PointColumns(telemetry, heads)]
        even = np.ones(len(telemetry), dtype=np.bool_)
        even[sorted(odd)] = False
        points = [
            self._point_of(telemetry.take(position), heads[telemetry.origin_of[position]]) for position in sorted(odd)
        ]
        return [PointColumns(telemetry.select(even), heads), [point for point in points if point.fields]]

    def _heads_of(self, origins: tuple[Origin, ...]) -> tuple[Head, ...]:
        known = self._head_by_origin
        return tuple([known.get(origin) or self._head_of(origin) for origin in origins])

    def _head_of(self, origin: Origin) -> Head:
        watched = self._roster.watch(origin)
        if watched is None:
            return Head(UNREGISTERED, {"site": origin.site, "equipment": origin.equipment}, origin.metrics)
        head = Head(watched.monitored.equipment.type, watched.tags, origin.metrics)
        if len(self._head_by_origin) >= _MOST_HEADS:
            self._head_by_origin.clear()
        self._head_by_origin[origin] = head
        return head

    def _point_of(self, telemetry: Telemetry, head: Head) -> Point:
        watched = self._roster.watch(telemetry)
        program = watched.program if watched is not None else None
        values, dropped = (program.interpret if program is not None else self._interpret_unknown)(telemetry)
        for reason, amount in dropped.items():
            self._meter.count("values_dropped", amount, reason=reason)
        return Point(measurement=head.measurement, tags=head.tags, at_ms=telemetry.at_ms, fields=values)
