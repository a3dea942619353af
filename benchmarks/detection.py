"""`python -m benchmarks.detection`: detectors on public data with real faults, and what they cost.

Deterministic but for the costs.  One setting for all files, fitted on training rows alone; that setting (the constants
of `iot_maint/models/tracker.py` and `surge.py`) was chosen with these files' results in view, so that the bars are no
forecast.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks import detection_costs
from benchmarks.detection_data import read_femto
from benchmarks.detection_measures import by_protocol, clock_neutral
from benchmarks.detection_subjects import FOLLOWER, OURS, OUTSIDE, STRICTER, TRIVIAL, Subject
from benchmarks.results import Figure, Result, Row, keep, tell, this_machine
from iot_maint.models.alarming import DEFAULT_LIMIT, Limit, alarms
from iot_maint.models.detector import Recipe, Rows, cut
from iot_maint.models.kinds import DEFAULT, KINDS

BEARING_METRICS = ("h_rms", "v_rms")
BEARING_TRAINED = 100  # snapshots, a quarter of an hour
BEARING_LIMIT = 4.0
EARLY, LATE = 0.3, 0.5  # of a bearing's life


def skab(rounds: int = 1) -> Result:
    """The repository's own protocol."""
    del rounds
    rows = [_protocol_row(name, subject) for name, subject in {**OURS, **TRIVIAL}.items()]
    rows += [_best(package, members, _protocol_row) for package, members in OUTSIDE.items()]
    ours = _row_of(rows)
    return Result(
        benchmark="detection_skab",
        method="SKAB, 8 files of valve1: the first 400 rows are learnt, the rest judged, pooled; limit "
        f"{DEFAULT_LIMIT:g} for all of ours.",
        rows=rows,
        figures=[
            Figure(name="SKAB F1", value=ours.median("F1"), unit="", bar=0.87, aim=0.90),
            Figure(
                name="SKAB false alarms", value=ours.median("FAR %"), unit="%", bar=15, aim=10, more_is_better=False
            ),
            Figure(name="SKAB missed", value=ours.median("MAR %"), unit="%", bar=13, aim=10, more_is_better=False),
        ],
    )


def skab_clock(rounds: int = 1) -> Result:
    """Random starts, and healthy controls."""
    del rounds
    rows = [_clock_row(name, subject) for name, subject in {**OURS, **STRICTER, **TRIVIAL}.items()]
    ours = next(row for row in rows if row.subject == FOLLOWER)
    return Result(
        benchmark="detection_clock",
        method="SKAB, clock-neutral: every file from 2 random rows on, the healthy file in 8 pieces as controls; limit "
        f"{DEFAULT_LIMIT:g} for ours where none is named; the figures are those of {FOLLOWER}, one setting for all.",
        rows=rows,
        figures=[
            Figure(name="SKAB F1, clock-neutral", value=ours.median("F1"), unit="", bar=0.86, aim=0.90),
            Figure(
                name="SKAB healthy time in alarm", value=ours.median("healthy %"), unit="%", bar=5, aim=5,
                more_is_better=False,
            ),
        ],
    )  # fmt: skip


def femto(rounds: int = 1) -> Result:
    """Bearings that were run until they failed."""
    del rounds
    rows = [Row(subject=f"iot-maint {kind}", rounds=[_bearings(kind)]) for kind in KINDS]
    ours = rows[list(KINDS).index(DEFAULT)]
    return Result(
        benchmark="detection_femto",
        method=f"FEMTO learning set: log RMS of both directions, the first {BEARING_TRAINED} snapshots are learnt,"
        f" limit {BEARING_LIMIT:g}; right is an alarm in the second half of life and none before 30 % of it.",
        rows=rows,
        figures=[Figure(name="FEMTO bearings", value=ours.median("right of 6"), unit="of 6", bar=5, aim=6)],
    )


def costs(rounds: int = 3) -> Result:
    return detection_costs.run(rounds)


PARTS: Mapping[str, Callable[[int], Result]] = {
    "detection-skab": skab,
    "detection-clock": skab_clock,
    "detection-femto": femto,
    "detection-costs": costs,
}


def _row_of(rows: Sequence[Row]) -> Row:
    return next(row for row in rows if row.subject.startswith("iot-maint") and row.subject.endswith("default"))


def _protocol_row(name: str, subject: Subject) -> Row:
    verdict = by_protocol(subject)
    return Row(subject=name, rounds=[{"F1": verdict.f1, "FAR %": verdict.far, "MAR %": verdict.mar}])


def _clock_row(name: str, subject: Subject) -> Row:
    f1, healthy, controls = clock_neutral(subject)
    return Row(subject=name, rounds=[{"F1": f1, "healthy %": healthy, "controls %": controls}])


def _best(package: str, members: Sequence[tuple[str, Subject]], measure: Callable[[str, Subject], Row]) -> Row:
    """That of an outside package which does best in F1, with its own defaults."""
    rows = [measure(f"{package} {name}", subject) for name, subject in members]
    return max(rows, key=lambda row: row.median("F1"))


def _bearings(kind: str) -> Mapping[str, float]:
    right = early = 0
    for rows in read_femto().values():
        alarmed = np.flatnonzero(_bearing_alarms(kind, rows)) / len(rows)
        too_early = bool((alarmed < EARLY).any())
        early += too_early
        right += not too_early and bool((alarmed >= LATE).any())
    return {"right of 6": right, "alarmed early": early}


def _bearing_alarms(kind: str, rows: Rows) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    columns = [rows.metrics.index(metric) for metric in BEARING_METRICS]
    logs = Rows(metrics=BEARING_METRICS, at_ms=rows.at_ms, values=np.log(np.maximum(rows.values[:, columns], 1e-9)))
    detector = KINDS[kind].fit(cut(logs, 0, BEARING_TRAINED), Recipe(metrics=BEARING_METRICS, bin_s=10.0))
    return alarms(detector.score(logs, None)[0].score, Limit.at(BEARING_LIMIT))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detection", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(PARTS)}; by default all")
    parser.add_argument("--no-keep", action="store_true", help="leave benchmarks/results as it is")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(PARTS)
    if unknown:
        parser.error(f"no part named {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name in arguments.names or PARTS:
        machine = this_machine()
        result = PARTS[name](3)
        print(tell(result), flush=True)
        if not arguments.no_keep:
            print(keep(result, machine), flush=True)


if __name__ == "__main__":
    main()
