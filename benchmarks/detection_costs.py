"""What detectors cost: the forest against scikit-learn's, training, and a reading of a large site."""

import time
from collections.abc import Callable

import numpy as np
from sklearn.ensemble import IsolationForest

from benchmarks.results import Figure, Result, Row
from iot_maint.domain.columns import Floats
from iot_maint.models.detector import Parts, Recipe, Rows, cut
from iot_maint.models.flat_forest import flatten, path_scores
from iot_maint.models.kinds import DEFAULT, KINDS

METRICS = tuple(f"metric_{number}" for number in range(6))
RECIPE = Recipe(metrics=METRICS)
HISTORY_ROWS = 90 * 1440  # a row a minute
EQUIPMENT = 1000
BATCHES = 20
AT_ONCE = 500  # rows
_START_MS = 1_767_225_600_000


def made_up(rows: int, seed: int) -> Rows:
    """A working day's course with noise, a row a minute."""
    chance = np.random.default_rng(seed)
    minute = np.arange(rows)
    day = np.sin(2 * np.pi * minute / 1440)[:, None] * np.linspace(0.0, 2.0, len(METRICS))
    values: Floats = 10.0 + day + chance.normal(size=(rows, len(METRICS)))
    return Rows(metrics=METRICS, at_ms=_START_MS + minute.astype(np.int64) * 60_000, values=values)


def run(rounds: int) -> Result:
    """All costs, each the best of so many rounds: whatever else the machine does only adds."""
    trained = _forests(rounds)
    training = [_training(kind, rounds) for kind in KINDS]
    readings = [_readings(kind, rounds) for kind in KINDS]
    kinds = list(KINDS)
    rows = [
        Row(subject=f"iot-maint {kind}", rounds=[{"training s": training[n], "µs/reading": readings[n]}])
        for n, kind in enumerate(kinds)
    ]
    default = kinds.index(DEFAULT)
    return Result(
        benchmark="detection_costs",
        method=(
            f"Training: {HISTORY_ROWS:,} rows of {len(METRICS)} metrics. A reading: {EQUIPMENT:,} pieces of equipment,"
            f" one row of each at once. Forest: µs a row, 1 row {trained[0]:,.0f} against {trained[1]:,.0f},"
            f" {AT_ONCE} rows {trained[2]:.1f} against {trained[3]:.1f} of scikit-learn. CPU time, the best round."
        ),
        rows=rows,
        figures=[
            Figure(
                name="forest scoring, 1 row, against scikit-learn",
                value=trained[1] / trained[0],
                unit="×",
                bar=20,
                aim=50,
            ),
            Figure(
                name=f"forest scoring, {AT_ONCE} rows, against scikit-learn",
                value=trained[3] / trained[2],
                unit="×",
                bar=2,
                aim=3,
            ),
            Figure(
                name="training one piece of equipment, 90 days",
                value=training[default],
                unit="s",
                bar=2,
                aim=0.5,
                more_is_better=False,
            ),
            Figure(
                name="default detector, a reading",
                value=readings[default],
                unit="µs",
                bar=2,
                aim=2,
                more_is_better=False,
            ),
        ],
    )


def _best_s(work: Callable[[], object], rounds: int) -> float:
    spans = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        spans.append(time.process_time() - begin)
    return min(spans)


def _forests(rounds: int) -> tuple[float, float, float, float]:
    """µs a row: ours and theirs for one row, ours and theirs for many."""
    rows = made_up(2000, 1).values
    theirs = IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(rows)
    ours = flatten(theirs.estimators_, 256)
    one, many = rows[:1], made_up(AT_ONCE, 2).values
    return (
        1e6 * _best_s(lambda: [path_scores(ours, one) for _ in range(20)], rounds) / 20,
        1e6 * _best_s(lambda: theirs.score_samples(one), 4 * rounds),
        1e6 * _best_s(lambda: path_scores(ours, many), 4 * rounds) / AT_ONCE,
        1e6 * _best_s(lambda: theirs.score_samples(many), 2 * rounds) / AT_ONCE,
    )


def _training(kind: str, rounds: int) -> float:
    history = made_up(HISTORY_ROWS, 3)
    KINDS[kind].fit(cut(history, 0, 2000), RECIPE)  # what is loaded once is no cost of training
    return _best_s(lambda: KINDS[kind].fit(history, RECIPE), rounds)


def _readings(kind: str, rounds: int) -> float:
    """µs a reading, with the memories of the batch before, as it comes live."""
    detectors = [KINDS[kind].fit(made_up(600, seed), RECIPE) for seed in range(10)] * (EQUIPMENT // 10)
    new = made_up(BATCHES * rounds + 40, 4)
    memories: list[Parts | None] = [None] * EQUIPMENT
    spans = []
    for number in range(5 if kind == "forest" else BATCHES * rounds):
        rows = [cut(new, number, number + 1)] * EQUIPMENT
        begin = time.process_time()
        scored = KINDS[kind].score_together(detectors, rows, memories)
        spans.append(time.process_time() - begin)
        memories = [memory for _, memory in scored]
    return 1e6 * min(spans) / (EQUIPMENT * len(METRICS))
