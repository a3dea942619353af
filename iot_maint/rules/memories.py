"""What signals remember between readings: bounded, frozen, and part of the checkpoint's JSON."""

import msgspec


class BaselineMemory(msgspec.Struct, frozen=True, gc=False, tag="baseline"):
    """One reading of each hour of the current day, and the medians of the days before, oldest first.

    `hour` is the last hour (since the epoch) of which a reading was taken; `base` the median of `days`, once known.
    """

    hour: int
    samples: tuple[float, ...]
    days: tuple[float, ...] = ()
    base: float | None = None


class RateMemory(msgspec.Struct, frozen=True, gc=False, tag="rate"):
    """The first reading of each of the window's slots, oldest first, as (at_ms, value)."""

    kept: tuple[tuple[int, float], ...]


class StartsMemory(msgspec.Struct, frozen=True, gc=False, tag="starts"):
    """The last state, and when it became true, oldest first."""

    on: bool
    starts: tuple[int, ...] = ()


class ShareMemory(msgspec.Struct, frozen=True, gc=False, tag="share"):
    """The window's slots that had readings, oldest first: (slot, readings, of them outside)."""

    slots: tuple[tuple[int, int, int], ...]


class DurationMemory(msgspec.Struct, frozen=True, gc=False, tag="duration"):
    """Since when it holds (None: it does not), and when it held before, oldest first, as (from, to) in ms."""

    since_ms: int | None
    spans: tuple[tuple[int, int], ...] = ()


class DueMemory(msgspec.Struct, frozen=True, gc=False, tag="due"):
    """Whether the condition held that makes it due, and since when it is due (None: it is not)."""

    holds: bool
    since_ms: int | None = None


class OthersMemory(msgspec.Struct, frozen=True, tag="others"):
    """The newest reading of each of the others, by code, as (at_ms, value)."""

    newest: dict[str, tuple[int, float]]


class EndedMemory(msgspec.Struct, frozen=True, tag="ended"):
    """When each rule of a composite was last let go, by id, in ms."""

    ended: dict[str, int]


class RollingMemory(msgspec.Struct, frozen=True, tag="rolling"):
    """Of each rolling call of an expression, its slots that had values: (slot, count, sum, lowest, highest)."""

    calls: tuple[tuple[tuple[int, int, float, float, float], ...], ...]


Memory = (
    BaselineMemory
    | RateMemory
    | StartsMemory
    | ShareMemory
    | DurationMemory
    | DueMemory
    | OthersMemory
    | EndedMemory
    | RollingMemory
)
