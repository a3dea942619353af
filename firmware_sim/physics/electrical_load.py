"""The load of a residential or office distribution over the day and the year."""

from firmware_sim.moment import Moment, interpolate

BY_HOUR = ((0, 0.30), (3, 0.25), (6, 0.30), (8, 0.42), (12, 0.48), (14, 0.45), (19, 0.55), (21, 0.53), (24, 0.30))
_HEAVY_MONTHS = (1, 7, 8)


def load_at(moment: Moment) -> float:
    """p.u. of the rating: 0.25–0.55, × 1.4 in January, July and August (peak 0.77)."""
    return interpolate(BY_HOUR, moment.hour) * (1.4 if moment.month in _HEAVY_MONTHS else 1.0)


def switch_room_temp(moment: Moment) -> float:
    """°C around the equipment, ventilated."""
    return 14.0 + 0.5 * moment.outdoor_temp
