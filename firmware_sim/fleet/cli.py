"""`python -m firmware_sim fleet`: writes a seed's run to a folder, or prints the generator's fingerprint."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_sim.errors import SimulatorError
from firmware_sim.fleet.export import write_run
from firmware_sim.fleet.fingerprint import fingerprint
from firmware_sim.fleet.grid import DAYS
from firmware_sim.fleet.roster import roster
from firmware_sim.fleet.run import FleetRun, generate

_A_MINUTE_S = 60.0


def run(arguments: Sequence[str]) -> None:
    """Raises SimulatorError or OSError; a usage error exits with 2."""
    options = _parser().parse_args(arguments)
    if options.fingerprint:
        print(fingerprint())
        return
    if options.out is None:
        raise SimulatorError("fleet: say where to write with --out DIR, or ask for --fingerprint")
    made = generate(options.seed, days=options.days, devices=options.devices, progress=_told("simulated"))
    write_run(made, options.out, _told("written"))
    print(_summary(made, options.out))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_sim fleet", description="A simulated fleet with its truth, for measuring detectors."
    )
    add = parser.add_argument
    add("--seed", type=int, default=0, metavar="N", help="which run; default 0")
    add("--out", type=Path, metavar="DIR", help="where to write register, telemetry and truth")
    add("--days", type=int, default=DAYS, metavar="N", help=f"its first days only; at most and by default {DAYS}")
    add("--devices", type=int, metavar="N", help=f"so many, of all kinds in turn; default all {len(roster())}")
    add("--fingerprint", action="store_true", help="print the SHA-256 of the generator and its profiles")
    return parser


def _told(verb: str) -> Callable[[int, int], None]:
    """A counter on a terminal; a line a minute elsewhere."""
    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        if sys.stderr.isatty():
            print(f"\r{verb} {done} of {of} devices", end="\n" if done == of else "", file=sys.stderr, flush=True)
        elif time.monotonic() - last >= _A_MINUTE_S:
            last = time.monotonic()
            print(f"{verb} {done} of {of} devices", file=sys.stderr, flush=True)

    return tell


def _summary(made: FleetRun, folder: Path) -> str:
    kinds = Counter(fault.kind.value for fault in made.truth.faults)
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    return (
        f"{folder}: seed {made.seed}, {len(made.devices)} devices, {made.days} days; faults: {faults}; "
        f"benign events: {len(made.truth.benign)}; data faults: {len(made.truth.data_faults)}"
    )
