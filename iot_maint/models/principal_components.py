"""PCA: how far a row lies within the usual pattern of all metrics (T²), and how far beside it (SPE)."""

from collections.abc import Mapping, Sequence

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.models.conditioning import Conditioned
from iot_maint.models.fitted import Arrays, Judged, demand
from iot_maint.models.standard import check_standard, learn_standard, standardise

EXPLAINED = 0.9  # of the healthy variance, by the components that are kept
QUANTILE = 0.95  # of healthy rows: both statistics are measured in it, so that they can be compared
SMALLEST_VARIANCE = 1e-3  # of a component, in squared spreads


class PrincipalComponents:
    """Both statistics are quadratic forms of the row, so that a metric's share is its own term of them."""

    name = "pca"

    def memory_size(self, metrics: int) -> int:
        del metrics
        return 0

    def learn(self, levels: Conditioned, floor: Floats, seed: int) -> tuple[Arrays, Floats]:
        del seed
        standard, rows = learn_standard(levels, floor)
        metrics = levels.level.shape[-1]
        within, beside = np.zeros((1, metrics, metrics)), np.zeros((1, metrics, metrics))
        bounded = np.clip(rows, -20.0, 20.0)  # one wild stretch must not turn the axes
        covariance = bounded.T @ bounded / max(len(bounded), 1)
        variances, axes = np.linalg.eigh(covariance)
        order = np.argsort(variances)[::-1]
        variances, axes = np.maximum(variances[order], SMALLEST_VARIANCE), axes[:, order]
        kept = int(np.searchsorted(np.cumsum(variances) / variances.sum(), EXPLAINED)) + 1
        within[0] = (axes[:, :kept] / variances[:kept]) @ axes[:, :kept].T
        beside[0] = axes[:, kept:] @ axes[:, kept:].T
        model: dict[str, Floats] = {**standard, "within": within, "beside": beside, "usual": np.ones((1, 2))}
        forms = [_form(form, levels, model)[0][:, 0] for form in ("within", "beside")]
        usual = [float(np.nanquantile(form, QUANTILE)) if np.isfinite(form).any() else 1.0 for form in forms]
        model["usual"] = np.array([[max(one, 1e-9) for one in usual]])
        judged, _ = self.judge([model], levels, np.zeros((1, 0)))
        known = (~np.isnan(levels.level[:, 0])).any(axis=1)
        return model, judged.number[known, 0]

    def judge(self, models: Sequence[Arrays], levels: Conditioned, state: Floats) -> tuple[Judged, Floats]:
        usual = np.concatenate([model["usual"] for model in models]).astype(np.float64)
        stacked = {
            name: np.concatenate([model[name] for model in models]).astype(np.float64)
            for name in ("middle", "spread", "within", "beside")
        }
        inside, inside_terms = _form("within", levels, stacked)
        outside, outside_terms = _form("beside", levels, stacked)
        by_inside, by_outside = inside / usual[:, 0], outside / usual[:, 1]
        more_inside = (by_inside > by_outside)[..., None]
        standard = np.nan_to_num(standardise([stacked], levels))
        # Beside the pattern a metric went where the others did not send it.
        towards = np.where(more_inside, standard, _times(stacked["beside"], standard))
        shares = np.maximum(np.where(more_inside, inside_terms, outside_terms), 0.0)
        number = np.sqrt(np.maximum(np.maximum(by_inside, by_outside), 0.0))
        return Judged(number=number, shares=shares, directions=np.sign(towards)), state

    def check(self, model: Arrays, metrics: int) -> None:
        check_standard(model, metrics)
        for name in ("within", "beside"):
            demand(model, name, (1, metrics, metrics))
        demand(model, "usual", (1, 2))


def _form(name: str, levels: Conditioned, model: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """zᵀ A z (T, E) and its terms by metric (T, E, m); a missing metric stands where it usually is."""
    standard = np.nan_to_num(standardise([model], levels))
    terms = standard * _times(model[name], standard)
    total = np.zeros(terms.shape[:2])
    for metric in range(terms.shape[-1]):
        total = total + terms[..., metric]
    return total, terms


def _times(form: Floats, standard: Floats) -> Floats:
    """A z, one column after the other: a matrix product would round differently for another number of rows."""
    product = np.zeros(standard.shape)
    for metric in range(standard.shape[-1]):
        product = product + standard[..., metric : metric + 1] * form[:, :, metric]
    return product
