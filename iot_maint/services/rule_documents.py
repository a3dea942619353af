"""Rules in the reader's language: as the catalog declares them, and as they stand for one piece of equipment."""

from iot_maint.domain.catalog import EquipmentType, Language, ThresholdRule
from iot_maint.domain.json_value import JsonObject
from iot_maint.rules.applicability import ActiveRule, RuleReport, RuleStanding
from iot_maint.services.evidence import say_basis
from iot_maint.services.limit_text import limit_document
from iot_maint.services.signal_text import signal_document
from iot_maint.services.texts import SEVERITIES, STANDINGS


def declared_rule_document(rule: ThresholdRule, equipment_type: EquipmentType, language: Language) -> JsonObject:
    """A rule as declared.  The unit is that of what its limit stands over: the metric's, or the signal's."""
    metric = equipment_type.metric_of(rule.metric)
    mode = equipment_type.fault_modes.get(rule.fault_mode)
    judged = rule.judged(metric) if metric is not None else None
    return {
        "id": rule.id,
        "type": equipment_type.name,
        "key": rule.key,
        "metric": rule.metric,
        "metric_label": metric.label.of(language) if metric is not None else rule.metric,
        "unit": judged.unit if judged is not None else None,
        "signal": signal_document(rule.signal, language),
        "severity": rule.severity.value,
        "severity_label": SEVERITIES[rule.severity].of(language),
        "fault_mode": rule.fault_mode,
        "fault_mode_label": mode.label.of(language) if mode is not None else rule.fault_mode,
        "kinds": sorted(rule.kinds),
        "equipment": sorted(rule.equipment),
        "basis": str(rule.basis),
        "basis_label": say_basis(str(rule.basis), language),
        "state": "running",
        "comparison": rule.comparison.value,
        "limit": limit_document(rule.limit),
        "clear_limit": limit_document(rule.clear_limit),
        "dwell_s": rule.for_duration.total_seconds(),
        "occurrences": rule.occurrences,
        "gated": rule.gated,
        "shadow": rule.shadow,
        "during": [
            {
                "schedule": one.schedule,
                "limit": limit_document(one.limit),
                "clear_limit": limit_document(one.clear_limit),
            }
            for one in rule.during
        ],
        "only": list(rule.only),
        "never": list(rule.never),
    }


def rule_document(report: RuleReport, equipment_type: EquipmentType, language: Language) -> JsonObject:
    """A rule as it stands for one piece of equipment: the declaration, and what became of it there."""
    key = report.rule.removeprefix(f"{equipment_type.name}.")
    rule = equipment_type.rules[key]
    return {
        **declared_rule_document(rule, equipment_type, language),
        "standing": report.standing.value,
        "standing_label": say_standing(report, equipment_type, language),
        "detail": report.detail,
        "active": _active_document(report.active),
    }


def say_standing(report: RuleReport, equipment_type: EquipmentType, language: Language) -> str:
    """Whether the rule runs there, and if not, what it lacks, by the catalog's name for it."""
    detail = report.detail
    if report.standing is RuleStanding.MISSING_PARAMETER and detail in equipment_type.parameters:
        detail = f"{detail}（{equipment_type.parameters[detail].label.of(language)}）"
    elif report.standing is RuleStanding.OTHER_KIND:
        kinds = equipment_type.kinds
        detail = ", ".join(kinds[k].of(language) if k in kinds else k for k in report.detail.split(", "))
    return STANDINGS[report.standing].of(language).format(detail=detail)


def _active_document(active: ActiveRule | None) -> JsonObject | None:
    if active is None:
        return None
    return {
        "limit": active.limit,
        "clear_limit": active.clear_limit,
        "dwell_s": active.dwell_ms / 1000,
        "occurrences": active.occurrences,
        "shadow": active.shadow,
        "max_gap_s": active.max_gap_ms / 1000 if active.max_gap_ms is not None else None,
    }
