"""A backtest as a document: what `--json` prints and the API answers.  Members are only ever added."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.findings import Finding
from iot_maint.domain.instants import instant
from iot_maint.domain.json_value import Json, JsonObject
from iot_maint.domain.work_orders import WorkOrder
from iot_maint.services.backtest.result import BacktestResult, SettingResult
from iot_maint.services.backtest.suggesting import Suggestion
from iot_maint.services.backtest.verdicts import Episode, EquipmentFigures, FaultFound, Figures
from iot_maint.services.limit_text import limit_document
from iot_maint.services.order_text import order_text
from iot_maint.services.quantities import say_instant

FORMAT = 1
_DIGITS = 6


class Reader:
    """For whom it is written: texts in a language, times in a zone; at most `kept` of each long list."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        equipment: Mapping[str, Equipment],
        language: Language,
        zone: ZoneInfo,
        kept: int | None = None,
    ) -> None:
        self._catalog = catalog
        self._equipment = equipment
        self._language = language
        self._zone = zone
        self._kept = kept

    def document(self, result: BacktestResult) -> JsonObject:
        """The whole backtest."""
        return {
            "format": FORMAT,
            "rules": list(result.rules),
            "from": self._at(result.start),
            "to": self._at(result.end),
            "settings": [self._setting(one) for one in result.settings],
            "suggestion": None if result.suggestion is None else self._suggestion(result.suggestion),
        }

    def order(self, order: WorkOrder) -> str:
        """What the order would have said."""
        equipment = self._equipment.get(order.equipment)
        return order_text(order, self._catalog, equipment, self._language, self._zone)

    def _setting(self, setting: SettingResult) -> JsonObject:
        return {
            "label": setting.label,
            "figures": figures_document(setting.figures),
            "faults": [self._fault(one) for one in setting.faults],
            "episodes": [self._episode(one) for one in setting.episodes[: self._kept]],
            "episodes_total": len(setting.episodes),
            "orders": [self._order(one) for one in setting.orders[: self._kept]],
            "orders_total": len(setting.orders),
            "findings": [self._finding(one) for one in setting.findings[: self._kept]],
            "findings_total": setting.found,
            "equipment": [self._equipment_figures(one) for one in setting.equipment],
        }

    def _episode(self, episode: Episode) -> JsonObject:
        return {
            "site": episode.site,
            "equipment": episode.key.equipment,
            "fault_mode": episode.key.fault_mode,
            "onset_at": self._at(episode.onset_at),
            "raised_at": self._at(episode.key.raised_at),
            "cleared_at": self._maybe_at(episode.cleared_at),
            "severity": episode.severity.value,
            "rules": list(episode.rules),
            "false": episode.is_false,
            "undecided": episode.undecided,
        }

    def _fault(self, found: FaultFound) -> JsonObject:
        fault, by = found.fault, found.by
        return {
            "equipment": fault.equipment,
            "fault_mode": fault.fault_mode or None,
            "onset": self._at(fault.onset),
            "failure": self._at(fault.failure),
            "source": fault.source,
            "found_at": None if by is None else self._at(by.key.raised_at),
            "rules": [] if by is None else list(by.rules),
            "lead_s": _seconds(found.lead),
        }

    def _order(self, order: WorkOrder) -> JsonObject:
        return {
            "number": order.number,
            "site": order.site,
            "equipment": order.equipment,
            "fault_mode": order.fault_mode,
            "severity": order.severity.value,
            "urgency": order.urgency,
            "onset_at": self._at(order.onset_at),
            "raised_at": self._at(order.raised_at),
            "text": self.order(order),
        }

    def _finding(self, finding: Finding) -> JsonObject:
        evidence = finding.evidence
        return {
            "kind": finding.kind.value,
            "equipment": finding.equipment,
            "fault_mode": finding.fault_mode,
            "rule": finding.rule,
            "severity": finding.severity.value,
            "onset_at": self._at(finding.onset_at),
            "at": self._at(finding.at),
            "metric": evidence.metric,
            "limit": evidence.limit,
            "clear_limit": evidence.clear_limit,
            "dwell_s": evidence.dwell_s,
            "value": evidence.readings[-1][1] if evidence.readings else None,
        }

    def _equipment_figures(self, one: EquipmentFigures) -> JsonObject:
        coverage = one.coverage
        return {
            "site": coverage.site,
            "equipment": coverage.equipment,
            "messages": coverage.messages,
            "first_at": self._at(instant(coverage.first_ms)),
            "last_at": self._at(instant(coverage.last_ms)),
            "device_months": round(coverage.months, _DIGITS),
            "alarms": one.alarms,
            "false_alarms": one.false_alarms,
            "undecided": one.undecided,
            "share_in_alarm": round(one.share_in_alarm, _DIGITS),
        }

    def _suggestion(self, suggestion: Suggestion) -> JsonObject:
        return {
            "rule": suggestion.rule,
            "wish": suggestion.wish,
            "limit": limit_document(suggestion.limit),
            "shift": suggestion.shift,
            "false_alarms": suggestion.false_alarms,
            "device_months": round(suggestion.device_months, _DIGITS),
            "false_per_device_month_at_most": _rounded(suggestion.at_most),
            "shown": suggestion.shown,
            "device_months_needed": round(suggestion.months_needed, _DIGITS),
        }

    def _at(self, at: datetime) -> str:
        return say_instant(at, self._zone)

    def _maybe_at(self, at: datetime | None) -> Json:
        return None if at is None else self._at(at)


def figures_document(figures: Figures) -> JsonObject:
    """The sums of one setting."""
    return {
        "alarms": figures.alarms,
        "false_alarms": figures.false_alarms,
        "undecided": figures.undecided,
        "device_months": round(figures.device_months, _DIGITS),
        "false_per_device_month": _rounded(figures.false_per_month),
        "false_per_device_month_at_most": _rounded(figures.false_per_month_at_most),
        "share_in_alarm": round(figures.share_in_alarm, _DIGITS),
        "faults": figures.faults,
        "faults_found": figures.found,
        "median_lead_s": _seconds(figures.median_lead),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
