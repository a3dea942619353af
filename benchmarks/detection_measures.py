"""How well alarms fit the labels: pooled over all rows of all files, as the SKAB repository counts them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection_data import SKAB_FILES, SKAB_HEALTHY, Labelled, read_skab
from benchmarks.detection_subjects import Alarms, Subject
from iot_maint.models.detector import cut

TRAINED = 400  # rows, by the repository's protocol
MOST_SHIFTED = 150  # rows: a training that began later would end in the fault
SHIFTS = 2  # of each file
CONTROL_ROWS = 1150  # of each healthy control: as long as a file with a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Pooled over files: percent of healthy rows in alarm (false alarm rate), of faulty ones that are not (missed)."""

    f1: float
    far: float
    mar: float


def pooled(labels: Sequence[NDArray[np.bool_]], alarms: Sequence[Alarms]) -> Verdict:
    faulty, alarmed = np.concatenate(labels), np.concatenate(alarms)
    right, wrong = int((alarmed & faulty).sum()), int((alarmed & ~faulty).sum())
    missed, quiet = int((~alarmed & faulty).sum()), int((~alarmed & ~faulty).sum())
    return Verdict(
        f1=2 * right / max(2 * right + wrong + missed, 1),
        far=100 * wrong / max(wrong + quiet, 1),
        mar=100 * missed / max(missed + right, 1),
    )


def by_protocol(subject: Subject) -> Verdict:
    """The first 400 rows are learnt, the rest is judged."""
    judged = [_judge(subject, read_skab(name)) for name in SKAB_FILES]
    return pooled([labels for labels, _ in judged], [alarms for _, alarms in judged])


def clock_neutral(subject: Subject) -> tuple[float, float, float]:
    """F1 over the files with a fault, percent of all healthy time in alarm, and percent of the controls'.

    Every file begins at a random row, so that no row number helps; pieces of the healthy file are the controls.
    """
    faults = [_judge(subject, one) for one in _shifted([read_skab(name) for name in SKAB_FILES])]
    controls = [_judge(subject, one) for one in _shifted(list(_controls()))]
    labels = [labels for labels, _ in (*faults, *controls)]
    alarms = [alarms for _, alarms in (*faults, *controls)]
    return (
        pooled([labels for labels, _ in faults], [alarms for _, alarms in faults]).f1,
        pooled(labels, alarms).far,
        pooled([labels for labels, _ in controls], [alarms for _, alarms in controls]).far,
    )


def _judge(subject: Subject, file: Labelled) -> tuple[NDArray[np.bool_], Alarms]:
    return file.faulty[TRAINED:], subject(cut(file.rows, 0, TRAINED), cut(file.rows, TRAINED))


def _shifted(files: Sequence[Labelled]) -> Iterator[Labelled]:
    chance = np.random.default_rng(0)
    for file in files:
        for shift in chance.integers(0, MOST_SHIFTED + 1, SHIFTS).tolist():
            yield replace(file, rows=cut(file.rows, shift), faulty=file.faulty[shift:])


def _controls() -> Iterator[Labelled]:
    healthy = read_skab(SKAB_HEALTHY)
    for begin in range(0, len(healthy.rows) - CONTROL_ROWS + 1, CONTROL_ROWS):
        end = begin + CONTROL_ROWS
        yield Labelled(rows=cut(healthy.rows, begin, end), faulty=healthy.faulty[begin:end])
