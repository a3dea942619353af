"""Counted feedback in the reader's language, as documents and as rows of a table."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.feedback import Advice, ReviewPolicy
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.sources import Source, source_of
from iot_maint.domain.verdicts import Verdict
from iot_maint.rules.limit_suggestion import Suggestion
from iot_maint.rules.precision import Tally, quantile
from iot_maint.services.feedback.precision import By, PrecisionRow
from iot_maint.services.feedback.reviews import LimitAdvice, Review
from iot_maint.services.limit_text import write_limit
from iot_maint.services.quantities import say_instant, say_number
from iot_maint.services.tables import Cell
from iot_maint.services.texts import ADVICE, REVIEW, SEVERITIES, SOURCES

_DIGITS = 4  # of shares
_SUGGESTED = (Advice.SUGGESTED, Advice.SUGGESTED_BLINDLY)
_MOST_EQUIPMENT = 20  # named in a review: those with the most false orders
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


def review_document(
    review: Review, policy: ReviewPolicy, catalog: Catalog, language: Language, zone: ZoneInfo
) -> JsonObject:
    """Why a source asks for review, since when, by which numbers and on which equipment, and what may be done."""
    counted = review.tally
    return {
        "rule": review.rule,
        "label": rule_label(review.rule, catalog, language),
        "source": source_of(review.rule).value,
        "since": say_instant(review.since, zone),
        "from": say_instant(review.start, zone),
        "to": say_instant(review.end, zone),
        "text": REVIEW.of(language).format(
            days=say_number(policy.window / timedelta(days=1)),
            judged=counted.judged,
            confirmed=counted.confirmed,
            precision=_percent(counted.precision or 0.0),
            below=_percent(policy.below),
        ),
        **tally_document(counted),
        "equipment": [
            {"code": code, "confirmed": one.confirmed, "false": one.false}
            for code, one in sorted(review.by_equipment.items(), key=lambda item: (-item[1].false, item[0]))
        ][:_MOST_EQUIPMENT],
        "advice": review.advice.advice.value,
        "advice_text": _say_advice(review, language),
        "suggestion": _suggestion_document(review.advice),
    }


def _suggestion_document(advice: LimitAdvice) -> JsonObject | None:
    limit, found = advice.limit, advice.found
    if advice.advice not in _SUGGESTED or limit is None or not isinstance(found, Suggestion):
        return None
    return {
        "limit": limit.value
        if limit.parameter is None
        else {"parameter": limit.parameter, "times": limit.times, "plus": limit.plus},
        "avoided": found.avoided,
        "remaining": found.remaining,
        "kept": found.kept,
    }


def _say_advice(review: Review, language: Language) -> str:
    advice, found = review.advice, review.advice.found
    said: dict[str, str | int] = {"reason": advice.reason, "false": review.tally.false}
    if advice.limit is not None:
        said["limit"] = write_limit(advice.limit)
    if isinstance(found, Suggestion):
        said |= {"avoided": found.avoided, "kept": found.kept}
    elif found is not None:
        said |= {"lost": found.lost, "real": found.real}
    return ADVICE[advice.advice].of(language).format(**said)


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


def _percent(share: float) -> str:
    return f"{say_number(round(share * 100, 1))} %"


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
