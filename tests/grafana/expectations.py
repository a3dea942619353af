"""What each panel must show, worked out in Python from what was sent, without InfluxDB.

The shape of a panel's query, or its title, says which reckoning is its own; a panel without one is an error.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import pytest

from tests.grafana.asking import Answer, Cell
from tests.grafana.boards import Question
from tests.grafana.filling_in import TimeRange
from tests.grafana.orders_expected import ORDER_PANELS
from tests.grafana.quality_expected import QUALITY_PANELS
from tests.grafana.story import STRANGER, Story

_TREND = re.compile(
    r'SELECT (\w+)\("(\w+)"\) FROM "(\w+)" WHERE .* GROUP BY time\(\$__interval\), "equipment" fill\(\w+\)'
)
_ONE_VALUE = re.compile(r'SELECT (last|spread)\("(\w+)"\) FROM "(\w+)" WHERE .* GROUP BY "equipment"')
_FLEET = re.compile(r'SELECT (?:last\("(\w+)"\) AS "\1"(?:, )?)+ FROM "(\w+)" WHERE .* GROUP BY "site", "equipment"')
_FUNCTIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "mean": fmean,
    "last": lambda values: values[-1],
    "max": max,
    "min": min,
    "spread": lambda values: max(values) - min(values),
}
# Values of one series by their instants, in time order.
Series = dict[int, float]


class NoExpectation(Exception):
    """Nobody worked out what this panel must show."""


def expect(question: Question, answer: Answer, story: Story) -> None:
    """AssertionError when the panel would show something else than what was sent."""
    if question.place.startswith("异常评分"):
        _expect_scores(question, answer, story)
    elif match := _TREND.fullmatch(question.query):
        _expect_trend(match, answer, story)
    elif match := _FLEET.fullmatch(question.query):
        _expect_fleet(match[2], answer, story)
    elif match := _ONE_VALUE.fullmatch(question.query):
        _expect_one_value(match, answer, story)
    elif question.place.endswith("：最近一次上报"):
        _expect_newest(question, answer, story)
    elif question.place.endswith("：各站点最近上报"):
        _expect_newest_of_sites(question, answer, story)
    elif question.place.endswith(("上报设备", "近 15 分钟上报")):
        names = _sent(story, _type_of(question, story), None, answer.time_range)
        assert [row["count"] for row in answer.rows] == [len(names)]
    elif question.place.startswith("上报数据量"):
        _expect_amount(question, answer, story)
    elif reckoning := ORDER_PANELS.get(question.place):
        reckoning(question, answer, story)
    elif quality := QUALITY_PANELS.get(question.place):
        quality(answer, story)
    else:
        raise NoExpectation(str(question))


def _expect_trend(match: re.Match[str], answer: Answer, story: Story) -> None:
    function, metric, measurement = _FUNCTIONS[match[1]], match[2], match[3]
    shown = {(row["equipment"], row["time"]): row[match[1]] for row in answer.rows}
    compared = 0
    for equipment, series in _sent(story, measurement, metric, answer.time_range).items():
        buckets: dict[int, list[float]] = defaultdict(list)
        for at_ms, value in series.items():
            buckets[at_ms - at_ms % answer.interval].append(value)
        for start, values in buckets.items():
            assert shown[equipment, start] == pytest.approx(function(values)), (equipment, start)
            compared += 1
    assert compared


def _expect_scores(question: Question, answer: Answer, story: Story) -> None:
    """Of the type's equipment alone: the highest score of each interval, or the newest one with what drove it."""
    points = [point for point in story.telemetry if point.measurement == "anomaly"]
    own = _sent(story, _type_of(question, story), None, answer.time_range)
    points = [point for point in sorted(points, key=lambda one: one.at_ms) if point.tags["equipment"] in own]
    assert points
    if question.place.endswith("最近一次"):
        newest = {point.tags["equipment"]: point.fields for point in points}
        assert {row["equipment"]: (row["score"], row["top_metric"]) for row in answer.rows} == {
            equipment: (fields["score"], fields["top_metric"]) for equipment, fields in newest.items()
        }
        return
    highest: dict[tuple[Cell, Cell], float] = defaultdict(float)
    for point in points:
        key = point.tags["equipment"], point.at_ms - point.at_ms % answer.interval
        highest[key] = max(highest[key], float(point.fields["score"]))
    shown = {(row["equipment"], row["time"]): row["max"] for row in answer.rows if row["max"] is not None}
    assert shown == pytest.approx(dict(highest))


