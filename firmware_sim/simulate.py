"""A site's life as a stream of MQTT messages, in event time alone: the same arguments, the same bytes."""

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from firmware_sim.chance import Chance
from firmware_sim.disturbances import Disturbance, Kind
from firmware_sim.moment import moment_at
from firmware_sim.physics import Value
from firmware_sim.quantities import to_ms
from firmware_sim.running_device import ActiveFault, RunningDevice
from firmware_sim.site import Device, Site


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """`at_ms`: when it reaches the broker. The order is that of arrival."""

    at_ms: int
    topic: str
    payload: bytes


def simulate(site: Site, t0: datetime, until: datetime, *, story: datetime | None = None) -> Iterator[Message]:
    """Every message of the ticks in [t0, until), ordered by arrival.

    The timeline's offsets count from `story`, by default t0: with a later one, what came before the story.
    """
    start_ms, end_ms = to_ms(t0), to_ms(until)
    start = moment_at(start_ms, site.zone)
    told_from = t0 if story is None else story
    senders = [_Sender(site, device, _faults(site, device.code, told_from), start_ms) for device in site.devices]
    runners = [
        RunningDevice(device, f"{site.seed}/{device.code}", sender.faults, start)
        for device, sender in zip(site.devices, senders, strict=True)
    ]
    ticks = [(sender.first_ms, index) for index, sender in enumerate(senders) if sender.first_ms < end_ms]
    heapq.heapify(ticks)
    under_way: list[tuple[int, int, Message]] = []
    sent = 0
    while ticks:
        at_ms, index = ticks[0]
        while under_way and under_way[0][0] <= at_ms:
            yield heapq.heappop(under_way)[2]
        sender = senders[index]
        values, disturbances = runners[index].sample(moment_at(at_ms, site.zone), sender.tick_ms / 1000.0)
        for message in sender.send(at_ms, values, disturbances):
            heapq.heappush(under_way, (message.at_ms, sent, message))
            sent += 1
        following = at_ms + sender.tick_ms
        if following < end_ms:
            heapq.heapreplace(ticks, (following, index))
        else:
            heapq.heappop(ticks)
    while under_way:
        yield heapq.heappop(under_way)[2]


class _Sender:
    """The device's clock and its way to the broker."""

    def __init__(self, site: Site, device: Device, faults: tuple[ActiveFault, ...], start_ms: int) -> None:
        self._rng = Chance(f"{site.seed}/{device.code}/link")
        # Faults have a chance of their own, so that one does not change the luck of the rest of the story.
        self._fault_rng = Chance(f"{site.seed}/{device.code}/link-faults")
        self._link = site.link
        self._topic = f"iot/v1/{site.name}/{device.code}/telemetry"
        self._skew_ms = round(self._rng.gauss(0.0, site.link.skew_s) * 1000.0)
        self.faults = faults
        self.tick_ms = device.tick // timedelta(milliseconds=1)
        # Devices do not tick in step; a phase of whole 100 ms keeps stories readable.
        self.first_ms = start_ms + self._rng.randrange(max(1, self.tick_ms // 100)) * 100

    def send(self, at_ms: int, values: dict[str, Value], disturbances: list[Disturbance]) -> list[Message]:
        """Nothing (lost), one message, or two (delivered again)."""
        link, rng = self._link, self._rng
        lost = rng.random() < link.loss
        arrival = at_ms + round(1000.0 * link.latency_s * rng.uniform(0.2, 1.8))
        again = rng.random() < link.duplicates
        later = round(rng.uniform(500.0, 3000.0))
        stamp = at_ms + self._skew_ms
        for disturbance in disturbances:
            struck = self._fault_rng.random() < disturbance.probability
            if disturbance.kind is Kind.DROPOUT and disturbance.metric is None:
                lost = lost or struck
            elif disturbance.kind is Kind.DUPLICATES:
                again = again or struck
            elif disturbance.kind is Kind.OUT_OF_ORDER and struck:
                arrival += round(disturbance.delay_s * 1000.0)
            elif disturbance.kind is Kind.CLOCK_OFFSET:
                stamp += round(disturbance.delay_s * 1000.0)
        if lost or not values:
            return []
        payload = json.dumps({"ts": stamp, "values": values}, separators=(",", ":")).encode()
        message = Message(arrival, self._topic, payload)
        return [message, Message(arrival + later, self._topic, payload)] if again else [message]


def _faults(site: Site, code: str, story: datetime) -> tuple[ActiveFault, ...]:
    found: list[ActiveFault] = []
    for fault in site.faults:
        if fault.code != code:
            continue
        start = story + fault.start if isinstance(fault.start, timedelta) else fault.start
        end_ms = None if fault.duration is None else to_ms(start + fault.duration)
        found.append(ActiveFault(start_ms=to_ms(start), end_ms=end_ms, acts=fault.acts, disturbance=fault.disturbance))
    return tuple(found)
