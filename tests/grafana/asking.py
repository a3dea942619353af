"""Asks a real InfluxDB what Grafana would ask, and judges the answer as Grafana's panels would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from tests.grafana.boards import Question, variables_of
from tests.grafana.filling_in import TimeRange, fill_in, interval_ms

Cell = float | str | bool | None


class UselessAnswer(Exception):
    """A panel over this answer would be empty, wrong or broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One dict a row, tags among its keys; `interval` is what `$__interval` was."""

    rows: Sequence[Mapping[str, Cell]]
    columns: frozenset[str]
    tags: frozenset[str]
    time_range: TimeRange
    interval: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grafana:
    """A reader of the boards, with its time range; `client` carries the token."""

    client: httpx.Client
    database: str
    time_range: TimeRange

    def ask(self, question: Question, variables: Mapping[str, Sequence[str]]) -> Answer:
        """What InfluxDB answers; UselessAnswer when it complains, UnknownMacro before it is asked."""
        time_range = self.time_range.last(question.time_from)
        interval = interval_ms(time_range, question.min_interval)
        query = fill_in(question.query, time_range=time_range, interval=interval, variables=variables)
        answer = self.client.post("/query", data={"db": self.database, "q": query, "epoch": "ms"})
        if answer.status_code != httpx.codes.OK:
            raise UselessAnswer(f"{question}: HTTP {answer.status_code}: {answer.text}")
        [result] = answer.json()["results"]
        if "error" in result:
            raise UselessAnswer(f"{question}: {result['error']}")
        rows: list[dict[str, Cell]] = []
        columns: set[str] = set()
        tags: set[str] = set()
        for series in result.get("series", []):
            columns |= set(series["columns"])
            tags |= set(series.get("tags", {}))
            rows += [
                series.get("tags", {}) | dict(zip(series["columns"], row, strict=True))
                for row in series.get("values", [])
            ]
        return Answer(
            rows=rows,
            columns=frozenset(columns),
            tags=frozenset(tags),
            time_range=time_range,
            interval=interval,
        )

    def choose_all(self, board: dict[str, object]) -> dict[str, list[str]]:
        """The values of each variable when All is chosen everywhere."""
        chosen: dict[str, list[str]] = {}
        for question in variables_of(board):
            answer = self.ask(question, chosen)
            judge(question, answer)
            chosen[question.place] = sorted({str(row["value"]) for row in answer.rows})
        return chosen


def judge(question: Question, answer: Answer) -> None:
    """At least one row, the expected columns, a value that is not null; else UselessAnswer."""
    if not answer.rows:
        raise UselessAnswer(f"{question}: no rows")
    present = answer.columns | answer.tags
    if missing := question.columns - present:
        raise UselessAnswer(f"{question}: no column {', '.join(sorted(missing))}")
    if missing := question.tags - answer.tags:
        raise UselessAnswer(f"{question}: no tag {', '.join(sorted(missing))}")
    if not question.others_allowed and (unnamed := present - question.columns):
        raise UselessAnswer(f"{question}: a column that the panel does not know: {', '.join(sorted(unnamed))}")
    values = answer.columns - answer.tags - {"time", "key"}
    if all(row.get(column) is None for row in answer.rows for column in values):
        raise UselessAnswer(f"{question}: nothing but null")
