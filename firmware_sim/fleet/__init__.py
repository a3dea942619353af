"""A simulated fleet for measuring detectors and forecasts: sixty devices, ninety days at five minutes, by a seed.

`generate(seed)` gives the telemetry and the truth; `python -m firmware_sim fleet --help` writes both to files.
"""

from firmware_sim.fleet.fingerprint import fingerprint
from firmware_sim.fleet.run import DeviceRun, FleetRun, generate
from firmware_sim.fleet.truth import Benign, Crossing, DataFault, Fault, Truth

__all__ = [
    "Benign",
    "Crossing",
    "DataFault",
    "DeviceRun",
    "Fault",
    "FleetRun",
    "Truth",
    "fingerprint",
    "generate",
]
