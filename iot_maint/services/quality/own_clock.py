"""Our own clock, judged by those of all devices heard lately."""

from collections.abc import Callable

import numpy as np

from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import PlatformAlarms
from iot_maint.rules.clock_check import ClockFault, ClockSuspicion, suspect_clock
from iot_maint.services.quality.listener import Listener

LATELY_MS = 10 * 60 * 1000


class OwnClock:
    """Raises one platform alarm when it is most likely ours that is wrong."""

    def __init__(
        self, *, listener: Listener, platform: PlatformAlarms, now_ms: Callable[[], int], speed: float
    ) -> None:
        self._listener = listener
        self._platform = platform
        self._now_ms = now_ms
        self._lately_ms = LATELY_MS * speed
        self._suspicion: ClockSuspicion | None = None

    def check(self) -> None:
        """Look at what came lately."""
        now_ms = self._now_ms()
        with self._listener.lock:
            table = self._listener.equipment
            many = len(table)
            refused = table.is_ahead[1:many].copy()
            came_ms = np.where(refused, table.ahead_ms[1:many], table.lagged_ms[1:many])
            # Both ways: before the clock was set back, they came in its future.
            lately = np.abs(now_ms - came_ms) <= self._lately_ms
            ahead_by_ms, lag_ms = table.ahead_by_ms[1:many][lately], table.lag_ms[1:many][lately]
            refused = refused[lately]
        self._suspicion = suspect_clock(refused, ahead_by_ms, lag_ms, self._suspicion)
        if self._suspicion is not None and self._suspicion.certain:
            self._platform.raise_alarm(PlatformAlarmKind.CLOCK_WRONG, _say(self._suspicion))
        elif self._suspicion is None:
            self._platform.clear(PlatformAlarmKind.CLOCK_WRONG)


def _say(suspicion: ClockSuspicion) -> str:
    minutes = f"{suspicion.by_ms / 60_000:.0f} min"
    devices = f"{suspicion.devices} of {suspicion.heard} devices"
    if suspicion.fault is ClockFault.AHEAD:
        return (
            f"{devices} are ahead by about {minutes}: this machine's clock is most likely slow; "
            "set it, then `iot-maint dead-letters replay --reason ahead` takes in what was refused"
        )
    return f"{devices} are late by about {minutes}: this machine's clock is most likely fast; set it"
