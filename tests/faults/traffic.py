"""The traffic of the fault tests: every message is known by (equipment, seq), and its time follows from its seq."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

SITE = "yard"
PUMPS = tuple(f"F-{number:02}" for number in range(40))
REGISTER = "code,name,type,site,kind\n" + "".join(f"{code},{code}号泵,pump,{SITE},booster\n" for code in PUMPS)
MINUTE_MS = 60_000
COOL, HOT = 55.0, 88.0  # °C of a bearing; 11 minutes of the second open an order
FAULT_MODE = "PMP-BEAR"

Key = tuple[str, int]  # equipment, seq
Message = tuple[str, bytes]  # topic, payload


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Messages in turn over all pumps, one of each a `step_ms` of the data's time, as often as they are asked for.

    `hot_from` is by pump the seq from which its bearing stays hot.
    """

    first_ms: int = field(default_factory=lambda: int(time.time() * 1000) - 2 * 24 * 60 * MINUTE_MS)
    step_ms: int = MINUTE_MS
    hot_from: Mapping[str, int] = field(default_factory=dict)
    made: int = 0

    def __iter__(self) -> Iterator[Message]:
        while True:
            number = self.made
            self.made += 1
            code, seq = PUMPS[number % len(PUMPS)], number // len(PUMPS)
            yield self.message(code, seq)

    def take(self, count: int) -> Iterator[Message]:
        """The next `count` of them."""
        return islice(iter(self), count)

    def message(self, code: str, seq: int) -> Message:
        temperature = HOT if seq >= self.hot_from.get(code, seq + 1) else COOL
        document = {"ts": self.at_ms(seq), "values": {"seq": seq, "bearing_temp": temperature}}
        return f"iot/v1/{SITE}/{code}/telemetry", json.dumps(document).encode()

    def at_ms(self, seq: int) -> int:
        return self.first_ms + seq * self.step_ms

    def keys(self) -> set[Key]:
        """All that were made so far."""
        return {(PUMPS[number % len(PUMPS)], number // len(PUMPS)) for number in range(self.made)}
