"""The traffic that is measured: a booster pump's messages, healthy, one every five seconds."""

import json
from collections.abc import Iterator

import numpy as np

from iot_maint.domain.telemetry import Telemetry

SITE, EQUIPMENT = "garden-court", "P-201"
TOPIC = f"iot/v1/{SITE}/{EQUIPMENT}/telemetry"
T0_MS = 1_767_225_600_000
STEP_MS = 5_000


def pump_values(count: int, seed: int = 1) -> Iterator[dict[str, float]]:
    """Five metrics a message, well below every limit."""
    chance = np.random.default_rng(seed)
    healthy = {
        "vib_rms": (2.1, 0.1),
        "bearing_temp": (55.0, 0.5),
        "discharge_pressure": (0.62, 0.004),
        "motor_current_ratio": (0.8, 0.02),
    }
    for _ in range(count):
        yield {"running": 1.0} | {name: float(chance.normal(*spread)) for name, spread in healthy.items()}


def pump_payloads(count: int) -> list[bytes]:
    """Payloads as they come from the broker."""
    return [
        json.dumps({"ts": T0_MS + number * STEP_MS, "values": values}).encode()
        for number, values in enumerate(pump_values(count))
    ]


def pump_telemetry(count: int) -> list[Telemetry]:
    """The same traffic, decoded."""
    return [
        Telemetry(
            site=SITE,
            equipment=EQUIPMENT,
            at_ms=T0_MS + number * STEP_MS,
            received_at_ms=T0_MS + number * STEP_MS + 40,
            values=values,
        )
        for number, values in enumerate(pump_values(count))
    ]
