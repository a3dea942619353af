"""Evidence for readers: the numbers with their names and units, and one sentence that says it all."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Comparison, EquipmentType, Language, Metric, Text
from iot_maint.domain.findings import Evidence, FindingKind, RunningKnowledge
from iot_maint.domain.instants import instant
from iot_maint.domain.json_value import JsonObject
from iot_maint.rules.threshold import clears
from iot_maint.services.anomaly_text import anomaly_document, say_anomaly
from iot_maint.services.quantities import say_instant, say_quantity, say_span
from iot_maint.services.signal_text import say_sensed, say_signal_value, sensed_document
from iot_maint.services.silence_text import say_silence, silence_document
from iot_maint.services.texts import ASSUMED_RUNNING, BASES, NO_LONGER_JUDGED

_BEYOND: Mapping[Comparison, Text] = {
    Comparison.ABOVE: Text(zh="高于限值", en="above the limit of"),
    Comparison.BELOW: Text(zh="低于限值", en="below the limit of"),
}
_BACK: Mapping[Comparison, Text] = {
    Comparison.ABOVE: Text(zh="，已低于恢复限值", en=", back below the clear limit of"),
    Comparison.BELOW: Text(zh="，已高于恢复限值", en=", back above the clear limit of"),
}


def say_basis(basis: str, language: Language) -> str:
    """The standard's number, or whose number it is."""
    text = BASES.get(basis)
    return basis if text is None else text.of(language)


def evidence_document(
    evidence: Evidence,
    equipment_type: EquipmentType | None,
    language: Language,
    zone: ZoneInfo,
    *,
    kind: FindingKind = FindingKind.RAISED,
    at: datetime | None = None,
) -> JsonObject:
    """One piece of evidence; `at` is when it was found (default: its newest reading)."""
    metric = _metric(evidence, equipment_type)
    metrics = equipment_type.metrics if equipment_type is not None else {}
    found_at = at or instant(evidence.readings[-1][0])
    of_a_value = evidence.silence is None  # a silence has no value beyond a limit: its numbers stand in `silence`
    return {
        "kind": kind.value,
        "at": say_instant(found_at, zone),
        "rule": evidence.rule,
        "metric": evidence.metric,
        "metric_label": metric.label.of(language) if metric is not None else evidence.metric,
        "unit": metric.unit if metric is not None else None,
        "limit_unit": _limit_unit(evidence, metric),
        "comparison": evidence.comparison.value if of_a_value else None,
        "limit": evidence.limit if of_a_value else None,
        "clear_limit": evidence.clear_limit if of_a_value else None,
        "dwell_s": evidence.dwell_s,
        "occurrences": evidence.occurrences,
        "severity": evidence.severity.value,
        "basis": evidence.basis,
        "basis_label": say_basis(evidence.basis, language),
        "running": evidence.running.value,
        "readings": [{"at": say_instant(instant(at_ms), zone), "value": value} for at_ms, value in evidence.readings],
        "signal": sensed_document(evidence.signal, language) if evidence.signal is not None else None,
        "silence": silence_document(evidence.silence, zone) if evidence.silence is not None else None,
        "anomaly": anomaly_document(evidence.anomaly, metrics, language) if evidence.anomaly is not None else None,
        "text": say_evidence(evidence, equipment_type, language, kind=kind, zone=zone),
    }


def say_evidence(
    evidence: Evidence,
    equipment_type: EquipmentType | None,
    language: Language,
    *,
    kind: FindingKind = FindingKind.RAISED,
    zone: ZoneInfo | None = None,
) -> str:
    """One sentence: what was measured, for how long or how often, beyond which limit, and whose limit that is."""
    metric = _metric(evidence, equipment_type)
    if evidence.silence is not None:
        return say_silence(evidence, evidence.silence, metric, language, kind=kind, zone=zone)
    if evidence.anomaly is not None:
        metrics = equipment_type.metrics if equipment_type is not None else {}
        return say_anomaly(evidence, evidence.anomaly, metrics, language, kind=kind)

    def quantity(value: float) -> str:
        if evidence.signal is not None:
            return say_signal_value(value, evidence.signal)
        return say_quantity(value, metric, language)

    name = metric.label.of(language) if metric is not None else evidence.metric
    zh = language is Language.ZH_CN
    newest = evidence.readings[-1][1]
    said = f"{name} {quantity(newest)}"
    if evidence.signal is not None:
        said = say_sensed(evidence.signal, name, newest, metric, language)
    elif evidence.comparison is Comparison.IS:
        said = f"{name}：{quantity(newest)}" if zh else f"{name}: {quantity(newest)}"
    if kind is FindingKind.CLEARED:
        return said + _back(evidence, quantity, language)
    basis = say_basis(evidence.basis, language)
    said += _for_how_long(evidence, language) + _beyond(evidence, quantity, language)
    said += f"（{basis}）" if zh else f" ({basis})"
    if evidence.running is RunningKnowledge.ASSUMED:
        said += ("；" if zh else "; ") + ASSUMED_RUNNING.of(language)
    return said


def _for_how_long(evidence: Evidence, language: Language) -> str:
    zh = language is Language.ZH_CN
    if evidence.occurrences > 1:
        return f"，连续 {evidence.occurrences} 次" if zh else f", {evidence.occurrences} times in a row"
    if evidence.dwell_s > 0:
        span = say_span(timedelta(seconds=evidence.dwell_s))
        space = "" if evidence.comparison is Comparison.IS else " "  # before the Chinese that follows a unit
        return f"，连续 {span}{space}" if zh else f", for {span}"
    if evidence.comparison is Comparison.IS:
        return ""
    # A plain value is above its limit; what was said of a signal ends somewhere else.
    return "，" if zh else "," if evidence.signal is not None else ""


def _beyond(evidence: Evidence, quantity: Callable[[float], str], language: Language) -> str:
    if evidence.comparison is Comparison.IS:
        return ""
    limit = f"{_BEYOND[evidence.comparison].of(language)} {quantity(evidence.limit)}"
    return limit if language is Language.ZH_CN else f" {limit}"


def _back(evidence: Evidence, quantity: Callable[[float], str], language: Language) -> str:
    judged = evidence.readings[-1][1] if evidence.signal is None else evidence.signal.value
    if not clears(evidence.comparison, evidence.clear_limit)(judged):
        return ("；" if language is Language.ZH_CN else "; ") + NO_LONGER_JUDGED.of(language)
    if evidence.comparison is Comparison.IS:
        return ""
    return f"{_BACK[evidence.comparison].of(language)} {quantity(evidence.clear_limit)}"


def _limit_unit(evidence: Evidence, metric: Metric | None) -> str | None:
    if evidence.signal is not None:
        return evidence.signal.unit
    return metric.unit if metric is not None and evidence.silence is None else None


def _metric(evidence: Evidence, equipment_type: EquipmentType | None) -> Metric | None:
    return equipment_type.metric_of(evidence.metric) if equipment_type is not None else None
