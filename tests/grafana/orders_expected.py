"""What the panels about work orders must show, worked out from the events that were sent."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from tests.grafana.asking import Answer
from tests.grafana.boards import Question
from tests.grafana.story import OrderEvent, Story

Reckoning = Callable[[Question, Answer, Story], None]

_ENDINGS = ("close", "cancel")
_WEIGHTS = {1: 8, 2: 4, 3: 2, 4: 1}


def _events(question: Question, story: Story) -> list[OrderEvent]:
    """All of them on the overview, the type's own on its board."""
    events = sorted(story.events, key=lambda event: event.at_ms)
    if question.board == "iot-maint-overview":
        return events
    return [event for event in events if question.board.endswith(event.type.replace("_", "-"))]


def _standing(question: Question, story: Story, *, most_urgent: int) -> dict[str, OrderEvent]:
    newest = {event.number: event for event in _events(question, story)}
    return {
        number: event
        for number, event in newest.items()
        if event.event not in _ENDINGS and event.urgency <= most_urgent
    }


def _opened(events: Iterable[OrderEvent]) -> list[OrderEvent]:
    return [event for event in events if event.event == "opened"]


def _count_standing(most_urgent: int) -> Reckoning:
    def expect(question: Question, answer: Answer, story: Story) -> None:
        assert [row["count"] for row in answer.rows] == [len(_standing(question, story, most_urgent=most_urgent))]

    return expect


def _list_standing(most_urgent: int) -> Reckoning:
    def expect(question: Question, answer: Answer, story: Story) -> None:
        shown = {row["number"]: (row["event"], row["urgency"], row["time"]) for row in answer.rows}
        standing = _standing(question, story, most_urgent=most_urgent)
        assert shown == {number: (e.event, str(e.urgency), e.at_ms) for number, e in standing.items()}

    return expect


def _count_opened(question: Question, answer: Answer, story: Story) -> None:
    assert [row["count"] for row in answer.rows] == [len(_opened(_events(question, story)))]


def _bars(question: Question, answer: Answer, story: Story) -> None:
    shown: Counter[str] = Counter()
    for row in answer.rows:
        if isinstance(count := row["count"], int):
            shown[str(row["urgency"])] += count
    assert +shown == Counter(str(event.urgency) for event in _opened(_events(question, story)))


def _by_fault(question: Question, answer: Answer, story: Story) -> None:
    shown = {row["fault_mode"]: row["orders"] for row in answer.rows}
    assert shown == Counter(event.fault_mode for event in _opened(_events(question, story)))


def _riskiest(question: Question, answer: Answer, story: Story) -> None:
    risks: Counter[str] = Counter()
    for event in _opened(_events(question, story)):
        risks[event.equipment] += _WEIGHTS[event.urgency]
    assert {row["equipment"]: row["risk"] for row in answer.rows} == risks


def _newest_events(question: Question, answer: Answer, story: Story) -> None:
    shown = [(row["time"], row["number"], row["event"]) for row in answer.rows]
    assert sorted(shown, key=str) == sorted(
        ((event.at_ms, event.number, event.event) for event in _events(question, story)), key=str
    )


def _count_verdicts(verdict: str) -> Reckoning:
    def expect(question: Question, answer: Answer, story: Story) -> None:
        judged = [event for event in _events(question, story) if event.verdict == verdict]
        assert [row["count"] for row in answer.rows] == [len(judged)]

    return expect


ORDER_PANELS: Mapping[str, Reckoning] = {
    "未关闭：紧急度 1": _count_standing(1),
    "未关闭：紧急度 1–2": _count_standing(2),
    "未关闭：全部": _count_standing(4),
    "时间范围内新开工单": _count_opened,
    "未关闭的紧急工单（紧急度 1–2）": _list_standing(2),
    "未关闭工单": _list_standing(4),
    "风险最高的设备（前 10）": _riskiest,
    "故障分布": _by_fault,
    "新开工单": _bars,
    "工单事件": _newest_events,
    "预防性工单结论": _count_verdicts("real_fault"),
    "预防性工单结论 (B)": _count_verdicts("false_alarm"),
    "预防性工单结论 (C)": _count_verdicts("sensor_fault"),
    "预防性工单结论 (D)": _count_verdicts("not_found"),
    "预防性工单结论 (E)": _count_verdicts("unjudged"),
}
