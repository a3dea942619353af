"""From one row's score to what is found: the limit of a rule, on the one scale of all detectors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from iot_maint.domain.catalog import BasisKind, Comparison, EquipmentType, Severity
from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.findings import Anomaly, Contribution, Evidence, Finding, FindingKind, RunningKnowledge
from iot_maint.domain.instants import instant
from iot_maint.domain.shadow import MODEL_SOURCE
from iot_maint.models.detector import LEAST_CONFIDENCE
from iot_maint.models.placing import IN_FLEET
from iot_maint.rules.applicability import GAP_FACTOR, ActiveRule
from iot_maint.rules.reveals import revealed_fault_mode
from iot_maint.rules.state import Series
from iot_maint.rules.threshold import Step, compile_threshold
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.services.scoring.memory import Judgement

NAMED = 3  # contributions in the evidence
RECENT = 8  # rows and scores that evidence may show
_SHARE_DIGITS = 4

RecentRows = tuple[tuple[int, tuple[float | None, ...]], ...]


class ScoredRow(NamedTuple):
    """One row and what the detector said of it, by metric in the recipe's order."""

    at_ms: int
    values: tuple[float | None, ...]
    score: float
    confidence: float
    shares: tuple[float, ...]
    directions: tuple[int, ...]


class Judge:
    """The limit of one model on one piece of equipment.

    In `shadow` is what the registry has there, and a champion whose detector somebody has put there.  A switch promotes
    no model: of two of one detector both would order then.  Each of the registry's has alarms of its own.
    """

    def __init__(self, model: LiveModel, monitored: Monitored, equipment_type: EquipmentType) -> None:
        recipe = model.detector.recipe
        self._model = model
        self._code = monitored.equipment.code
        self._metrics = recipe.metrics
        self._apart = model.id if model.shadow else ""
        self.shadow = model.shadow or monitored.shadow.get(source_of(model.kind.name), False)
        self._raises = monitored.equipment.raises
        self._rule = rule_of_model(model)
        self._step = _compiled(self._rule)
        self._reveals: Mapping[tuple[str, int], str | None] = {
            (metric, direction): revealed_fault_mode(equipment_type, monitored.equipment, metric, direction)
            for metric in recipe.metrics
            for direction in (1, -1)
        }

    def judge(
        self, before: Judgement, row: ScoredRow, recent: RecentRows, *, late: bool
    ) -> tuple[Judgement, Finding | None]:
        """One row more; a late one moves on what stands, and raises nothing.  `recent` rows include this one."""
        if row.confidence < LEAST_CONFIDENCE:
            return before, None
        culprits = self._culprits(row)
        may_raise = self._raises and bool(culprits or before.fault_mode)
        state, kind = self._step(
            before.rule, before.scores, row.at_ms, row.score, row.score, late, may_raise, RunningKnowledge.NOT_GATED
        )
        scores = _extended(before.scores, [(row.at_ms, row.score)])
        if kind is None:
            keeps = state is not None and state.evidence is not None
            if not keeps:
                return Judgement(scores, state), None
            return Judgement(scores, state, before.fault_mode, before.evidence, self.shadow, self._apart), None
        if kind is FindingKind.RAISED:
            if state is None or state.complete_ms is None:
                raise AssertionError(f"{self._rule.id} raised without having dwelt")
            fault_mode = culprits[0][0]
            evidence = self._evidence(row, culprits, recent)
            raised = Judgement(scores, state, fault_mode, evidence, self.shadow, self._apart)
            return raised, _finding(self._code, kind, raised, evidence, state.onset_ms, state.complete_ms)
        if before.rule is None or before.evidence is None:
            raise AssertionError(f"{self._rule.id} cleared what never stood")
        evidence = self._last_words(before.evidence, row)
        return Judgement(scores), _finding(self._code, kind, before, evidence, before.rule.onset_ms, row.at_ms)

    def _culprits(self, row: ScoredRow) -> list[tuple[str, int]]:
        """(fault mode, index of the metric) of those that drove the score and speak of a fault, the largest first."""
        order = sorted(range(len(row.shares)), key=lambda index: -row.shares[index])
        found = ((self._reveals.get((self._metrics[i], row.directions[i])), i) for i in order if row.shares[i] > 0)
        return [(mode, index) for mode, index in found if mode is not None]

    def _evidence(self, row: ScoredRow, culprits: Sequence[tuple[str, int]], recent: RecentRows) -> Evidence:
        index, rule = culprits[0][1], self._rule
        readings = tuple((at_ms, value) for at_ms, values in recent if (value := values[index]) is not None)
        return Evidence(
            rule=rule.id,
            metric=self._metrics[index],
            comparison=Comparison.ABOVE if row.directions[index] > 0 else Comparison.BELOW,
            limit=rule.limit,
            clear_limit=rule.clear_limit,
            dwell_s=rule.dwell_ms / 1000,
            occurrences=1,
            severity=rule.severity,
            basis=rule.basis,
            running=RunningKnowledge.NOT_GATED,
            readings=readings or ((row.at_ms, row.score),),
            anomaly=self._anomaly(row),
        )

    def _last_words(self, evidence: Evidence, row: ScoredRow) -> Evidence:
        index = self._metrics.index(evidence.metric) if evidence.metric in self._metrics else None
        value = row.values[index] if index is not None else None
        readings = ((row.at_ms, value),) if value is not None else evidence.readings[-1:]
        return replace(evidence, readings=readings, anomaly=self._anomaly(row))

    def _anomaly(self, row: ScoredRow) -> Anomaly:
        order = sorted(range(len(row.shares)), key=lambda index: -row.shares[index])[:NAMED]
        return Anomaly(
            model=self._model.id,
            detector=self._model.kind.name,
            score=row.score,
            confidence=round(row.confidence, _SHARE_DIGITS),
            contributions=tuple(
                Contribution(
                    metric=self._metrics[i],
                    share=round(row.shares[i], _SHARE_DIGITS),
                    direction=row.directions[i],
                    value=row.values[i],
                )
                for i in order
                if row.shares[i] > 0
            ),
        )


