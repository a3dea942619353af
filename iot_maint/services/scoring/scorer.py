"""All models of one worker over a batch: readings into bins, rows into scores, scores into findings."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from iot_maint.domain.catalog import EquipmentType
from iot_maint.domain.columns import Integers, LastMade, Origin, TelemetryColumns
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.findings import Finding
from iot_maint.models.bins import Bins, Taken
from iot_maint.models.detector import Parts, Rows, Scores
from iot_maint.services.scoring.judging import RECENT, Judge, RecentRows, ScoredRow, follow, let_go
from iot_maint.services.scoring.live_models import LiveModel, LiveModels
from iot_maint.services.scoring.memory import Judgement, ModelMemory, decode_memory, encode_memory
from iot_maint.services.scoring.seats import Cell, Seats, readings_of, seat

CHAMPION, SHADOW = "champion", "shadow"


class Found(NamedTuple):
    """A finding of a model, and the message of the batch that completed its row."""

    position: int
    finding: Finding


class Scored(NamedTuple):
    """Scores above 0 of one piece of equipment, as they go to the telemetry store: a time, a score, the metric that
    drove it most, each."""

    site: str
    equipment: str
    detector: str
    at_ms: list[int]
    scores: list[float]
    top_metrics: list[str]

    def __len__(self) -> int:
        return len(self.at_ms)


@dataclass(slots=True)
class _Slot:
    """One model on one piece of equipment, and what it remembers; the bins' part is in `Bins`."""

    code: str
    site: str
    role: str
    model: LiveModel
    judge: Judge
    parts: Parts | None = None
    recent: RecentRows = ()
    judgement: Judgement = field(default_factory=Judgement)
    changed: bool = False


