"""What the panels of the data-quality board must show, worked out from the counters that the workers reported."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from statistics import fmean

import pytest

from tests.grafana.asking import Answer
from tests.grafana.story import Story

Reckoning = Callable[[Answer, Story], None]
# (instant, value) in time order, by worker.
Reports = Mapping[str, list[tuple[int, float]]]
# By worker and start of the interval.
Shown = dict[tuple[str, int], float]


def _reports(story: Story, answer: Answer, field: str) -> Reports:
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for point in sorted(story.service, key=lambda point: point.at_ms):
        value = point.fields.get(field)
        if isinstance(value, float) and answer.time_range.start_ms <= point.at_ms <= answer.time_range.end_ms:
            found[point.tags["worker"]].append((point.at_ms, value))
    return found


def _by_interval(reports: Iterable[tuple[int, float]], interval: int) -> dict[int, list[float]]:
    buckets: dict[int, list[float]] = defaultdict(list)
    for at_ms, value in reports:
        buckets[at_ms - at_ms % interval].append(value)
    return buckets


def _steps(reports: Iterable[tuple[int, float]], interval: int) -> dict[int, tuple[float, int]]:
    """(growth, ms since the interval before it) by interval; none where a process began anew."""
    newest = {start: values[-1] for start, values in _by_interval(reports, interval).items()}
    return {
        start: (value - before, start - started)
        for (started, before), (start, value) in pairwise(newest.items())
        if value >= before
    }


def _read(answer: Answer, column: str) -> Shown:
    return {
        (str(row["worker"]), int(at)): float(value)
        for row in answer.rows
        if isinstance(value := row[column], int | float) and isinstance(at := row["time"], int | float)
    }


def _gauge(field: str, column: str, choose: Callable[[list[float]], float]) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        expected = {
            (worker, start): choose(values)
            for worker, reports in _reports(story, answer, field).items()
            for start, values in _by_interval(reports, answer.interval).items()
        }
        assert _read(answer, column) == pytest.approx(expected)

    return expect


def _newest(field: str) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        shown = {row["worker"]: row["last"] for row in answer.rows}
        assert shown == {worker: reports[-1][1] for worker, reports in _reports(story, answer, field).items()}

    return expect


def _rate(counter: str) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        expected = {
            (worker, start): grown / span_ms * 1000
            for worker, reports in _reports(story, answer, counter).items()
            for start, (grown, span_ms) in _steps(reports, answer.interval).items()
        }
        assert _read(answer, "last") == pytest.approx(expected)

    return expect


def _mean(total: str, count: str) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        counts = _reports(story, answer, count)
        expected = {
            (worker, start): grown / _steps(counts[worker], answer.interval)[start][0]
            for worker, reports in _reports(story, answer, total).items()
            for start, (grown, _) in _steps(reports, answer.interval).items()
        }
        assert _read(answer, "last") == pytest.approx(expected)

    return expect


def _growth(counter: str) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        grown = sum(
            max(value - before, 0)
            for reports in _reports(story, answer, counter).values()
            for (_, before), (_, value) in pairwise(reports)
        )
        assert [row["sum"] for row in answer.rows] == [grown]

    return expect


def _by_label(counter: str, *labels: str) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        columns = {label: f"sum_non_negative_difference_{counter}_{label}" for label in labels}
        assert answer.columns == {"time", *columns.values()}
        for label, column in columns.items():
            expected: dict[object, float] = defaultdict(float)
            for reports in _reports(story, answer, f"{counter}_{label}").values():
                for start, (grown, _) in _steps(reports, answer.interval).items():
                    expected[start] += grown
            assert {row["time"]: row[column] for row in answer.rows if row[column] is not None} == expected

    return expect


def _worst_by_label(gauge: str, *labels: str) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        columns = {label: f"max_{gauge}_{label}" for label in labels}
        assert answer.columns == {"time", *columns.values()}
        for label, column in columns.items():
            reports = _reports(story, answer, f"{gauge}_{label}").values()
            values = _by_interval([report for of_worker in reports for report in of_worker], answer.interval)
            shown = {row["time"]: row[column] for row in answer.rows if row[column] is not None}
            assert shown == {start: max(of_interval) for start, of_interval in values.items()}

    return expect


def _by_site(figure: str, choose: Callable[[list[float]], float]) -> Reckoning:
    def expect(answer: Answer, story: Story) -> None:
        found: dict[tuple[str, int], list[float]] = defaultdict(list)
        for point in story.telemetry:
            value = point.fields.get(figure)
            if point.measurement == "data_quality" and isinstance(value, float):
                found[point.tags["site"], point.at_ms - point.at_ms % answer.interval].append(value)
        shown = {
            (row["site"], row["time"]): value
            for row in answer.rows
            for column, value in row.items()
            if column in {"mean", "max"} and value is not None
        }
        assert shown == pytest.approx({key: choose(values) for key, values in found.items()})

    return expect


QUALITY_PANELS: Mapping[str, Reckoning] = {
    "消息服务器连接": _newest("broker_connected"),
    "待入库批次": _newest("spool_batches"),
    "最早待入库批次已等待": _newest("spool_age_s"),
    "拒收的消息": _growth("messages_rejected"),
    "丢弃的值": _growth("values_dropped"),
    "存储失败": _growth("store_failures"),
    "接收速率": _rate("messages_received"),
    "入库速率": _rate("points_stored"),
    "消息服务器连接状态": _gauge("broker_connected", "min", min),
    "平台告警": _worst_by_label("platform_alarm", "broker_away", "spool_full"),
    "拒收原因": _by_label("messages_rejected", "not_json", "too_old"),
    "丢弃原因": _by_label("values_dropped", "null", "sentinel"),
    "存储失败的次数": _by_label("store_failures", "telemetry"),
    "待入库批次数": _gauge("spool_batches", "max", max),
    "最早批次的等待时间": _gauge("spool_age_s", "max", max),
    "无数据的传感器": _newest("silent_sensors"),
    "无数据的网关": _newest("silent_gateways"),
    "冻结的测点": _newest("frozen_series"),
    "时钟不准的设备": _newest("skewed_equipment"),
    "超出物理范围的读数": _growth("readings_out_of_range"),
    "不可能的跳变": _growth("readings_jumped"),
    "各站点完整率": _by_site("completeness", fmean),
    "各站点延迟 p95": _by_site("lag_p95_s", max),
    "每批判定时间": _mean("decide_s", "batches_decided"),
    "接收到确认的时间": _mean("acknowledgement_s", "batches_acknowledged"),
}
