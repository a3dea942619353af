"""The story's clock: event time as a function of real time, the same value the service takes."""

from dataclasses import dataclass
from datetime import UTC, datetime

from firmware_sim.errors import SimulatorError
from firmware_sim.quantities import parse_instant, to_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryClock:
    """now = t0 + speed × (real − r0); all instants in epoch milliseconds."""

    t0_ms: int
    r0_ms: int
    speed: float

    def now_ms(self, real_ms: float) -> float:
        """Event time at a real instant; before r0 the story has not begun and it lies before t0."""
        return self.t0_ms + self.speed * (real_ms - self.r0_ms)

    def real_ms(self, at_ms: float) -> float:
        """The real instant at which event time is `at_ms`."""
        return self.r0_ms + (at_ms - self.t0_ms) / self.speed

    @property
    def t0(self) -> datetime:
        return datetime.fromtimestamp(self.t0_ms / 1000.0, UTC)


def parse_clock(text: str, *, real_now: datetime) -> StoryClock:
    """`system`, or `accelerated:<t0>/<r0>/<speed>` with both times in RFC 3339 with an offset."""
    now_ms = to_ms(real_now)
    if text == "system":
        return StoryClock(t0_ms=now_ms, r0_ms=now_ms, speed=1.0)
    kind, _, value = text.partition(":")
    parts = value.split("/")
    if kind != "accelerated" or len(parts) != 3:
        raise SimulatorError(f"--clock: {text!r} is neither system nor accelerated:<t0>/<r0>/<speed>")
    try:
        t0, r0 = parse_instant(parts[0]), parse_instant(parts[1])
    except ValueError as error:
        raise SimulatorError(f"--clock: {error}") from error
    return StoryClock(t0_ms=to_ms(t0), r0_ms=to_ms(r0), speed=parse_speed(parts[2], option="--clock"))


def parse_speed(text: str, *, option: str) -> float:
    """A speed above nothing and below a day a second."""
    try:
        speed = float(text)
    except ValueError:
        raise SimulatorError(f"{option}: {text!r} is not a speed") from None
    if not 0.0 < speed <= 86_400.0:
        raise SimulatorError(f"{option}: {text!r} is not between 0 and 86400")
    return speed