class _Moved(NamedTuple):
    slot: int
    parts: Parts
    recent: RecentRows
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a batch led to.  Nothing of it is remembered before `keep`."""

    found: tuple[Found, ...] = ()
    scored: tuple[Scored, ...] = ()
    taken: Taken | None = None
    moved: tuple[_Moved, ...] = ()


@dataclass(slots=True)
class _Member:
    monitored: Monitored
    slots: list[int] = field(default_factory=list)


class Scorer:
    """Models by equipment; equipment without any costs nothing but a look at its origin.

    `watched` gives the registered equipment of an origin and its type; `recall` what was saved for it, by role.
    """

    def __init__(
        self,
        models: LiveModels,
        watched: Callable[[Origin], tuple[Monitored, EquipmentType] | None],
        recall: Callable[[str], Mapping[str, bytes]],
        late_ms: int,
    ) -> None:
        self._models = models
        self._watched = watched
        self._recall = recall
        self._late_ms = late_ms
        self._bins = Bins()
        self._slots: list[_Slot] = []
        self._members: dict[str, _Member] = {}
        self._seats = LastMade(self._seat)
        self._revision: tuple[int, int] = (-1, -1)
        # By code, what stands by a model that no longer scores there: it is let go with the next message.
        self._released: dict[str, list[Judgement]] = {}

    def refresh(self, register_revision: int) -> None:
        """Look again who is scored by what, when the register or the models have changed."""
        revision = (register_revision, self._models.revision)
        if revision != self._revision:
            self._revision = revision
            self._seats.forget()

    def examine(self, telemetry: TelemetryColumns) -> Pass:
        """What the batch leads to."""
        seats = self._seats.of(telemetry.origins)
        found = self._let_go(telemetry) if self._released else []
        if not len(seats.slots):
            return Pass(found=tuple(found))
        taken = self._bins.take(readings_of(telemetry, seats))
        if not len(taken.slots):
            return Pass(found=tuple(found), taken=taken)
        starts = np.flatnonzero(np.append(True, np.diff(taken.slots) != 0))
        ends = np.append(starts[1:], len(taken.slots))
        spans = [
            (int(taken.slots[start]), slice(int(start), int(end))) for start, end in zip(starts, ends, strict=True)
        ]
        scores = self._score(taken, spans)
        late = telemetry.received_at_ms - telemetry.at_ms > self._late_ms
        scored: list[Scored] = []
        moved: list[_Moved] = []
        for (number, span), (said, parts) in zip(spans, scores, strict=True):
            is_late = late[taken.positions[span]].tolist()
            moved.append(self._judge(number, taken, span, said, parts, is_late, found, scored))
        found.sort(key=lambda one: one.position)
        return Pass(found=tuple(found), scored=tuple(scored), taken=taken, moved=tuple(moved))

    def keep(self, done: Pass) -> None:
        """Remember what the batch came to."""
        for one in done.found:
            self._released.pop(one.finding.equipment, None)
        if done.taken is None:
            return
        self._bins.apply(done.taken)
        for number in done.taken.touched.tolist():
            self._slots[number].changed = True
        for moved in done.moved:
            slot = self._slots[moved.slot]
            slot.parts, slot.recent, slot.judgement = moved.parts, moved.recent, moved.judgement

    def memories(self, code: str) -> Mapping[str, bytes]:
        """What the models remember of this equipment, as it is saved."""
        member = self._members.get(code)
        if member is None:
            return self._recall(code)
        found = {}
        for number in member.slots:
            slot = self._slots[number]
            memory = ModelMemory(
                slot.model.id, self._bins.state_of(number), slot.parts, tuple(slot.recent), slot.judgement
            )
            found[slot.role] = encode_memory(memory)
        return found

    def changed(self) -> list[str]:
        """Equipment whose models remember more than at the last `forget_changes`."""
        return sorted({slot.code for slot in self._slots if slot.changed and slot.code in self._members})

    def forget_changes(self) -> None:
        """All of it is saved."""
        for slot in self._slots:
            slot.changed = False

    def forget(self) -> None:
        """All of it is recalled when it is needed."""
        self._bins, self._slots, self._members = Bins(), [], {}
        self._released.clear()
        self._seats.forget()

    def lose(self, code: str) -> None:
        """Another worker holds what is remembered of it; it is recalled when its telemetry comes here again."""
        if self._members.pop(code, None) is not None:
            self._seats.forget()

    def _seat(self, origins: tuple[Origin, ...]) -> Seats:
        return seat(origins, self._cells_of)

    def _cells_of(self, origin: Origin) -> Sequence[Cell]:
        watched = self._watched(origin)
        if watched is None:
            return ()
        monitored, equipment_type = watched
        member = self._member(monitored, equipment_type)
        return [
            Cell(
                offset,
                number,
                column,
                -np.inf if metric.minimum is None else metric.minimum,
                np.inf if metric.maximum is None else metric.maximum,
                metric.sentinels,
            )
            for number in member.slots
            for column, name in enumerate(self._slots[number].model.detector.recipe.columns)
            for offset, sent in enumerate(origin.metrics)
            if sent == name and (metric := equipment_type.metrics.get(name)) is not None
        ]

    def _member(self, monitored: Monitored, equipment_type: EquipmentType) -> _Member:
        """The equipment's slots, made anew when its models or its entry in the register have changed."""
        code = monitored.equipment.code
        models = {_role(model): model for model in self._models.of(code)}
        member = self._members.get(code)
        now = {} if member is None else {self._slots[number].role: self._slots[number].model for number in member.slots}
        if member is not None and member.monitored is monitored and now == models:
            return member
        if member is None and not models and not self._recall(code):
            return self._members.setdefault(code, _Member(monitored))
        memories = {role: decode_memory(stored) for role, stored in self.memories(code).items()}
        slots = [self._occupy(monitored, equipment_type, role, model, memories) for role, model in models.items()]
        self._members[code] = _Member(monitored, slots)
        held = {self._slots[number].role: self._slots[number].judgement.evidence for number in slots}
        before = [(role, memory.judgement) for role, memory in memories.items()]
        if gone := [one for role, one in before if one.evidence is not None and held.get(role) is None]:
            self._released[code] = [*self._released.get(code, ()), *gone]
        return self._members[code]

    def _occupy(
        self,
        monitored: Monitored,
        equipment_type: EquipmentType,
        role: str,
        model: LiveModel,
        memories: Mapping[str, ModelMemory],
    ) -> int:
        """A slot for the model, with its own memory; of the one before it only what stands is taken over.

        What stands under another name, since its source was put into shadow or promoted, is not.
        """
        recipe = model.detector.recipe
        before = memories.get(role)
        own = next((one for one in memories.values() if one.model == model.id), None)
        equipment = monitored.equipment
        slot = _Slot(equipment.code, equipment.site, role, model, Judge(model, monitored, equipment_type))
        number = self._bins.add(len(recipe.columns), round(recipe.bin_s * 1000))
        self._slots.append(slot)
        if before is not None:
            taken = before.judgement.evidence is None or before.judgement.shadow is slot.judge.shadow
            slot.judgement = before.judgement if taken else Judgement(before.judgement.scores)
        if own is not None:
            slot.parts, slot.recent = own.parts, own.recent
            self._bins.put(number, own.bins)
        slot.changed = True
        return number

    def _let_go(self, telemetry: TelemetryColumns) -> list[Found]:
        """The ends of what stands by models that are gone or renamed, with the first message of each equipment."""
        found: dict[str, list[Found]] = {}
        for number, origin in enumerate(telemetry.origins):
            watched = self._watched(origin)
            code = watched[0].equipment.code if watched is not None else ""
            positions = np.flatnonzero(telemetry.origin_of == number)
            if code in self._released and code not in found and len(positions):
                position = int(positions[0])
                at_ms = int(telemetry.at_ms[position])
                found[code] = [Found(position, let_go(code, one, at_ms)) for one in self._released[code]]
        return [one for several in found.values() for one in several]

    def _score(self, taken: Taken, spans: Sequence[tuple[int, slice]]) -> list[tuple[Scores, Parts]]:
        """In the order of `spans`; all models of one kind in one call."""
        by_kind: dict[str, list[int]] = defaultdict(list)
        for index, (number, _) in enumerate(spans):
            by_kind[self._slots[number].model.kind.name].append(index)
        scores: dict[int, tuple[Scores, Parts]] = {}
        for indices in by_kind.values():
            slots = [self._slots[spans[index][0]] for index in indices]
            rows = [self._rows(slot, taken, spans[index][1]) for slot, index in zip(slots, indices, strict=True)]
            said = slots[0].model.kind.score_together(
                [slot.model.detector for slot in slots], rows, [slot.parts for slot in slots]
            )
            scores.update(zip(indices, said, strict=True))
        return [scores[index] for index in range(len(spans))]

    def _rows(self, slot: _Slot, taken: Taken, span: slice) -> Rows:
        columns = slot.model.detector.recipe.columns
        return Rows(metrics=columns, at_ms=taken.at_ms[span], values=taken.values[span, : len(columns)])

    def _judge(
        self,
        number: int,
        taken: Taken,
        span: slice,
        said: Scores,
        parts: Parts,
        late: Sequence[bool],
        found: list[Found],
        scored: list[Scored],
    ) -> _Moved:
        slot = self._slots[number]
        metrics = slot.model.detector.recipe.metrics
        if slot.role == CHAMPION:
            _note_scores(slot, taken.at_ms[span], said, metrics, scored)
        if slot.judgement.rule is None and not (said.score > slot.model.limit).any():
            # Nearly always: nothing is found and nothing begins, so that only what evidence may show is remembered.
            recent = _extended(slot.recent, _newest_rows(taken, span, len(metrics)))
            return _Moved(number, parts, recent, follow(slot.judgement, taken.at_ms[span], said.score, said.confidence))
        recent, judgement = slot.recent, slot.judgement
        rows = _scored_rows(taken, span, said, len(metrics))
        for row, position, row_is_late in zip(rows, taken.positions[span].tolist(), late, strict=True):
            recent = _extended(recent, ((row.at_ms, row.values),))
            judgement, finding = slot.judge.judge(judgement, row, recent, late=row_is_late)
            if finding is not None:
                found.append(Found(position, finding))
        return _Moved(number, parts, recent, judgement)


