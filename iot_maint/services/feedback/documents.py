"""Counted feedback in the reader's language, as documents and as rows of a table."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.sources import Source, source_of
from iot_maint.domain.verdicts import Verdict
from iot_maint.rules.precision import Tally, quantile
from iot_maint.services.feedback.precision import By, PrecisionRow
from iot_maint.services.quantities import say_instant
from iot_maint.services.tables import Cell
from iot_maint.services.texts import SEVERITIES, SOURCES

_DIGITS = 4  # of shares
PRECISION_COLUMNS = (
    "key",
    "label",
    "source",
    "from",
    "to",
    "closed",
    "judged",
    "unjudged",
    "confirmed",
    "false",
    "wrong_mode",
    *(verdict.value for verdict in Verdict),
    "precision",
    "precision_low",
    "precision_high",
    "coverage",
    "lead_orders",
    "lead_failures",
    "lead_q1_s",
    "lead_median_s",
    "lead_q3_s",
)


def precision_document(row: PrecisionRow, by: By, catalog: Catalog, language: Language, zone: ZoneInfo) -> JsonObject:
    """One key in one period."""
    return {
        "key": row.key,
        "label": key_label(row.key, by, catalog, language),
        "source": source_of(row.key).value if by is By.RULE else None,
        "from": say_instant(row.start, zone),
        "to": say_instant(row.end, zone),
        **tally_document(row.tally),
    }


def tally_document(counted: Tally) -> JsonObject:
    """The counts and what follows from them; shares are null where nothing was judged."""
    low, high = counted.interval or (None, None)
    return {
        "closed": counted.closed,
        "judged": counted.judged,
        "unjudged": counted.closed - counted.judged,
        "confirmed": counted.confirmed,
        "false": counted.false,
        "wrong_mode": counted.wrong_mode,
        "verdicts": {verdict.value: number for verdict, number in counted.verdicts.items()},
        "precision": _share(counted.precision),
        "precision_low": _share(low),
        "precision_high": _share(high),
        "coverage": _share(counted.coverage),
        "lead_time": _lead_time_document(counted),
    }


def precision_cells(row: PrecisionRow, by: By, catalog: Catalog, language: Language, zone: ZoneInfo) -> Sequence[Cell]:
    """The cells of `PRECISION_COLUMNS`."""
    document = precision_document(row, by, catalog, language, zone)
    lead = _lead_time_document(row.tally) or {}
    scalars = {
        **document,
        **{verdict.value: number for verdict, number in row.tally.verdicts.items()},
        "lead_orders": len(row.tally.lead_times_s),
        "lead_failures": row.tally.failures,
        **{f"lead_{name}": lead.get(name) for name in ("q1_s", "median_s", "q3_s")},
    }
    return [cell if isinstance(cell, str | int | float) else None for cell in map(scalars.get, PRECISION_COLUMNS)]


def key_label(key: str, by: By, catalog: Catalog, language: Language) -> str:
    """What the catalog calls it; the key where it has no name, or the catalog does not know it any more."""
    if by is By.RULE:
        return rule_label(key, catalog, language)
    if by is By.SOURCE:
        return SOURCES[Source(key)].of(language)
    if by is By.TYPE and key in catalog.types:
        return catalog.types[key].label.of(language)
    if by is By.FAULT_MODE:
        modes = (one.fault_modes[key] for one in catalog.types.values() if key in one.fault_modes)
        return next((mode.label.of(language) for mode in modes), key)
    return key


def rule_label(rule: str, catalog: Catalog, language: Language) -> str:
    """Its metric and severity."""
    type_name, _, key = rule.partition(".")
    equipment_type = catalog.types.get(type_name)
    declared = equipment_type.rules.get(key) if equipment_type is not None else None
    if equipment_type is None or declared is None:
        return rule
    metric = equipment_type.metrics[declared.metric].label.of(language)
    severity = SEVERITIES[declared.severity].of(language)
    return f"{metric}（{severity}）" if language is Language.ZH_CN else f"{metric} ({severity})"


def _lead_time_document(counted: Tally) -> JsonObject | None:
    times = counted.lead_times_s
    if not times:
        return None
    return {
        "orders": len(times),
        "failures": counted.failures,
        "q1_s": round(quantile(times, 0.25), 1),
        "median_s": round(quantile(times, 0.5), 1),
        "q3_s": round(quantile(times, 0.75), 1),
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
