"""Samples of the telemetry store as series for readers."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import EquipmentType, Language
from iot_maint.domain.instants import instant
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.queries import SeriesSample
from iot_maint.services.quantities import say_instant


def series_document(
    metric: str,
    samples: Sequence[SeriesSample],
    equipment_type: EquipmentType | None,
    language: Language,
    zone: ZoneInfo,
    *,
    limit: int,
) -> JsonObject:
    """The metric's samples among all; as many as the limit may mean that there are more."""
    own = [sample for sample in samples if sample.metric == metric]
    declared = equipment_type.metrics.get(metric) if equipment_type is not None else None
    return {
        "metric": metric,
        "label": declared.label.of(language) if declared is not None else metric,
        "unit": declared.unit if declared is not None else None,
        "points": [{"at": say_instant(instant(sample.at_ms), zone), "value": sample.value} for sample in own],
        "complete": len(own) < limit,
    }


def last_document(
    sample: SeriesSample, equipment_type: EquipmentType | None, language: Language, zone: ZoneInfo
) -> JsonObject:
    """The newest sample of a metric as a series of one point."""
    return series_document(sample.metric, [sample], equipment_type, language, zone, limit=2)