def follow(before: Judgement, at_ms: Integers, scores: Floats, confidence: Floats) -> Judgement:
    """The same as `judge` of each row, where none of these scores is beyond the limit and nothing stands or dwells."""
    said = np.flatnonzero(confidence >= LEAST_CONFIDENCE)[-RECENT:]
    if not len(said):
        return before
    newest = list(zip(at_ms[said].tolist(), scores[said].tolist(), strict=True))
    return Judgement(_extended(before.scores, newest))


def let_go(code: str, standing: Judgement, at_ms: int) -> Finding:
    """The end of a finding that stands by a model which no longer scores this equipment, or not under that name."""
    if standing.rule is None or standing.evidence is None:
        raise AssertionError(f"nothing stands on {code}")
    onset_ms = standing.rule.onset_ms
    return _finding(code, FindingKind.CLEARED, standing, standing.evidence, onset_ms, max(at_ms, onset_ms))


def _finding(
    code: str, kind: FindingKind, standing: Judgement, evidence: Evidence, onset_ms: int, at_ms: int
) -> Finding:
    if standing.fault_mode is None:
        raise AssertionError(f"{evidence.rule} stands on {code} for no fault mode")
    return Finding(
        kind=kind,
        equipment=code,
        fault_mode=standing.fault_mode,
        rule=evidence.rule,
        severity=evidence.severity,
        onset_at=instant(onset_ms),
        at=instant(at_ms),
        evidence=evidence,
        shadow=standing.shadow,
        model=standing.model,
    )


def rule_of_model(model: LiveModel) -> ActiveRule:
    """Its limit as a rule's; `metric` is the score, the fault mode is each finding's own."""
    return _rule(model.kind.name, model.limit, model.clear_limit, model.detector.recipe.bin_s, model.dwell_rows)


def rule_id(detector: str) -> str:
    """How findings of a detector are named; like a rule's id, with `model` in the place of the type."""
    return MODEL_SOURCE + detector


def source_of(detector: str) -> str:
    """Under which name it is put into shadow: a detector alone and the same one in a fleet are one source."""
    return rule_id(detector.removesuffix(IN_FLEET))


@lru_cache(maxsize=256)
def _rule(detector: str, limit: float, clear_limit: float, bin_s: float, dwell_rows: int) -> ActiveRule:
    bin_ms = round(bin_s * 1000)
    return ActiveRule(
        id=rule_id(detector),
        metric="score",
        comparison=Comparison.ABOVE,
        limit=limit,
        clear_limit=clear_limit,
        dwell_ms=bin_ms * max(dwell_rows - 1, 0),
        occurrences=1,
        severity=Severity.WARNING,
        fault_mode="",
        gated=False,
        max_gap_ms=round(GAP_FACTOR * timedelta(milliseconds=bin_ms).total_seconds() * 1000),
        basis=BasisKind.ENGINEERING_DEFAULT.value,
    )


@lru_cache(maxsize=256)
def _compiled(rule: ActiveRule) -> Step:
    return compile_threshold(rule)


def _extended(before: Series | None, scores: Sequence[tuple[int, float]]) -> Series:
    recent = before.recent if before is not None else ()
    return Series((*recent, *scores)[-RECENT:], 0)
