"""Auto-associative kernel regression: what each metric should be, from healthy rows that resemble this one.

Known for following several operating points, which one straight pattern (PCA) cannot.
"""

from collections.abc import Sequence

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.models.conditioning import Conditioned
from iot_maint.models.fitted import Arrays, Judged, demand
from iot_maint.models.standard import check_standard, learn_standard, standardise

REMEMBERED = 48  # healthy rows
WIDTH = 1.0  # of the kernel, in typical distances between neighbours among them
QUANTILE = 0.95  # of healthy residuals: the scale of each metric
MOST_LEARNT = 20_000  # rows of a long history that are looked at


class KernelRegression:
    """A metric takes part in its own estimate by 1/m only, so that its own fault does not hide it."""

    name = "aakr"

    def memory_size(self, metrics: int) -> int:
        del metrics
        return 0

    def learn(self, levels: Conditioned, floor: Floats, seed: int) -> tuple[Arrays, Floats]:
        del seed
        standard, rows = learn_standard(levels, floor)
        metrics = levels.level.shape[-1]
        rows = rows[:: max(1, len(rows) // MOST_LEARNT)]
        remembered = _spread_out(rows, REMEMBERED) if len(rows) else np.zeros((1, metrics))
        filled = np.vstack([remembered, np.full((REMEMBERED - len(remembered), metrics), np.nan)])
        width = np.array([[_neighbourhood(remembered)]])
        model = {**standard, "remembered": filled[None], "width": width, "usual": np.ones((1, metrics))}
        residuals = np.abs(_residuals(model, rows[:, None])[:, 0])
        usual = np.quantile(residuals, QUANTILE, axis=0) if len(rows) else np.ones(metrics)
        model["usual"] = np.maximum(usual, 0.05)[None]
        return model, (residuals / model["usual"]).max(axis=1) if len(rows) else np.zeros(0)

    def judge(self, models: Sequence[Arrays], levels: Conditioned, state: Floats) -> tuple[Judged, Floats]:
        stacked = {name: np.concatenate([model[name] for model in models]) for name in models[0]}
        residuals = _residuals(stacked, standardise([stacked], levels)) / stacked["usual"]
        far = np.nan_to_num(np.abs(residuals))
        judged = Judged(number=far.max(axis=-1), shares=far * far, directions=np.sign(np.nan_to_num(residuals)))
        return judged, state

    def check(self, model: Arrays, metrics: int) -> None:
        check_standard(model, metrics)
        demand(model, "remembered", (1, REMEMBERED, metrics))
        demand(model, "width", (1, 1))
        demand(model, "usual", (1, metrics))


def _residuals(model: Arrays, standard: Floats) -> Floats:
    """(T, E, m): the row less its estimate, NaN where the metric is unknown."""
    remembered = model["remembered"].astype(np.float64)
    width = model["width"].astype(np.float64)
    known = ~np.isnan(standard)
    filled = np.where(known, standard, 0.0)
    count = np.zeros(standard.shape[:2])
    for metric in range(standard.shape[-1]):
        count = count + known[..., metric]
    nearest = np.full(standard.shape[:2], np.inf)
    distances: list[Floats] = []
    for place in range(remembered.shape[1]):
        distance = np.zeros(standard.shape[:2])
        for metric in range(standard.shape[-1]):
            apart = filled[..., metric] - remembered[:, place, metric]
            # Beyond a few spreads a metric says only that it is far: it must not choose the neighbours alone.
            apart = np.minimum(np.abs(apart), 6.0)
            distance = distance + np.where(known[..., metric], apart * apart, 0.0)
        distance = np.where(np.isnan(distance), np.inf, distance / np.maximum(count, 1.0))
        distances.append(distance)
        nearest = np.minimum(nearest, distance)
    total = np.zeros(standard.shape[:2])
    estimate = np.zeros(standard.shape)
    for place, distance in enumerate(distances):
        # Measured from the nearest, so that the weights of a row far from all do not vanish together.
        weight = np.exp(-(distance - nearest) / (2.0 * width[:, 0] * width[:, 0]))
        total = total + weight
        estimate = estimate + weight[..., None] * np.nan_to_num(remembered[:, place])
    return np.where(known, filled - estimate / total[..., None], np.nan)


def _spread_out(rows: Floats, size: int) -> Floats:
    """Rows that lie as far from each other as they can: each next one is the farthest from those before it."""
    bounded = np.clip(rows, -20.0, 20.0)
    chosen = [int(np.argmin((bounded * bounded).sum(axis=1)))]
    nearest = np.full(len(rows), np.inf)
    while len(chosen) < min(size, len(rows)):
        apart = bounded - bounded[chosen[-1]]
        nearest = np.minimum(nearest, (apart * apart).sum(axis=1))
        farthest = int(np.argmax(nearest))
        if nearest[farthest] <= 0.0:
            break
        chosen.append(farthest)
    picked: Floats = bounded[chosen]
    return picked


def _neighbourhood(remembered: Floats) -> float:
    """The median root mean square distance of a remembered row to its nearest neighbour."""
    if len(remembered) < 2:
        return 1.0
    apart = ((remembered[:, None] - remembered[None]) ** 2).mean(axis=2)
    np.fill_diagonal(apart, np.inf)
    return max(WIDTH * float(np.median(np.sqrt(apart.min(axis=1)))), 1e-3)
