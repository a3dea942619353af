"""Simulated devices for elevators, pumps and power rooms: telemetry as real gateways send it.

A site (built in, a file, or built from tables) is simulated in event time: the same site, seed and span
give the same bytes. `python -m firmware_sim --help` publishes it to a broker or writes it to a file.
"""

from firmware_sim.errors import SimulatorError
from firmware_sim.profile import Profile, load_profile
from firmware_sim.simulate import Message, simulate
from firmware_sim.site import Site, build_site, load_site

__all__ = ["Message", "Profile", "SimulatorError", "Site", "build_site", "load_profile", "load_site", "simulate"]
