"""What the numbers of a message mean for a type: sentinels are no values, an enum's text is its index."""

from collections import Counter
from collections.abc import Callable, Mapping

from iot_maint.domain.catalog import EquipmentType, MetricKind
from iot_maint.domain.telemetry import Telemetry

Interpreted = tuple[Mapping[str, float], Mapping[str, int]]
Interpret = Callable[[Telemetry], Interpreted]
_NOTHING: Mapping[str, int] = {}


def compile_interpretation(equipment_type: EquipmentType | None) -> Interpret:
    """Telemetry → (values by metric, dropped values by reason).  Of an unknown type no text has a meaning."""
    metrics = equipment_type.metrics if equipment_type is not None else {}
    sentinels = {name: frozenset(metric.sentinels) for name, metric in metrics.items() if metric.sentinels}
    members = {
        name: {member: float(index) for index, member in enumerate(metric.members)}
        for name, metric in metrics.items()
        if metric.kind is MetricKind.ENUM
    }

    def interpret(telemetry: Telemetry) -> Interpreted:
        values = telemetry.values
        if not telemetry.texts:
            for metric, codes in sentinels.items():
                if values.get(metric) in codes:
                    break
            else:  # nearly always: as it came, and no copy
                return values, _NOTHING
        dropped: Counter[str] = Counter()
        meant = dict(values)
        for metric, codes in sentinels.items():
            if meant.get(metric) in codes:
                del meant[metric]
                dropped["sentinel"] += 1
        for metric, text in telemetry.texts.items():
            index = members.get(metric, {}).get(text)
            if index is None:
                dropped["text"] += 1
            else:
                meant[metric] = index
        return meant, dropped

    return interpret
