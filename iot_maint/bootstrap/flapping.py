"""When an alarm flaps, by the settings."""

from iot_maint.rules.flapping import FlapLimits
from iot_maint.settings import Settings


def flap_limits_of(settings: Settings) -> FlapLimits:
    """The limits in force."""
    return FlapLimits(raises=settings.flapping_raises, quiet=settings.flapping_quiet)
