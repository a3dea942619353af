"""Who is compared on one and the same rows: our kinds, the trivial ones, and the outside detectors.

Each learns from healthy rows alone and says of the rest, row by row, whether it is in alarm.
"""

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import PeerMissing
from iot_maint.domain.columns import Floats
from iot_maint.models.alarming import DEFAULT_LIMIT, Limit, alarms
from iot_maint.models.detector import Recipe, Rows
from iot_maint.models.kinds import DEFAULT, KINDS
from iot_maint.services.detection import usual_bin_s

Alarms = NDArray[np.bool_]
Subject = Callable[[Rows, Rows], Alarms]

# The fault of nearly every SKAB file begins near row 570 and lasts 400: 170 rows behind the 400 of training.
CLOCK = slice(170, 570)
RIVER_QUANTILE = 0.95  # of its own training scores, as its QuantileFilter


def ours(kind: str, limit: Limit) -> Subject:
    """One of our kinds at a limit; what it remembers of the healthy rows it takes along."""

    def judge(healthy: Rows, rest: Rows) -> Alarms:
        return alarms(score_rest(kind, healthy, rest), limit)

    return judge


def score_rest(kind: str, healthy: Rows, rest: Rows) -> Floats:
    """The scores of the rest, causal."""
    recipe = Recipe(metrics=healthy.metrics, bin_s=usual_bin_s(healthy.at_ms))
    detector = KINDS[kind].fit(healthy, recipe)
    _, memory = detector.score(healthy, None)
    scores, _ = detector.score(rest, memory)
    return scores.score


def always(healthy: Rows, rest: Rows) -> Alarms:
    del healthy
    return np.ones(len(rest), dtype=bool)


def by_the_clock(healthy: Rows, rest: Rows) -> Alarms:
    """Looks at no sensor."""
    del healthy
    alarm = np.zeros(len(rest), dtype=bool)
    alarm[CLOCK] = True
    return alarm


def three_sigma(healthy: Rows, rest: Rows) -> Alarms:
    middle, spread = healthy.values.mean(axis=0), healthy.values.std(axis=0)
    outside: Alarms = (np.abs(rest.values - middle) > 3.0 * spread).any(axis=1)
    return outside


def scikit_forest(healthy: Rows, rest: Rows) -> Alarms:
    """scikit-learn's IsolationForest as it comes, on the raw rows."""
    ensemble = importlib.import_module("sklearn.ensemble")
    forest = ensemble.IsolationForest(random_state=0).fit(healthy.values)
    alarm: Alarms = forest.predict(rest.values) < 0
    return alarm


def pyod(module: str, name: str) -> Subject:
    """A PyOD detector with its own defaults, on standardised rows."""

    def judge(healthy: Rows, rest: Rows) -> Alarms:
        kind = getattr(_module(f"pyod.models.{module}", "pyod"), name)
        learnt, seen = _standard(healthy.values, rest.values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            alarm: Alarms = np.asarray(kind().fit(learnt).predict(seen)) > 0
        return alarm

    return judge


def river(name: str) -> Subject:
    """A river detector with its own defaults, that learns row by row; on rows brought into 0–1, as it asks for."""

    def judge(healthy: Rows, rest: Rows) -> Alarms:
        anomaly = _module("river.anomaly", "river")
        chance = {"seed": 0} if name == "HalfSpaceTrees" else {}
        detector = getattr(anomaly, name)(**chance)
        lowest, highest = healthy.values.min(axis=0), healthy.values.max(axis=0)
        span = np.maximum(highest - lowest, 1e-9)
        own = []
        for row in np.clip((healthy.values - lowest) / span, 0.0, 1.0):
            document = dict(zip(healthy.metrics, row.tolist(), strict=True))
            own.append(detector.score_one(document))
            detector.learn_one(document)
        limit = float(np.quantile(own[len(own) // 2 :], RIVER_QUANTILE))
        seen = np.clip((rest.values - lowest) / span, 0.0, 1.0).tolist()
        scores = [detector.score_one(dict(zip(rest.metrics, row, strict=True))) for row in seen]
        return np.array([score > limit for score in scores], dtype=bool)

    return judge


def _standard(learnt: Floats, seen: Floats) -> tuple[Floats, Floats]:
    middle, spread = learnt.mean(axis=0), np.maximum(learnt.std(axis=0), 1e-9)
    return (learnt - middle) / spread, (seen - middle) / spread


def _module(name: str, package: str) -> object:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise PeerMissing(f"{package} is missing: run `python -m benchmarks.peers`") from None


OURS: Mapping[str, Subject] = {
    f"iot-maint {kind}{', default' if kind == DEFAULT else ''}": ours(kind, Limit.at(DEFAULT_LIMIT)) for kind in KINDS
}
# The kind that follows slow changes on purpose, at the limit that the clock-neutral figures are reported for.
FOLLOWING, FOLLOWING_LIMIT = "surge", 3.0
FOLLOWER = f"iot-maint {FOLLOWING} at {FOLLOWING_LIMIT:g}"
STRICTER: Mapping[str, Subject] = {
    f"iot-maint {kind} at {limit:g}": ours(kind, Limit.at(limit))
    for kind, limit in ((DEFAULT, 3.0), (DEFAULT, 5.0), (FOLLOWING, FOLLOWING_LIMIT), (FOLLOWING, 4.0))
}
TRIVIAL: Mapping[str, Subject] = {
    "always in alarm": always,
    "a clock": by_the_clock,
    "fixed 3 sigma": three_sigma,
    "scikit-learn IsolationForest": scikit_forest,
}
OUTSIDE: Mapping[str, Sequence[tuple[str, Subject]]] = {
    "PyOD": [
        (name, pyod(module, name))
        for module, name in (
            ("ecod", "ECOD"),
            ("copod", "COPOD"),
            ("hbos", "HBOS"),
            ("knn", "KNN"),
            ("lof", "LOF"),
            ("pca", "PCA"),
            ("ocsvm", "OCSVM"),
            ("iforest", "IForest"),
        )
    ],
    "river": [(name, river(name)) for name in ("HalfSpaceTrees", "OneClassSVM", "LocalOutlierFactor")],
}
