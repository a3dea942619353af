"""`python -m benchmarks [NAME…]`: runs the named benchmarks, or all of them, and prints what each came to.

Comparisons are kept in `benchmarks/results/` too, and drawn by `python -m benchmarks.plot`.  The peers come by
`python -m benchmarks.peers`.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping

from benchmarks import (
    backtesting,
    deciding,
    deciding_fleet,
    deciding_models,
    decoding,
    detection,
    durable,
    fleet,
    fleet_choice,
    fleet_peers,
    ingest,
    lines,
    listening,
    live,
    memory,
    orders,
    profile,
    visible,
)
from benchmarks.detection_data import DataMissing
from benchmarks.measure import Measurement, tell
from benchmarks.peers import PeerMissing
from benchmarks.results import Result, keep, this_machine
from benchmarks.results import tell as tell_result

BENCHMARKS: Mapping[str, Callable[[int], Measurement]] = {
    "decoding": decoding.run,
    "deciding": deciding.run,
    "deciding-fleet": deciding_fleet.run,
    "listening": listening.run,
}
# The whole product as it runs, with real servers: a line for each result.
WHOLE: Mapping[str, Callable[[], Iterable[object]]] = {
    "visible": visible.run,
}
# The figures, with real servers: minutes, not seconds.  The first few take a number of messages, the others seconds.
BY_MESSAGES: Mapping[str, Callable[[int, int], Result]] = {
    "ingest": ingest.run,
    "durable": durable.run,
    "lines": lines.run,
}
BY_SECONDS: Mapping[str, Callable[[int, float], Result]] = {
    "live": live.run,
    "orders": orders.run,
    "memory": memory.run,
}
# In so many rounds, without servers: what is run on recorded data.
BY_ROUNDS: Mapping[str, Callable[[int], Result]] = {
    "backtest": backtesting.run,
    "deciding_models": deciding_models.run,
    **detection.PARTS,
}
# Asked for by name only.
LONG: Mapping[str, Callable[[int], Result]] = {
    "fleet": fleet.run,
    "fleet_choice": fleet_choice.run,
    "fleet_peers": fleet_peers.run,
}
TUNING: Mapping[str, Callable[[int, int], Result]] = {"telegraf": ingest.run_telegraf}
LOOKS: Mapping[str, Callable[[int], Iterable[str]]] = {"profile": profile.run}
MESSAGES, BACKLOG = 50_000, 200_000
SECONDS: Mapping[str, float] = {"live": live.HOLD_S, "orders": orders.SECONDS, "memory": memory.SECONDS}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = [*BENCHMARKS, *WHOLE, *BY_MESSAGES, *BY_SECONDS, *BY_ROUNDS]
    known = [*usual, *LONG, *TUNING, *LOOKS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(known)}; by default {', '.join(usual)}")
    parser.add_argument(
        "--messages", type=int, help=f"how many, in each round: {MESSAGES:,}, of a comparison {BACKLOG:,}"
    )
    parser.add_argument("--seconds", type=float, help=f"for how long, in each round: {dict(SECONDS)}")
    parser.add_argument("--rounds", type=int, default=3, help="of a comparison, which tells the medians")
    parser.add_argument("--no-keep", action="store_true", help="leave benchmarks/results as it is")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(known)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    missing = 0
    for name in arguments.names or usual:
        if name in BENCHMARKS:
            print(tell(BENCHMARKS[name](arguments.messages or MESSAGES)), flush=True)
        elif name in WHOLE:
            for result in WHOLE[name]():
                print(result, flush=True)
        elif name in LOOKS:
            for line in LOOKS[name](arguments.messages or BACKLOG):
                print(line, flush=True)
        else:
            try:
                _compare(name, arguments)
            except (PeerMissing, DataMissing) as error:
                missing += 1
                print(f"{name} is left out: {error}", file=sys.stderr, flush=True)
    sys.exit(1 if missing else 0)


def _compare(name: str, arguments: argparse.Namespace) -> None:
    machine = this_machine()
    by_rounds = {**BY_ROUNDS, **LONG}
    if name in by_rounds:
        result = by_rounds[name](arguments.rounds)
    elif name in BY_SECONDS:
        result = BY_SECONDS[name](arguments.rounds, arguments.seconds or SECONDS[name])
    else:
        compare = BY_MESSAGES.get(name) or TUNING[name]
        result = compare(arguments.messages or BACKLOG, arguments.rounds)
    print(tell_result(result), flush=True)
    if not arguments.no_keep:
        print(keep(result, machine), flush=True)


if __name__ == "__main__":
    main()
