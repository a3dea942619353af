"""The compiled publisher as a child process, and what it says of itself."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import publisher_program
from tests.servers.mosquitto import MosquittoServer
from tests.servers.processes import ServerProcess

FLAT_OUT = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far the publisher was, at a second of the wall clock."""

    at_s: float
    published: int
    acknowledged: int


def parse_reports(text: str) -> list[Report]:
    """Its lines; the last may be half written."""
    reports = []
    for line in text.splitlines(keepends=True):
        words = line.split()
        if line.endswith("\n") and len(words) == 3:
            reports.append(Report(at_s=float(words[0]), published=int(words[1]), acknowledged=int(words[2])))
    return reports


def acknowledged_at(reports: Sequence[Report], at_s: float) -> float:
    """How many the broker had acknowledged then; between two reports by line."""
    after = bisect_right(reports, at_s, key=lambda report: report.at_s)
    if after == 0:
        return 0.0
    before, following = reports[after - 1], reports[min(after, len(reports) - 1)]
    span = following.at_s - before.at_s
    share = (at_s - before.at_s) / span if span else 0.0
    return before.acknowledged + share * (following.acknowledged - before.acknowledged)


def rate_of(reports: Sequence[Report], from_s: float, until_s: float) -> float:
    """Acknowledged messages a second in between."""
    return (acknowledged_at(reports, until_s) - acknowledged_at(reports, from_s)) / (until_s - from_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Stops by itself after its time."""

    process: ServerProcess

    @property
    def running(self) -> bool:
        return self.process.running

    def reports(self) -> list[Report]:
        return parse_reports(self.process.log.read_text("utf-8"))


@contextmanager
def publishing(
    broker: MosquittoServer, folder: Path, *, rate: float, seconds: float, equipment: int
) -> Iterator[Publisher]:
    """Publishes from now on, whatever the block does, for at most `seconds`; `rate` in messages a second."""
    process = ServerProcess(
        command=[
            str(publisher_program()),
            *("-address", f"{broker.host}:{broker.port}"),
            *("-rate", str(rate), "-seconds", str(seconds), "-equipment", str(equipment)),
        ],
        is_ready=lambda: True,
        log=folder / "publisher.log",
    )
    process.start()
    try:
        yield Publisher(process=process)
    finally:
        process.stop()
