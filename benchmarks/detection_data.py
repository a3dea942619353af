"""The public data that detectors are measured on, where it is: `../shared/data` beside the repository."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats, Integers
from iot_maint.models.detector import Rows

# A worktree of the repository has its data elsewhere than a clone: the variable says where.
DATA = Path(os.environ.get("IOT_MAINT_BENCHMARK_DATA") or Path(__file__).parents[2] / "shared" / "data")
SKAB_FILES = tuple(f"valve1_{number}.csv" for number in range(0, 16, 2))
SKAB_HEALTHY = "anomaly-free.csv"
SKAB_LABELS = ("anomaly", "changepoint")


class DataMissing(RuntimeError):
    """Says which file is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Rows with what is known of them: whether a fault is on at each (n,)."""

    rows: Rows
    faulty: NDArray[np.bool_]


def read_skab(name: str) -> Labelled:
    """One file of the Skoltech Anomaly Benchmark (github waico/SKAB): eight sensors of a water rig, once a second."""
    header, cells = _read(DATA / "skab" / name, ";")
    metrics = tuple(column for column in header[1:] if column not in SKAB_LABELS)
    values = np.array([[float(row[header.index(metric)]) for metric in metrics] for row in cells])
    instants = [datetime.fromisoformat(row[0]).replace(tzinfo=UTC) for row in cells]
    at_ms: Integers = np.array([round(at.timestamp() * 1000) for at in instants], dtype=np.int64)
    faulty = np.zeros(len(cells), dtype=bool)
    if "anomaly" in header:
        faulty = np.array([float(row[header.index("anomaly")]) > 0 for row in cells])
    return Labelled(rows=Rows(metrics=metrics, at_ms=at_ms, values=values), faulty=faulty)


def read_femto() -> dict[str, Rows]:
    """Bearings run to failure (PRONOSTIA, IEEE PHM 2012): features of a snapshot every ten seconds, to the last."""
    header, cells = _read(DATA / "femto" / "learning_set.csv", ",")
    metrics = tuple(header[4:])
    bearings: dict[str, list[Sequence[str]]] = {}
    for row in cells:
        bearings.setdefault(row[1], []).append(row)
    return {
        bearing: Rows(
            metrics=metrics,
            at_ms=np.array([round(float(row[3]) * 1000) for row in rows], dtype=np.int64),
            values=_floats([row[4:] for row in rows]),
        )
        for bearing, rows in bearings.items()
    }


def _floats(cells: Sequence[Sequence[str]]) -> Floats:
    return np.array([[float(cell) for cell in row] for row in cells])


def _read(path: Path, separator: str) -> tuple[list[str], list[list[str]]]:
    if not path.is_file():
        raise DataMissing(f"{path} is missing: link `shared` beside the repository, or set IOT_MAINT_BENCHMARK_DATA")
    with path.open(encoding="utf-8", newline="") as file:
        header, *cells = csv.reader(file, delimiter=separator)
    return header, cells
