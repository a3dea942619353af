"""The surge detector: steps and quick drifts of a metric, and no slow change at all.

A metric's level, the mean of a window, is held against its level of about a window ago: a baseline that is followed
twice, so that it has hardly begun to move when a step has filled the window.  What changes by the hour is followed on
purpose.  A departure stands as long as the level does, for the baselines stop while it is far off.

What leads back to where the metric has been before is no departure but the end of one: the level must be far from that
of the last hours as well, and counts as far as it is from the nearer of the two.
"""

from collections.abc import Sequence

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.models.baselines import followed, known_levels, largest_of, usual_departure
from iot_maint.models.conditioning import MEAN_OF, Conditioned, Conditioning
from iot_maint.models.fitted import Arrays, Judged, demand

QUICK = MEAN_OF / 2.0  # rows of each of the two baselines, one following the other: together a window behind
SLOW = 5.0 * MEAN_OF  # rows within which a level that is no departure becomes one that a metric comes back to
FROZEN = 4.5  # scales from both at which they stop
HEALTHY = (0.05, 0.95)  # quantiles of healthy levels between which a metric may begin anywhere
_NEAR, _AGO, _BEFORE, _HELD, _SINCE = range(5)


class Surge:
    """Beside the default, for equipment that drifts and warms up by itself; here too every metric is judged alone."""

    name = "surge"

    def memory_size(self, metrics: int) -> int:
        return 5 * metrics

    def learn(self, levels: Conditioned, usual: Conditioning, seed: int) -> tuple[Arrays, Floats]:
        del seed
        metrics = levels.level.shape[-1]
        scale, low, high = (np.full((1, metrics), np.nan) for _ in range(3))
        residuals = np.full((len(levels.level), metrics), np.nan)
        for metric, known, level in known_levels(levels):
            low[0, metric], high[0, metric] = np.quantile(level, HEALTHY)
            ago, _ = followed(followed(level, QUICK)[0], QUICK)
            before, _ = followed(level, SLOW)
            scale[0, metric] = usual_departure(np.abs(level - ago), usual, metric)
            residuals[known, metric] = np.abs(_nearer(level - ago, level - before)) / scale[0, metric]
        model = {"scale": scale, "low": low, "high": high}
        return model, largest_of(residuals)

    def judge(self, models: Sequence[Arrays], levels: Conditioned, state: Floats) -> tuple[Judged, Floats]:
        scale, low, high = (
            np.concatenate([model[name] for model in models]).astype(np.float64) for name in ("scale", "low", "high")
        )
        rows, equipment, metrics = levels.level.shape
        past = state.reshape(equipment, 5, metrics)
        near, ago, before = past[:, _NEAR], past[:, _AGO], past[:, _BEFORE]
        held, since = np.nan_to_num(past[:, _HELD]) > 0.0, np.nan_to_num(past[:, _SINCE])
        departed = np.empty(levels.level.shape)
        known_rows = ~np.isnan(levels.level) & ~np.isnan(scale)
        filled = np.where(known_rows, levels.level, 0.0)
        elapsed_rows = np.where(levels.stacked.present, levels.stacked.elapsed, 0.0)
        for row in range(rows):
            known, level = known_rows[row], filled[row]
            since = since + elapsed_rows[row][:, None]
            # Who was not seen for so long may be wherever it was healthy, or on the way from where it was left.
            anew = known & (np.isnan(ago) | ((since > SLOW) & ~held))
            begin = np.minimum(np.maximum(level, np.fmin(low, ago)), np.fmax(high, ago))
            near, ago, before = (np.where(anew, begin, one) for one in (near, ago, before))
            apart = np.where(known, _nearer(level - ago, level - before) / scale * levels.firmness[row], 0.0)
            held = np.where(known, np.abs(apart) >= FROZEN, held)
            follows = known & ~held
            ago = np.where(follows, ago + (near - ago) / (QUICK + 1.0), ago)
            near = np.where(follows, near + (level - near) / (QUICK + 1.0), near)
            before = np.where(follows, before + (level - before) / (SLOW + 1.0), before)
            since = np.where(known, 0.0, since)
            departed[row] = apart
        far = np.abs(departed)
        judged = Judged(number=far.max(axis=-1), shares=far * far, directions=np.sign(departed))
        after = np.stack([near, ago, before, held.astype(np.float64), since], axis=1)
        return judged, after.reshape(equipment, -1)

    def check(self, model: Arrays, metrics: int) -> None:
        for name in ("scale", "low", "high"):
            demand(model, name, (1, metrics))


def _nearer(one: Floats, other: Floats) -> Floats:
    """The smaller of two departures; none where they point apart, for then the level lies between the two."""
    size = np.where(one * other > 0.0, np.minimum(np.abs(one), np.abs(other)), 0.0)
    return np.where(one < 0.0, -size, size)
