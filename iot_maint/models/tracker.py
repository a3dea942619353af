"""The robust drift tracker: each metric's level against a baseline that follows slowly and stops while it is far off.

The baseline follows within as many rows as the healthy history had: what was never seen to be healthy for so long is
not taken for granted sooner.  How far is usual is measured in that history from a baseline ten times as fast, so that
one change of level in it does not count as noise.
"""

from collections.abc import Sequence

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.models.baselines import followed, known_levels, largest_of, usual_departure
from iot_maint.models.conditioning import MEAN_OF, Conditioned, Conditioning
from iot_maint.models.fitted import Arrays, Judged, demand

FASTER = 10.0  # the baseline that the scale is measured from, against the watched one
FROZEN = 2.5  # scales from the baseline at which it stops
RAISED = 5.0  # scales that a departure must have reached for its new level to be learnt later
FALLEN = 0.25  # share of a departure's peak below which it counts as over
LONGEST_WAIT = 2000.0  # rows until a level that stays below that share is the new baseline
CATCH_UP = 10.0  # bins without a verdict after which the baseline first follows what may have moved unseen
_BASE, _PEAK, _LOW, _SINCE = range(4)


class Tracker:
    """The default: no metric needs another, and every metric is judged by its own history alone."""

    name = "tracker"

    def memory_size(self, metrics: int) -> int:
        return 4 * metrics

    def learn(self, levels: Conditioned, usual: Conditioning, seed: int) -> tuple[Arrays, Floats]:
        del seed
        metrics = levels.level.shape[-1]
        scale, base, slowness = (np.full((1, metrics), np.nan) for _ in range(3))
        residuals = np.full((len(levels.level), metrics), np.nan)
        for metric, known, level in known_levels(levels):
            slowness[0, metric] = max(len(level), 4 * MEAN_OF)
            fast, base[0, metric] = followed(level, max(len(level) / FASTER, MEAN_OF))
            apart = np.abs(level - fast)
            scale[0, metric] = usual_departure(apart, usual, metric)
            residuals[known, metric] = apart / scale[0, metric]
        model = {"scale": scale, "base": base, "slowness": slowness}
        return model, largest_of(residuals)

    def judge(self, models: Sequence[Arrays], levels: Conditioned, state: Floats) -> tuple[Judged, Floats]:
        scale, base, slowness = (
            np.concatenate([model[name] for model in models]).astype(np.float64)
            for name in ("scale", "base", "slowness")
        )
        wait = np.minimum(slowness / 4.0, LONGEST_WAIT)
        rows, equipment, metrics = levels.level.shape
        past = state.reshape(equipment, 4, metrics)
        baseline = np.where(np.isnan(past[:, _BASE]), base, past[:, _BASE])
        peak, low, since = (np.nan_to_num(past[:, place]) for place in (_PEAK, _LOW, _SINCE))
        departed = np.empty(levels.level.shape)
        known_rows = ~np.isnan(levels.level) & ~np.isnan(scale)
        filled = np.where(known_rows, levels.level, 0.0)
        firmness = levels.firmness
        elapsed_rows = np.where(levels.stacked.present, levels.stacked.elapsed, 0.0)
        for row in range(rows):
            known, level = known_rows[row], filled[row]
            elapsed = since + elapsed_rows[row][:, None]
            share = elapsed / (slowness + elapsed)
            unseen = known & (elapsed > CATCH_UP) & (peak < FROZEN)
            step = share * (level - baseline)
            baseline = np.where(unseen, baseline + step, baseline)
            apart = np.where(known, (level - baseline) / scale * firmness[row], 0.0)
            far = np.abs(apart)
            frozen = far >= FROZEN
            peak = np.where(known, np.where(frozen, np.maximum(peak, far), np.where(peak >= RAISED, peak, 0.0)), peak)
            low = np.where(known, np.where((peak >= RAISED) & (far < FALLEN * peak), low + 1.0, 0.0), low)
            over = known & (peak >= RAISED) & ((low > wait) | ~frozen)
            baseline = np.where(known & (low > wait), level, baseline)
            apart = np.where(low > wait, 0.0, apart)
            peak = np.where(over, 0.0, peak)
            low = np.where(over, 0.0, low)
            follows = known & ~frozen & ~unseen
            baseline = np.where(follows, baseline + step, baseline)
            since = np.where(known, 0.0, elapsed)
            departed[row] = apart
        far = np.abs(departed)
        judged = Judged(number=far.max(axis=-1), shares=far * far, directions=np.sign(departed))
        return judged, np.stack([baseline, peak, low, since], axis=1).reshape(equipment, -1)

    def check(self, model: Arrays, metrics: int) -> None:
        for name in ("scale", "base", "slowness"):
            demand(model, name, (1, metrics))