def _expect_one_value(match: re.Match[str], answer: Answer, story: Story) -> None:
    function, metric, measurement = _FUNCTIONS[match[1]], match[2], match[3]
    shown = {row["equipment"]: row[match[1]] for row in answer.rows}
    sent = _sent(story, measurement, metric, answer.time_range)
    assert shown == pytest.approx({equipment: function(list(series.values())) for equipment, series in sent.items()})


def _expect_fleet(measurement: str, answer: Answer, story: Story) -> None:
    shown = {row["equipment"]: row for row in answer.rows}
    for metric in answer.columns - {"time"}:
        sent = _sent(story, measurement, metric, answer.time_range)
        assert {equipment for equipment, row in shown.items() if row[metric] is not None} == set(sent)
        for equipment, series in sent.items():
            assert shown[equipment][metric] == list(series.values())[-1], (equipment, metric)


def _expect_newest(question: Question, answer: Answer, story: Story) -> None:
    shown: dict[Cell, Cell] = {row["equipment"]: row["time"] for row in answer.rows}
    if question.place.startswith("未登记设备"):
        assert set(shown) == {STRANGER}
        return
    sent = _sent(story, _type_of(question, story), None, answer.time_range)
    assert shown == {equipment: max(series) for equipment, series in sent.items()}


def _expect_newest_of_sites(question: Question, answer: Answer, story: Story) -> None:
    span, measurement = answer.time_range, _type_of(question, story)
    newest: dict[str, int] = defaultdict(int)
    for point in story.telemetry:
        if point.measurement == measurement and span.start_ms <= point.at_ms <= span.end_ms:
            newest[point.tags["site"]] = max(newest[point.tags["site"]], point.at_ms)
    assert {row["site"]: row["time"] for row in answer.rows} == newest


def _expect_amount(question: Question, answer: Answer, story: Story) -> None:
    # The queries stand in the catalog's order, lettered from A.
    letter = question.place.removeprefix("上报数据量").strip(" ()") or "A"
    measurement = list(story.catalog.types)[ord(letter) - ord("A")]
    metrics = story.catalog.types[measurement].metrics
    # Delivered twice is stored once.
    amount = sum(
        len(series) for metric in metrics for series in _sent(story, measurement, metric, answer.time_range).values()
    )
    assert sum(value for row in answer.rows if isinstance(value := row["sum"], int | float)) == amount


def _sent(story: Story, measurement: str, metric: str | None, span: TimeRange) -> dict[str, Series]:
    """By equipment; without a metric, the last of whichever at each instant."""
    found: dict[str, Series] = defaultdict(dict)
    for point in sorted(story.telemetry, key=lambda point: point.at_ms):
        if point.measurement == measurement and span.start_ms <= point.at_ms <= span.end_ms:
            for field, value in point.fields.items():
                if metric in (None, field) and isinstance(value, float):
                    found[point.tags["equipment"]][point.at_ms] = value
    return dict(found)


def _type_of(question: Question, story: Story) -> str:
    """A type's board is one type's; on the overview the title begins with the type's name."""
    for name, type_ in story.catalog.types.items():
        if question.board.endswith(name.replace("_", "-")) or question.place.startswith(f"{type_.label.zh}："):
            return name
    raise NoExpectation(str(question))
