"""Who speaks of a fault: a rule, a detector or a forecast; told by the id that its evidence carries."""

from enum import StrEnum


class Source(StrEnum):
    """`model.…` and `forecast.…` are reserved for detectors and forecasts; any other id is a rule's."""

    RULE = "rule"
    MODEL = "model"
    FORECAST = "forecast"


def source_of(rule: str) -> Source:
    """By the first part of the id."""
    first = rule.partition(".")[0]
    return Source(first) if first in (Source.MODEL.value, Source.FORECAST.value) else Source.RULE
