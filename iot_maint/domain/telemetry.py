"""Telemetry as it enters: one MQTT message is one `Telemetry`, with the values of several metrics at one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class TimestampSource(StrEnum):
    """Who said when: the device, or (the payload had no time) the moment of reception."""

    DEVICE = "device"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Readings of one piece of equipment at one instant.

    `at_ms` and `received_at_ms` are epoch milliseconds.  Numbers and booleans are floats (0.0/1.0); `texts` holds
    what is neither, for metrics that their type declares as an enum.
    """

    site: str
    equipment: str
    at_ms: int
    received_at_ms: int
    values: Mapping[str, float]
    texts: Mapping[str, str] = field(default_factory=dict)
    retained: bool = False
    ts_source: TimestampSource = TimestampSource.DEVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why telemetry is not taken in; `reason` is a stable code that is counted."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayBirth:
    """A gateway, or (`device`) one device behind it, has described its metrics; data may then name them by numbers.

    The gateway's own birth voids those of all its devices.
    """

    gateway: str
    device: str | None
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDeath:
    """A gateway, or (`device`) one device behind it, has said that it is gone, or its broker has said so for it."""

    gateway: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RebirthRequest:
    """A gateway should describe its metrics once more, since what it sends can no longer be read with certainty.

    `topic` and `payload` are what to publish to ask for it; no topic where that is not allowed.
    """

    gateway: str
    reason: str
    topic: str | None = None
    payload: bytes = b""


# What a message says of a gateway itself.
GatewayNotice = GatewayBirth | GatewayDeath | RebirthRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a decoder made of one message: its readings, and how many values it dropped, by reason.

    `rejected` names, once a reason, what was wrong with elements of an array whose other elements are good.
    """

    telemetry: tuple[Telemetry, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    rejected: tuple[Rejection, ...] = ()
    notices: tuple[GatewayNotice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that could not be decoded or stored, kept whole with the reason and the time."""

    topic: str
    payload: bytes
    reason: str
    detail: str
    received_at_ms: int
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One numbered row of the spool: what one durable commit made safe."""

    number: int
    received_at_ms: int
    telemetry: Sequence[Telemetry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One row for the telemetry store: numbers, or (events only) texts, under tags at one instant."""

    measurement: str
    tags: Mapping[str, str]
    at_ms: int
    fields: Mapping[str, float | str]