def forget_scores(_scores: Sequence[Scored]) -> None:
    """Where nobody reads them."""


def _role(model: LiveModel) -> str:
    return f"{SHADOW}.{model.id}" if model.shadow else CHAMPION


def _scored_rows(taken: Taken, span: slice, said: Scores, metrics: int) -> Iterator[ScoredRow]:
    for at_ms, means, score, confidence, shares, directions in zip(
        taken.at_ms[span].tolist(),
        taken.values[span, :metrics].tolist(),
        said.score.tolist(),
        said.confidence.tolist(),
        said.contributions[:, :metrics].tolist(),
        said.directions[:, :metrics].tolist(),
        strict=True,
    ):
        yield ScoredRow(at_ms, _known(means), score, confidence, tuple(shares), tuple(directions))


def _newest_rows(taken: Taken, span: slice, metrics: int) -> RecentRows:
    """As many as are remembered."""
    newest = slice(max(span.start, span.stop - RECENT), span.stop)
    rows = zip(taken.at_ms[newest].tolist(), taken.values[newest, :metrics].tolist(), strict=True)
    return tuple((at_ms, _known(means)) for at_ms, means in rows)


def _extended(recent: RecentRows, rows: RecentRows) -> RecentRows:
    return (*recent, *rows)[-RECENT:]


def _known(means: Sequence[float]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(mean) else mean for mean in means)


def _note_scores(slot: _Slot, at_ms: Integers, said: Scores, metrics: tuple[str, ...], scored: list[Scored]) -> None:
    some = np.flatnonzero(said.score > 0)
    if len(some):
        tops = said.contributions[some, : len(metrics)].argmax(axis=1).tolist()
        detector = slot.model.kind.name
        scored.append(
            Scored(
                slot.site,
                slot.code,
                detector,
                at_ms[some].tolist(),
                said.score[some].tolist(),
                [metrics[top] for top in tops],
            )
        )
