"""Levels in units of their healthy spread, for kinds that look at all metrics together."""

from collections.abc import Sequence

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.models.conditioning import Conditioned
from iot_maint.models.fitted import Arrays, demand

SPREAD_BY = 1.4826  # the median distance from the median, to a standard deviation
FARTHEST = 1e6  # spreads: what lies farther says no more


def learn_standard(levels: Conditioned, floor: Floats) -> tuple[dict[str, Floats], Floats]:
    """`middle` and `spread` (1, m), and the healthy rows (n, m) in those units, as far as every metric is known."""
    level = levels.level[:, 0]
    metrics = level.shape[1]
    middle, spread = np.full((1, metrics), np.nan), np.full((1, metrics), np.nan)
    for metric in range(metrics):
        seen = level[~np.isnan(level[:, metric]), metric]
        if len(seen):
            middle[0, metric] = np.median(seen)
            # A metric that mostly stands still has no median distance, but it has a deviation.
            usual = max(SPREAD_BY * float(np.median(np.abs(seen - middle[0, metric]))), 0.3 * float(np.std(seen)))
            spread[0, metric] = max(usual, float(floor[0, metric]))
    model = {"middle": middle, "spread": spread}
    rows = standardise([model], levels)[:, 0]
    judged = ~np.isnan(middle[0])
    whole = ~np.isnan(rows[:, judged]).any(axis=1)
    return model, np.nan_to_num(rows[whole], nan=0.0)


def standardise(models: Sequence[Arrays], levels: Conditioned) -> Floats:
    """(T, E, m), NaN where a level is unknown."""
    middle = np.concatenate([model["middle"] for model in models]).astype(np.float64)
    spread = np.concatenate([model["spread"] for model in models]).astype(np.float64)
    return np.clip((levels.level - middle) / spread * levels.firmness, -FARTHEST, FARTHEST)


def check_standard(model: Arrays, metrics: int) -> None:
    for name in ("middle", "spread"):
        demand(model, name, (1, metrics))
