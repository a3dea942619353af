"""Anomalies for readers: which metrics drove it, how much, in which direction, and how rare that is."""

from collections.abc import Mapping

from iot_maint.domain.catalog import Language, Metric
from iot_maint.domain.findings import Anomaly, Evidence, FindingKind
from iot_maint.domain.json_value import JsonObject
from iot_maint.services.quantities import say_number, say_quantity


def anomaly_document(anomaly: Anomaly, metrics: Mapping[str, Metric], language: Language) -> JsonObject:
    """What a detector said, by number."""
    return {
        "model": anomaly.model,
        "detector": anomaly.detector,
        "score": anomaly.score,
        "confidence": anomaly.confidence,
        "contributions": [
            {
                "metric": one.metric,
                "metric_label": metrics[one.metric].label.of(language) if one.metric in metrics else one.metric,
                "share": one.share,
                "direction": one.direction,
                "value": one.value,
            }
            for one in anomaly.contributions
        ],
    }


def say_anomaly(
    evidence: Evidence, anomaly: Anomaly, metrics: Mapping[str, Metric], language: Language, *, kind: FindingKind
) -> str:
    """One sentence: the culprits and their directions, the score against its limit, and the detector's name."""
    zh = language is Language.ZH_CN
    score, limit = say_number(round(anomaly.score, 2)), say_number(evidence.limit)
    if kind is FindingKind.CLEARED:
        back = say_number(evidence.clear_limit)
        if zh:
            return f"异常评分 {score}，已低于恢复限值 {back}"
        return f"anomaly score {score}, back below the clear limit of {back}"
    culprits = ("，" if zh else ", ").join(_say_culprit(anomaly, index, metrics, language) for index in _named(anomaly))
    rarity = _say_rarity(anomaly.score, zh=zh)
    if zh:
        return f"{culprits}；异常评分 {score}，高于限值 {limit}（{rarity}，检测器 {anomaly.detector}）"
    return f"{culprits}; anomaly score {score}, above the limit of {limit} ({rarity}, detector {anomaly.detector})"


def _named(anomaly: Anomaly) -> range:
    """Those that matter: the first, and others with a fifth of the score or more."""
    return range(max(1, sum(one.share >= 0.2 for one in anomaly.contributions)) if anomaly.contributions else 0)


def _say_culprit(anomaly: Anomaly, index: int, metrics: Mapping[str, Metric], language: Language) -> str:
    one, zh = anomaly.contributions[index], language is Language.ZH_CN
    metric = metrics.get(one.metric)
    name = metric.label.of(language) if metric is not None else one.metric
    value = "" if one.value is None else " " + say_quantity(one.value, metric, language)
    side = _side(one.direction, zh=zh)
    share = f"{round(one.share * 100)} %"
    return f"{name}{value} {side}（占 {share}）" if zh else f"{name}{value} {side} ({share} of it)"


def _side(direction: int, *, zh: bool) -> str:
    if direction > 0:
        return "偏高" if zh else "too high"
    return "偏低" if zh else "too low"


def _say_rarity(score: float, *, zh: bool) -> str:
    """A score is −log10 of the share of healthy time above it."""
    times = round(10 ** min(score, 6))
    return f"健康时约 {times:,} 次中 1 次" if zh else f"1 in {times:,} when healthy"
