"""An instant as a building feels it: hour of the day, day of the year, weather."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`hour` is 0 ≤ h < 24 at the site, `day` the day of the year, `weekday` 0 = Monday."""

    at_ms: int
    hour: float
    day: int
    month: int
    weekday: int

    @property
    def outdoor_temp(self) -> float:
        """°C: a mild Chinese city, 1 °C in a January night to 33 °C in a July afternoon."""
        return 17.0 + 12.0 * self.season + 4.0 * math.cos((self.hour - 15.0) * math.tau / 24.0)

    @property
    def season(self) -> float:
        """−1 in mid January to +1 in mid July."""
        return math.cos((self.day - 200) * math.tau / 365.0)


def moment_at(at_ms: int, zone: ZoneInfo) -> Moment:
    """The moment of an epoch-millisecond instant in the site's zone."""
    local = datetime.fromtimestamp(at_ms / 1000.0, UTC).astimezone(zone)
    return Moment(
        at_ms=at_ms,
        hour=local.hour + local.minute / 60.0 + local.second / 3600.0,
        day=local.timetuple().tm_yday,
        month=local.month,
        weekday=local.weekday(),
    )


def interpolate(points: tuple[tuple[float, float], ...], x: float) -> float:
    """Piecewise-linear curve through `points` (x ascending), flat beyond its ends."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def relax(value: float, target: float, dt_s: float, tau_s: float) -> float:
    """First-order lag: `value` after `dt_s` on its way to `target`; exact at any step."""
    return target + (value - target) * math.exp(-dt_s / tau_s)
