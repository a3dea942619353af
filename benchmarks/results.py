"""What a comparison came to: every round's numbers, the figures against their bars, kept as JSON beside a table."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One subject's measurements by name with its unit (`msg/s`), one mapping a round."""

    subject: str
    rounds: Sequence[Mapping[str, float]]

    def median(self, measure: str) -> float:
        return statistics.median(one[measure] for one in self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with what is asked of it; `unit` is `×` for a ratio to a peer of the same run."""

    name: str
    value: float
    unit: str
    bar: float
    aim: float
    more_is_better: bool = True

    @property
    def reached(self) -> bool:
        return self.share_of_bar >= 1

    @property
    def share_of_bar(self) -> float:
        """1 at the bar, above it where the figure is better."""
        return self.value / self.bar if self.more_is_better else self.bar / self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A comparison; `method` says what was done in one sentence."""

    benchmark: str
    method: str
    rows: Sequence[Row]
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where it was measured; `load` is what already ran when the measuring began."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    load: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A result as it is kept."""

    taken_at: datetime
    machine: Machine
    result: Result


def ratio(ours: Row, peers: Row, measure: str) -> float:
    """The median of the rounds' ratios: what disturbs a round disturbs both in it."""
    pairs = zip(ours.rounds, peers.rounds, strict=True)
    return statistics.median(mine[measure] / theirs[measure] for mine, theirs in pairs)


def this_machine() -> Machine:
    """Asked before the measuring begins: afterwards the load is its own."""
    cpuinfo = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    names = [line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")]
    return Machine(
        processor=names[0] if names else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gb=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        system=_system(),
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2),
    )


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def keep(result: Result, machine: Machine, folder: Path = RESULTS) -> Path:
    """Written over what the same benchmark came to before."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{result.benchmark}.json"
    record = Record(taken_at=datetime.now(UTC), machine=machine, result=result)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    return path


def kept(folder: Path = RESULTS) -> list[Record]:
    """All that is kept, by the benchmark's name."""
    return [msgspec.json.decode(path.read_bytes(), type=Record) for path in sorted(folder.glob("*.json"))]


def tell(result: Result) -> str:
    """The medians as a table for people, then the figures against their bars."""
    measures = list(result.rows[0].rounds[0])
    widths = [max(len(measure), 10) for measure in measures]
    first = max(len(row.subject) for row in result.rows)
    lines = [result.method, "  ".join(["".ljust(first), *map(str.rjust, measures, widths)])]
    for row in result.rows:
        cells = [
            f"{row.median(measure):,.4g}" if row.median(measure) < 1000 else f"{row.median(measure):,.0f}"
            for measure in measures
        ]
        lines.append("  ".join([row.subject.ljust(first), *map(str.rjust, cells, widths)]))
    for figure in result.figures:
        sign = "≥" if figure.more_is_better else "≤"
        verdict = "reached" if figure.reached else "missed"
        lines.append(
            f"{figure.name}: {figure.value:.3g} {figure.unit}"
            f" (bar {sign} {figure.bar:g}, aim {sign} {figure.aim:g}: {verdict})"
        )
    return "\n".join([*lines, *result.notes])
