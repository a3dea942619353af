"""A motor's start: how long it has run, and the inrush of its first sample."""


class Motor:
    """Follows the run state from step to step; a motor that runs at the first step has run for long."""

    def __init__(self, *, running: bool) -> None:
        self._running = running
        self.run_s = 3600.0 if running else 0.0

    def step(self, *, running: bool, dt_s: float) -> bool:
        """True on the one sample that catches the inrush; a coarse step misses it, as a slow meter does."""
        started = running and not self._running
        self.run_s = 0.0 if started or not running else self.run_s + dt_s
        self._running = running
        return started and dt_s <= 30.0
