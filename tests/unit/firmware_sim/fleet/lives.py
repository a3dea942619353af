"""Lives of a seed's devices, lived once for all tests."""

from functools import cache

from firmware_sim.fleet.grid import Grid, make_grid
from firmware_sim.fleet.roster import Member, roster
from firmware_sim.fleet.run import Life, live
from firmware_sim.fleet.weather import make_weather


@cache
def lives(seed: int) -> tuple[Grid, tuple[tuple[Member, Life], ...]]:
    """The grid, and every device with its life."""
    grid = make_grid(seed)
    weather = make_weather(seed, grid)
    return grid, tuple((member, live(seed, member, grid, weather)) for member in roster())
