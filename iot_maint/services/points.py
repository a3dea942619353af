"""From telemetry to points: the measurement is looked up when a batch is stored, not when it was received."""

from collections.abc import Sequence

from iot_maint.domain.catalog import UNREGISTERED
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.hot_path import make_point
from iot_maint.domain.ports import Meter
from iot_maint.domain.telemetry import Point, Telemetry
from iot_maint.rules.interpretation import compile_interpretation
from iot_maint.services.roster import Roster


class PointMaker:
    """Renders telemetry to points by the register as it is now; counts what had to be dropped."""

    def __init__(self, roster: Roster, meter: Meter) -> None:
        self._roster = roster
        self._meter = meter
        self._interpret_unknown = compile_interpretation(None)

    def points_of(self, telemetry: Sequence[Telemetry]) -> list[Point]:
        """One point a message; none for a message of which nothing was left.

        An absent database does not hold up the telemetry of a register that was read before.
        """
        try:
            self._roster.refresh_for(telemetry)
        except StoreUnavailable:
            if not self._roster.loaded:  # everything would look unregistered
                raise
        points = map(self._point_of, telemetry)
        return [point for point in points if point.fields]

    def _point_of(self, telemetry: Telemetry) -> Point:
        watched = self._roster.watch(telemetry)
        program = watched.program if watched is not None else None
        interpret = program.interpret if program is not None else self._interpret_unknown
        values, dropped = interpret(telemetry)
        for reason, amount in dropped.items():
            self._meter.count("values_dropped", amount, reason=reason)
        if watched is None:
            tags = {"site": telemetry.site, "equipment": telemetry.equipment}
            return make_point(UNREGISTERED, tags, telemetry.at_ms, values)
        return make_point(watched.monitored.equipment.type, watched.tags, telemetry.at_ms, values)
