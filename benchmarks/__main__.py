"""`python -m benchmarks [NAME…]`: runs the named benchmarks, or all of them, and prints what each came to."""

import argparse
from collections.abc import Callable, Iterable, Mapping

from benchmarks import deciding, decoding, ingest, visible
from benchmarks.measure import Measurement, tell

BENCHMARKS: Mapping[str, Callable[[int], Measurement]] = {
    "decoding": decoding.run,
    "deciding": deciding.run,
}
# The whole product as it runs, with real servers: a line for each result.
WHOLE: Mapping[str, Callable[[], Iterable[object]]] = {
    "visible": visible.run,
}
# Against peers, with real servers: minutes, not seconds.
COMPARISONS: Mapping[str, Callable[[int, int], str]] = {
    "ingest": ingest.run,
}
MESSAGES, BACKLOG = 50_000, 200_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = [*BENCHMARKS, *WHOLE, *COMPARISONS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument(
        "--messages", type=int, help=f"how many, in each round: {MESSAGES:,}, of a comparison {BACKLOG:,}"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of a comparison, which tells the medians")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(known)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for name in arguments.names or known:
        if name in BENCHMARKS:
            print(tell(BENCHMARKS[name](arguments.messages or MESSAGES)), flush=True)
        elif name in WHOLE:
            for result in WHOLE[name]():
                print(result, flush=True)
        else:
            print(COMPARISONS[name](arguments.messages or BACKLOG, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
