"""The newest figures of one piece of equipment, from `data_quality`, for readers."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import EquipmentType, Language, Metric, Text
from iot_maint.domain.equipment import Equipment, Monitored
from iot_maint.domain.instants import instant
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.queries import SeriesSample
from iot_maint.rules.applicability import interval_of
from iot_maint.services.quality.report import COMPLETE, SKEWED_S
from iot_maint.services.quantities import say_instant

FLAWS: Mapping[str, Text] = {
    "silent": Text(zh="无数据", en="silent"),
    "incomplete": Text(zh="数据不完整", en="incomplete"),
    "frozen": Text(zh="数值冻结", en="frozen"),
    "out_of_range": Text(zh="超出物理范围", en="outside the physical range"),
    "jumps": Text(zh="不可能的跳变", en="impossible jumps"),
    "skewed": Text(zh="时钟偏差", en="clock skew"),
}


def quality_document(
    equipment: Equipment,
    equipment_type: EquipmentType | None,
    newest: Mapping[str, SeriesSample],
    language: Language,
    zone: ZoneInfo,
) -> JsonObject:
    """All of the newest report; `at` is None before there was one."""
    at_ms = max((sample.at_ms for sample in newest.values()), default=None)
    # What an earlier report said and the newest does not is fine by now.
    now = {name: sample.value for name, sample in newest.items() if sample.at_ms == at_ms}
    declared = equipment_type.metrics if equipment_type is not None else {}
    reported = sorted({name.rpartition(".")[0] for name in now if "." in name} & declared.keys())
    skew_s = now.get("skew_s")
    return {
        "equipment": equipment.code,
        "at": say_instant(instant(at_ms), zone) if at_ms is not None else None,
        "completeness": now.get("completeness"),
        "lag_p95_s": now.get("lag_p95_s"),
        "clock_skew_s": skew_s,
        "refused_ahead": int(now.get("ahead", 0)),
        "flaws": _flaws(["skewed"] if skew_s is not None and abs(skew_s) > SKEWED_S else [], language),
        "metrics": [_metric(name, equipment, declared, now, language) for name in reported],
    }


def _metric(
    name: str,
    equipment: Equipment,
    declared: Mapping[str, Metric],
    now: Mapping[str, float],
    language: Language,
) -> JsonObject:
    metric = declared[name]
    interval = interval_of(metric, Monitored(equipment=equipment))
    completeness = now.get(f"{name}.completeness")
    figures = {figure: now.get(f"{name}.{figure}", 0.0) for figure in ("out_of_range", "jumps", "frozen_s", "silent")}
    flaws = [
        flaw
        for flaw, flawed in (
            ("silent", figures["silent"] > 0),
            ("incomplete", completeness is not None and completeness < COMPLETE),
            ("frozen", figures["frozen_s"] > 0),
            ("out_of_range", figures["out_of_range"] > 0),
            ("jumps", figures["jumps"] > 0),
        )
        if flawed
    ]
    return {
        "metric": name,
        "label": metric.label.of(language),
        "unit": metric.unit,
        "interval_s": interval.total_seconds() if interval is not None else None,
        "completeness": completeness,
        "out_of_range": int(figures["out_of_range"]),
        "jumps": int(figures["jumps"]),
        "frozen_s": figures["frozen_s"] or None,
        "silent": figures["silent"] > 0,
        "flaws": _flaws(flaws, language),
    }


def _flaws(flaws: list[str], language: Language) -> list[JsonObject]:
    return [{"flaw": flaw, "label": FLAWS[flaw].of(language)} for flaw in flaws]
