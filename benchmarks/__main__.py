"""`python -m benchmarks [NAME…]`: runs the named benchmarks, or all of them, and prints a line for each."""

import argparse
from collections.abc import Callable, Mapping

from benchmarks import deciding, decoding
from benchmarks.measure import Measurement, tell

BENCHMARKS: Mapping[str, Callable[[int], Measurement]] = {
    "decoding": decoding.run,
    "deciding": deciding.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--messages", type=int, default=50_000, help="how many, in each round")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in arguments.names or BENCHMARKS:
        print(tell(BENCHMARKS[name](arguments.messages)), flush=True)


if __name__ == "__main__":
    main()
